"""An index, and the vectors it is made of, in memory: exact, and without files."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from vectorstore.index.types import ChunkIds, ChunkSet, IndexVersion, StoredVectors
from vectorstore.types import Vectors


@dataclass(frozen=True)
class MemoryVectors:
    """``StoredVectors`` of a dictionary. ``gone`` are ids that it had."""

    vectors: Mapping[int, Vectors]
    publication: int = 0
    version: IndexVersion = field(default_factory=IndexVersion)
    gone: Collection[int] = ()
    dimension: int = 16

    def count(self, after: int = 0) -> int:
        return sum(one > after for one in self.vectors)

    def removed(self) -> ChunkIds:
        return np.array(sorted(self.gone), np.int64)

    def after(self, chunk: int) -> tuple[ChunkIds, Vectors]:
        return self.of([one for one in self.vectors if one > chunk])

    def batches(self) -> Iterator[tuple[ChunkIds, Vectors]]:
        ids = sorted(self.vectors)
        for first in range(0, len(ids), 100):
            yield self.of(ids[first : first + 100])

    def sample(self, share: float) -> Vectors:
        return self.of(self.vectors)[1]

    def of(self, chunks: Collection[int]) -> tuple[ChunkIds, Vectors]:
        ids = sorted(one for one in chunks if one in self.vectors)
        stacked = np.array([self.vectors[one] for one in ids], np.float32).reshape(-1, self.dimension)
        return np.array(ids, np.int64), stacked


@dataclass(frozen=True)
class _Written:
    ids: ChunkIds
    vectors: Vectors


class MemoryIndex:
    """``BaseIndex`` that looks at every vector."""

    def __init__(self) -> None:
        self._written: dict[str, _Written] = {}
        self._names = 0

    def at(self, stored: StoredVectors) -> "_MemorySearch":
        version = stored.version
        if version.name not in self._written:
            return _MemorySearch(*stored.after(0), stored)
        base, (ids, vectors) = self._written[version.name], stored.after(version.high_water)
        everything = np.concatenate([base.ids, ids])
        kept = ~np.isin(everything, stored.removed())
        return _MemorySearch(everything[kept], np.concatenate([base.vectors, vectors])[kept], stored)

    def compact(self, stored: StoredVectors) -> IndexVersion:
        self._names += 1
        ids, vectors = stored.after(0)
        version = IndexVersion(f"v-{self._names}", "", int(ids.max(initial=stored.version.high_water)))
        self._written[version.name] = _Written(ids, vectors)
        return version

    def drop_others(self, name: str) -> None:
        self._written = {one: written for one, written in self._written.items() if one == name}

    def drop(self, name: str) -> None:
        del self._written[name]


@dataclass(frozen=True)
class _MemorySearch:
    ids: ChunkIds
    vectors: Vectors
    stored: StoredVectors

    def search(self, query: Vectors, k: int, within: ChunkSet | None = None) -> dict[int, float]:
        scores = dict(zip(self.ids.tolist(), (self.vectors @ query[0]).tolist(), strict=True))
        if within is not None:
            allowed = set(np.flatnonzero(within.flags()).tolist())
            scores = {one: score for one, score in scores.items() if one in allowed}
        return dict(sorted(scores.items(), key=lambda item: -item[1])[:k])

    def scores(self, chunks: Collection[int], query: Vectors) -> dict[int, float]:
        ids, vectors = self.stored.of(chunks)
        return dict(zip(ids.tolist(), (vectors @ query[0]).tolist(), strict=True))
