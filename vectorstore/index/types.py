"""The base index: what finds the nearest vectors, and what it is made of. Scores are cosines, ids those of chunks.

tests/vectorstore/test_index_contract.py says what any index must do.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vectorstore.types import Vectors

ChunkIds = NDArray[np.int64]
"""Shape ``(n,)``."""


@dataclass(frozen=True, slots=True)
class ChunkSet:
    """Chunks by a bit each, that of id 8 i + j being bit j of byte i: 1.25 MB for ten million, however many are in."""

    bits: NDArray[np.uint8]

    @classmethod
    def of(cls, ids: ChunkIds) -> "ChunkSet":
        """
        >>> ChunkSet.of(np.array([1, 9])).bits
        array([2, 2], dtype=uint8)
        """
        flags = np.zeros(int(ids.max(initial=-1)) + 1, bool)
        flags[ids] = True
        return cls(np.packbits(flags, bitorder="little"))

    def __len__(self) -> int:
        return int(np.bitwise_count(self.bits).sum())

    def __sub__(self, other: "ChunkSet") -> "ChunkSet":
        bits, both = self.bits.copy(), min(len(self.bits), len(other.bits))
        bits[:both] &= ~other.bits[:both]
        return ChunkSet(bits)

    def flags(self) -> NDArray[np.uint8]:
        """A byte for each id from 0 on: 1 where it is in the set."""
        return np.unpackbits(self.bits, bitorder="little")


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """An index as it was written: its name, the SHA-256 of its file, and the largest id that it has seen. Without a
    name there is none.
    """

    name: str = ""
    sha256: str = ""
    high_water: int = 0


class StoredVectors(Protocol):
    """The vectors of one state of a store: what an index is made of, and the truth about scores."""

    @property
    def publication(self) -> int:
        """Which state it is; later ones have larger numbers."""
        ...

    @property
    def version(self) -> IndexVersion:
        """The index version that belongs to this state."""
        ...

    @property
    def dimension(self) -> int: ...

    def count(self, after: int = 0) -> int:
        """How many vectors there are, of chunks with a larger id than ``after``."""
        ...

    def removed(self) -> ChunkIds:
        """Ids that ``version`` may hold, or that were added after it, and that are no longer stored."""
        ...

    def after(self, chunk: int) -> tuple[ChunkIds, Vectors]:
        """Ids and vectors of every chunk with a larger id than ``chunk``, in the order of their ids."""
        ...

    def batches(self) -> Iterator[tuple[ChunkIds, Vectors]]:
        """All ids and vectors in the order of their ids, some thousands at a time."""
        ...

    def sample(self, share: float) -> Vectors:
        """About that ``share`` of the vectors, always the same."""
        ...

    def of(self, chunks: Collection[int]) -> tuple[ChunkIds, Vectors]:
        """Ids and vectors of those of ``chunks`` that are stored, in the order of their ids."""
        ...


class DenseSearch(Protocol):
    """Search in one state. Safe to use from many threads, as far as its ``StoredVectors`` are."""

    def search(self, query: Vectors, k: int, within: ChunkSet | None = None) -> dict[int, float]:
        """The ``k`` nearest chunks to ``query`` (shape ``(1, dimension)``) as id -> cosine, nearest first; only those
        ``within`` the set if it is given.
        """
        ...

    def scores(self, chunks: Collection[int], query: Vectors) -> dict[int, float]:
        """The cosines of ``query`` and those of ``chunks`` that are stored."""
        ...


class BaseIndex(Protocol):
    """What holds the vectors of a store in a form that is fast to search. It can be made again from the store."""

    def at(self, stored: StoredVectors) -> DenseSearch:
        """Search in the state that ``stored`` shows: its version, what was added since, less what was removed."""
        ...

    def compact(self, stored: StoredVectors) -> IndexVersion:
        """Write all that is ``stored`` as a new version, which counts once the store names it. Raises StoreError."""
        ...

    def drop_others(self, name: str) -> None:
        """Version ``name`` counts now: the others go, but for those that are being written."""
        ...

    def drop(self, name: str) -> None: ...
