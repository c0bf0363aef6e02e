"""A scope as SQL, and the chunks that are in it.

Which chunks a scope holds is worked out once for each publication, from two things: the content of each chunk, which
never changes and is read on from where it was read before, and the contents of the documents in the scope. A search
then carries neither a list of chunks nor one of documents; see docs/decisions/0029-a-scope-is-a-set-of-bits.md.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from apsw import Connection
from numpy.typing import NDArray

from vectorstore.index.types import ChunkSet
from vectorstore.sqlite.database import Damage
from vectorstore.sqlite.lexical import ALL_ROWS, RowCondition
from vectorstore.sqlite.meta import index_version, indexing
from vectorstore.types import Indexing, Scope

_KEPT = 16
"""Scopes; each takes nine bits a chunk."""


def scope_condition(scope: Scope, table: str = "documents") -> tuple[str, tuple[object, ...]]:
    """A condition on the ``documents`` table, or one with its columns, with its values."""
    conditions: list[str] = []
    values: list[object] = []
    for column, allowed in (("collection", scope.collections), ("id", scope.documents)):
        if allowed is not None:
            conditions.append(f"{table}.{column} IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(sorted(allowed)))
    return " AND ".join(conditions) or "1", tuple(values)


@dataclass(frozen=True, slots=True)
class Selection:
    """The chunks of a scope in one state: None for all, how many they are, and a condition on the word index's rows."""

    chunks: ChunkSet | None
    count: int
    rows: RowCondition


class ScopeMaps:
    """What the scopes hold that were asked for last. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._publication = -1
        self._kept: OrderedDict[Scope, Selection] = OrderedDict()
        self._contents = _ChunkContents()

    def select(self, connection: Connection, meta: Mapping[str, str], scope: Scope) -> Selection:
        """Of the state that the transaction sees, which ``meta`` describes."""
        publication = int(meta["publication"])
        with self._lock:
            if publication < self._publication:  # a view that was opened before the newest one
                return _select(connection, meta, scope, _ChunkContents())
            if publication > self._publication:
                self._kept.clear()
                self._publication = publication
            if scope not in self._kept:
                self._kept[scope] = _select(connection, meta, scope, self._contents)
            self._kept.move_to_end(scope)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return self._kept[scope]


def _select(connection: Connection, meta: Mapping[str, str], scope: Scope, known: "_ChunkContents") -> Selection:
    if scope.unrestricted:
        return Selection(None, connection.execute("SELECT count(*) FROM chunks").get, ALL_ROWS)
    content_of = known.read_on(connection, meta)
    condition, values = scope_condition(scope)
    rows = connection.execute(f"SELECT DISTINCT content_id FROM documents WHERE {condition}", values)
    contents = np.fromiter((row[0] for row in rows), np.int64)
    allowed = np.zeros(max(int(content_of.max()), int(contents.max(initial=0))) + 1, bool)
    allowed[contents] = True
    flags = allowed[content_of]
    chunks = ChunkSet(np.packbits(flags, bitorder="little"))
    # SQLite looks up one byte of a value without copying it: no list of rows is made.
    return Selection(chunks, len(chunks), ("substr(?, rowid + 1, 1) = x'01'", (flags.tobytes(),)))


class _ChunkContents:
    """By chunk id the content that the chunk belongs to, 0 where there is no such chunk any more."""

    def __init__(self) -> None:
        self._forget(("", Indexing("", "")))

    def _forget(self, index: tuple[str, Indexing]) -> None:
        self._index = index
        self._contents: NDArray[np.int32] = np.zeros(1, np.int32)
        self._last_tombstone = 0

    def read_on(self, connection: Connection, meta: Mapping[str, str]) -> NDArray[np.int32]:
        """With what was added and removed since; anew where tombstones may have gone since, as they do when the index
        is written anew.
        """
        index = (index_version(meta).name, indexing(meta))
        if index != self._index:
            self._forget(index)
        rows = connection.execute(
            "SELECT id, content_id FROM chunks WHERE id > ? ORDER BY id", (len(self._contents) - 1,)
        )
        try:
            added = np.fromiter(rows, np.dtype([("id", np.int64), ("content", np.int32)]))
        except (TypeError, ValueError, OverflowError) as error:
            raise Damage("the id of a passage is no number") from error
        if len(added):
            grown = np.zeros(int(added["id"][-1]) + 1, np.int32)
            grown[: len(self._contents)] = self._contents
            grown[added["id"]] = added["content"]
            self._contents = grown
        for tombstone, chunk in connection.execute(
            "SELECT id, chunk_id FROM tombstones WHERE id > ? ORDER BY id", (self._last_tombstone,)
        ):
            self._last_tombstone = tombstone
            if chunk < len(self._contents):
                self._contents[chunk] = 0
        return self._contents
