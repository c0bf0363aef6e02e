"""The base index in FAISS, in the memory of each process: exact for some ten thousand vectors, short codes for more."""

import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import faiss
import numpy as np

from vectorstore.index.types import ChunkIds, ChunkSet, IndexVersion, StoredVectors
from vectorstore.index.versions import DamagedIndex, drop_version, drop_versions, read_version, write_version
from vectorstore.types import Vectors

logger = logging.getLogger(__name__)

EXACT_UP_TO = 50_000
"""Vectors; more are kept as short codes. See docs/decisions/0016-index-by-size.md."""

_TRAINING_VECTORS = 8_192

_OVERSAMPLING = 4
"""An inexact index is asked for so many times the chunks, which are then put in order by their own vectors."""

_MAX_SEGMENTS = 16


@dataclass(frozen=True)
class Segments:
    """The index at one publication, immutable. Safe to search from many threads.

    ``segments`` are FAISS indexes: the written version first, then exact ones for each batch of later additions up to
    chunk id ``high_water``; ``removed`` are the ids in them that are no longer stored. ``from_file`` says that the
    first is what was written, and not made of all that is stored.
    """

    publication: int
    version: str
    segments: tuple[faiss.Index, ...]
    high_water: int
    removed: ChunkSet
    from_file: bool

    def belongs_to(self, stored: StoredVectors) -> bool:
        """Whether the state of ``stored`` has the same version; one without a name may be of any dimension."""
        return self.version == stored.version.name and self.segments[0].d == stored.dimension

    def advanced(self, stored: StoredVectors) -> "Segments":
        """The same version with all that has been added and removed up to the state of ``stored``."""
        ids, vectors = stored.after(self.high_water)
        segments = self.segments
        if len(ids):
            segments = (*segments, build_index(ids, vectors))
            if len(segments) > _MAX_SEGMENTS:
                segments = (segments[0], _merged(segments[1:]))
        high_water = max(self.high_water, int(ids.max(initial=0)))
        removed = ChunkSet.of(stored.removed())
        return replace(self, publication=stored.publication, segments=segments, high_water=high_water, removed=removed)

    @property
    def is_exact(self) -> bool:
        """Whether a search gives the nearest chunks and their cosines, and not only about those."""
        return not isinstance(self.segments[0], faiss.IndexIVF)

    def search(self, query: Vectors, k: int, within: ChunkSet | None = None) -> dict[int, float]:
        """As ``DenseSearch.search``, of an inexact index with inexact scores."""
        if within is not None:
            selector = faiss.IDSelectorBitmap((within - self.removed).bits)
        elif len(self.removed.bits):
            selector = faiss.IDSelectorNot(faiss.IDSelectorBitmap(self.removed.bits))
        else:
            selector = None
        found: dict[int, float] = {}
        for segment in self.segments:
            kind = faiss.SearchParametersIVF if isinstance(segment, faiss.IndexIVF) else faiss.SearchParameters
            scores, ids = segment.search(query, k, params=kind(sel=selector))
            found.update((int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0)
        return dict(sorted(found.items(), key=lambda item: -item[1])[:k])


@dataclass(frozen=True, slots=True)
class FaissSearch:
    """``DenseSearch`` in the segments, with exact cosines."""

    segments: Segments
    stored: StoredVectors

    def search(self, query: Vectors, k: int, within: ChunkSet | None = None) -> dict[int, float]:
        if self.segments.is_exact:
            return self.segments.search(query, k, within)
        found = self.scores(self.segments.search(query, _OVERSAMPLING * k, within), query)
        return dict(sorted(found.items(), key=lambda item: -item[1])[:k])

    def scores(self, chunks: Collection[int], query: Vectors) -> dict[int, float]:
        ids, vectors = self.stored.of(chunks)
        return {int(i): float(cosine) for i, cosine in zip(ids, vectors @ query[0], strict=True)}


class FaissIndex:
    """``BaseIndex`` with its versions in files under ``folder``. Of damaged ones the vectors in the store are used."""

    def __init__(self, folder: Path, *, exact_up_to: int = EXACT_UP_TO) -> None:
        self._folder = folder
        self._exact_up_to = exact_up_to
        self._newest: Segments | None = None
        self._lock = threading.Lock()

    def at(self, stored: StoredVectors) -> FaissSearch:
        with self._lock:
            newest = self._newest
            if newest is None or newest.publication < stored.publication:
                few = newest is not None and stored.count(newest.high_water) <= self._exact_up_to
                if newest is not None and few and newest.belongs_to(stored):
                    newest = newest.advanced(stored)
                else:
                    newest = self._load(stored)
                self._newest = newest
        if newest.publication == stored.publication:
            return FaissSearch(newest, stored)
        # The state of a view that was opened before the newest one.
        if newest.from_file and newest.belongs_to(stored):
            base = replace(newest, segments=newest.segments[:1], high_water=stored.version.high_water)
            return FaissSearch(base.advanced(stored), stored)
        return FaissSearch(self._load(stored), stored)

    def compact(self, stored: StoredVectors) -> IndexVersion:
        index, last = self._build(stored)
        data = memoryview(faiss.serialize_index(index))
        sizes = {"vectors": index.ntotal, "dimension": index.d}
        return write_version(self._folder, data, **sizes, high_water=last or stored.version.high_water)

    def drop_others(self, name: str) -> None:
        drop_versions(self._folder, but=name)

    def drop(self, name: str) -> None:
        drop_version(self._folder, name)

    def _load(self, stored: StoredVectors) -> Segments:
        version = stored.version
        if stored.count(version.high_water) > self._exact_up_to:  # as after a long file, until a version is written
            return _begun(stored, *self._build(stored), from_file=False)
        if version.name:
            try:
                data = np.frombuffer(read_version(self._folder, version), np.uint8)
            except DamagedIndex as error:
                logger.warning("%s; serving from the vectors in the database", error)
            else:
                index = faiss.deserialize_index(data)
                return _begun(stored, index, version.high_water, from_file=True)
        ids, vectors = stored.after(0)
        return _begun(stored, build_index(ids, vectors), int(ids.max(initial=0)), from_file=False)

    def _build(self, stored: StoredVectors) -> tuple[faiss.Index, int]:
        """The index, and the largest id in it (0 if there is none).

        A few vectors are held as they are and searched exactly. More are read a batch at a time, so that memory is
        needed for their codes only.
        """
        count, dimension = stored.count(), stored.dimension
        if count <= self._exact_up_to or dimension % 4:  # a code is of four dimensions
            ids, vectors = stored.after(0)
            return build_index(ids, vectors), int(ids.max(initial=0))
        index = train_codes(stored.sample(_TRAINING_VECTORS / count))
        last = 0
        for ids, vectors in stored.batches():
            index.add_with_ids(vectors, ids)
            last = int(ids[-1])
        return index, last


def build_index(ids: ChunkIds, vectors: Vectors) -> faiss.IndexIDMap2:
    """An exact inner-product index over ``vectors`` that answers with ``ids``."""
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
    if len(ids):
        index.add_with_ids(np.ascontiguousarray(vectors), ids)
    return index


def train_codes(sample: Vectors) -> faiss.IndexIVFPQFastScan:
    """An empty index for vectors like those of ``sample``, each kept as 4 bits for every four dimensions.

    What a search in it gives are candidates: their scores are inexact. Product quantization (Jégou et al. 2011,
    doi:10.1109/TPAMI.2010.57), scanned in registers (André et al. 2015, doi:10.14778/2856318.2856324). All vectors are
    in one list: of FAISS's fast scans only that one takes ids and selectors.
    """
    dimension = sample.shape[1]
    measure = faiss.METRIC_INNER_PRODUCT
    index = faiss.IndexIVFPQFastScan(faiss.IndexFlatIP(dimension), dimension, 1, dimension // 4, 4, measure)
    index.train(np.ascontiguousarray(sample))
    return index


def _begun(stored: StoredVectors, index: faiss.Index, high_water: int, *, from_file: bool) -> Segments:
    nothing = ChunkSet(np.zeros(0, np.uint8))
    begun = Segments(stored.publication, stored.version.name, (index,), high_water, nothing, from_file)
    return begun.advanced(stored)


def _merged(segments: tuple[faiss.Index, ...]) -> faiss.IndexIDMap2:
    ids = np.concatenate([faiss.vector_to_array(segment.id_map) for segment in segments])
    vectors = np.concatenate(
        [faiss.downcast_index(segment.index).reconstruct_n(0, segment.ntotal) for segment in segments]
    )
    return build_index(ids, vectors)
