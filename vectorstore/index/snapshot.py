"""Dense search over one consistent state: the current generation, what was added since, less what was removed."""

from dataclasses import dataclass, replace

import faiss
import numpy as np

from vectorstore.index.versions import ChunkIds, build_index
from vectorstore.types import Vectors

_MAX_SEGMENTS = 16


@dataclass(frozen=True)
class Snapshot:
    """An immutable view of the dense index at one publication. Safe to search from many threads.

    ``segments`` are FAISS indexes: the generation first, then exact ones for each batch of later additions up to chunk
    id ``high_water``; ``removed`` are the ids in them that are no longer stored.
    """

    publication: int
    generation: str
    segments: tuple[faiss.Index, ...]
    high_water: int
    removed: ChunkIds

    def advanced(self, publication: int, ids: ChunkIds, vectors: Vectors, removed: ChunkIds) -> "Snapshot":
        """The snapshot after ``ids`` were added and all of ``removed`` are gone."""
        segments = self.segments
        if len(ids):
            segments = (*segments, build_index(ids, vectors))
            if len(segments) > _MAX_SEGMENTS:
                segments = (segments[0], _merged(segments[1:]))
        high_water = max(self.high_water, int(ids.max())) if len(ids) else self.high_water
        return replace(self, publication=publication, segments=segments, high_water=high_water, removed=removed)

    @property
    def is_exact(self) -> bool:
        """Whether a search gives the nearest chunks and their cosines, and not only about those."""
        return not isinstance(self.segments[0], faiss.IndexIVF)

    def search(self, query: Vectors, k: int, allowed: ChunkIds | None = None) -> dict[int, float]:
        """The ``k`` nearest chunks to ``query`` (shape ``(1, dimension)``) as id -> cosine, within ``allowed`` if
        given.
        """
        if allowed is not None:
            if len(self.removed):
                allowed = np.setdiff1d(allowed, self.removed)
            selector = self._bitmap(allowed)
        elif len(self.removed):
            selector = faiss.IDSelectorNot(self._bitmap(self.removed))
        else:
            selector = None
        found: dict[int, float] = {}
        for segment in self.segments:
            kind = faiss.SearchParametersIVF if isinstance(segment, faiss.IndexIVF) else faiss.SearchParameters
            scores, ids = segment.search(query, k, params=kind(sel=selector))
            found.update((int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0)
        return dict(sorted(found.items(), key=lambda item: -item[1])[:k])

    def _bitmap(self, ids: ChunkIds) -> faiss.IDSelectorBitmap:
        chosen = np.zeros(self.high_water + 1, bool)
        chosen[ids[ids <= self.high_water]] = True
        return faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))


def _merged(segments: tuple[faiss.Index, ...]) -> faiss.IndexIDMap2:
    ids = np.concatenate([faiss.vector_to_array(segment.id_map) for segment in segments])
    vectors = np.concatenate(
        [faiss.downcast_index(segment.index).reconstruct_n(0, segment.ntotal) for segment in segments]
    )
    return build_index(ids, vectors)
