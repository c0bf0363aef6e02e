"""Chunks with their text, and their vectors. Functions take the connection of a running transaction."""

import json
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from apsw import Connection
from numpy.typing import NDArray

from vectorstore.index.types import ChunkIds, IndexVersion
from vectorstore.sqlite.database import Damage
from vectorstore.sqlite.meta import index_version
from vectorstore.sqlite.scopes import scope_condition
from vectorstore.types import Chunk, Place, Scope, Vectors, embedding_input

_VECTOR_BATCH = 10_000
_BEGINNING_WITHIN = "id IN (SELECT id FROM chunks WHERE content_id = ? AND start >= ? AND start < ?)"

_COLUMNS = (
    "chunks.id, documents.id, documents.title, documents.path, pages.number, chunks.start, chunks.end, chunks.heading, "
    "substr(pages.text, chunks.start - pages.start + 1, chunks.end - chunks.start), "
    "NOT EXISTS (SELECT 1 FROM chunks AS before WHERE before.id = chunks.id - 1 "
    "AND before.content_id = chunks.content_id AND before.heading = chunks.heading)"
)


def load_chunks(connection: Connection, ids: Collection[int], scope: Scope) -> dict[int, Chunk]:
    """Chunks by id, each under the oldest document within ``scope`` that holds it."""
    condition, values = scope_condition(scope)
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM chunks JOIN pages ON pages.id = chunks.page_id JOIN documents ON documents.id = "
        f"(SELECT min(id) FROM documents WHERE documents.content_id = chunks.content_id AND {condition}) "
        "WHERE chunks.id IN (SELECT value FROM json_each(?))",
        (*values, json.dumps(list(ids))),
    )
    chunks = {chunk.id: chunk for chunk in map(_chunk, rows)}
    if len(chunks) < len(ids):
        raise Damage("a passage has lost its text or its document")
    return chunks


def chunks_of(connection: Connection, document: int, limit: int | None = None) -> list[Chunk]:
    """A document's chunks in the order of its text."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM documents JOIN chunks USING (content_id) JOIN pages ON pages.id = chunks.page_id "
        "WHERE documents.id = ? ORDER BY chunks.start LIMIT ?",
        (document, -1 if limit is None else limit),
    )
    return list(map(_chunk, rows))


def _chunk(row: Sequence[Any]) -> Chunk:
    return Chunk(*(*row[:-1], bool(row[-1])))


def passage_with(connection: Connection, document: int, words: str) -> str | None:
    row = connection.execute(
        "SELECT body FROM chunk_texts JOIN documents USING (content_id) "
        "WHERE documents.id = ? AND instr(body, ?) ORDER BY chunk_texts.id",
        (document, words),
    ).fetchone()
    return row[0] if row else None


def heading_at(connection: Connection, document: int, position: int) -> str:
    row = connection.execute(
        "SELECT chunks.heading FROM chunks JOIN documents USING (content_id) "
        "WHERE documents.id = ? AND chunks.start <= ? AND chunks.end > ?",
        (document, position, position),
    ).fetchone()
    return row[0] if row else ""


def questions(connection: Connection, scope: Scope) -> list[tuple[str, int]]:
    """Of each document the first heading that is a question."""
    condition, values = scope_condition(scope)
    rows = connection.execute(
        "SELECT chunks.heading, documents.id, min(chunks.id) FROM documents JOIN chunks USING (content_id) "
        f"WHERE chunks.heading LIKE '%?' AND {condition} GROUP BY documents.id ORDER BY documents.id",
        values,
    )
    return [(str(row[0]), int(row[1])) for row in rows]


def embedded_texts(connection: Connection, content: int, within: Place | None = None) -> dict[str, NDArray[np.float32]]:
    """Those of the chunks that begin ``within`` two places, or of all."""
    among, values = ("content_id = ?", (content,)) if within is None else (_BEGINNING_WITHIN, (content, *within))
    rows: list[Any] = connection.execute(
        f"SELECT id, vector, heading, body FROM chunk_texts JOIN vectors ON chunk_id = id WHERE {among}", values
    ).fetchall()
    if not rows:
        return {}
    _, vectors = _stack(rows, len(rows[0][1]) // 4)
    return {embedding_input(row[2], row[3]): vector for row, vector in zip(rows, vectors, strict=True)}


@dataclass(frozen=True, slots=True)
class SqliteVectors:
    """``StoredVectors`` of the state that a transaction sees, which ``meta`` describes."""

    connection: Connection
    meta: dict[str, str]
    dimension: int

    @property
    def publication(self) -> int:
        return int(self.meta["publication"])

    @property
    def version(self) -> IndexVersion:
        return index_version(self.meta)

    def count(self, after: int = 0) -> int:
        return int(self.connection.execute("SELECT count(*) FROM vectors WHERE chunk_id > ?", (after,)).get)

    def removed(self) -> ChunkIds:
        return as_ids(self.connection.execute("SELECT chunk_id FROM tombstones ORDER BY chunk_id"))

    def after(self, chunk: int) -> tuple[ChunkIds, Vectors]:
        rows = self.connection.execute(
            "SELECT chunk_id, vector FROM vectors WHERE chunk_id > ? ORDER BY chunk_id", (chunk,)
        ).fetchall()
        return _stack(rows, self.dimension)

    def batches(self) -> Iterator[tuple[ChunkIds, Vectors]]:
        rows = self.connection.execute("SELECT chunk_id, vector FROM vectors ORDER BY chunk_id")
        while batch := list(islice(rows, _VECTOR_BATCH)):
            yield _stack(batch, self.dimension)

    def sample(self, share: float) -> Vectors:
        """Drawn by Knuth's multiplicative hash of their ids."""
        rows = self.connection.execute(
            "SELECT chunk_id, vector FROM vectors WHERE (chunk_id * 2654435761) % 4294967296 < ? ORDER BY chunk_id",
            (math.ceil(share * 2**32),),
        )
        return _stack(rows.fetchall(), self.dimension)[1]

    def of(self, chunks: Collection[int]) -> tuple[ChunkIds, Vectors]:
        rows = self.connection.execute(
            "SELECT chunk_id, vector FROM vectors WHERE chunk_id IN (SELECT value FROM json_each(?)) ORDER BY chunk_id",
            (json.dumps(list(chunks)),),
        ).fetchall()
        return _stack(rows, self.dimension)


def _stack(rows: Sequence[Sequence[Any]], dimension: int) -> tuple[ChunkIds, Vectors]:
    try:
        vectors = np.frombuffer(b"".join(row[1] for row in rows), dtype="<f4").reshape(len(rows), dimension)
    except (TypeError, ValueError) as error:
        raise Damage("a vector has lost bytes") from error
    return as_ids(rows), vectors.astype(np.float32, copy=False)


def as_ids(rows: Iterable[Sequence[object]]) -> ChunkIds:
    try:
        return np.array([row[0] for row in rows], dtype=np.int64)
    except TypeError as error:
        raise Damage("the id of a passage is no number") from error
