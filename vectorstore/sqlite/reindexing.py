"""Reindexing of the embedded store: new chunks wait in a table of their own until they are complete."""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from apsw import Connection
from numpy.typing import NDArray

from vectorstore.index.types import BaseIndex, IndexVersion
from vectorstore.sqlite import contents, documents, meta
from vectorstore.sqlite.chunks import SqliteVectors, embedded_texts
from vectorstore.sqlite.database import Database
from vectorstore.types import EVERYTHING, Indexing, Span, StoredText, Vectors


class SqliteReindexing:
    """``Reindexing`` for ``target``; each call is a transaction of its own."""

    def __init__(self, database: Database, index: BaseIndex, target: Indexing) -> None:
        self._database = database
        self._index = index
        self._target = target

    def waiting(self) -> list[int]:
        with self._database.read() as connection:
            return _waiting(connection)

    def progress(self) -> tuple[int, int]:
        with self._database.read() as connection:
            done: int = connection.execute("SELECT count(DISTINCT content_id) FROM next_chunks").get
            return done, documents.count_totals(connection, EVERYTHING).contents

    def stored_text(self, content: int) -> StoredText:
        with self._database.read() as connection:
            return contents.stored_text(connection, content)

    def known_vectors(self, content: int) -> Mapping[str, NDArray[np.float32]]:
        with self._database.read() as connection:
            same_model = meta.get_meta(connection).get("embedding") == self._target.embedding
            return embedded_texts(connection, content) if same_model else {}

    def add(self, made: Sequence[tuple[int, Sequence[Span], Vectors]]) -> None:
        with self._database.write() as connection:
            _begin(connection, self._target)
            for content, chunks, vectors in made:
                _add(connection, content, chunks, vectors)

    def finish(self) -> bool:
        """Soft-deleted documents cannot be restored any more: their vectors are of the former model."""
        with self._database.write() as connection:
            if not differs(connection, self._target):  # another process has finished it
                return True
            _begin(connection, self._target)
            if _waiting(connection):
                return False
            version = self._swap(connection)
        self._index.drop_others(version.name)
        return True

    def _swap(self, connection: Connection) -> IndexVersion:
        documents.forget_deleted(connection, datetime.max.isoformat())
        last = contents.last_chunk(connection)
        connection.execute("DELETE FROM chunks")
        connection.execute("DELETE FROM tombstones")
        connection.execute(
            "INSERT INTO chunks (id, content_id, page_id, start, end, heading) "
            "SELECT ? + id, content_id, page_id, start, end, heading FROM next_chunks ORDER BY id",
            (last,),
        )
        connection.execute("INSERT INTO vectors SELECT ? + id, vector FROM next_chunks", (last,))
        connection.execute("INSERT INTO chunks_fts (chunks_fts) VALUES ('rebuild')")
        connection.execute("DELETE FROM next_chunks")
        connection.execute("DELETE FROM meta WHERE key = 'next_indexing'")
        meta.set_meta(connection, {"embedding": self._target.embedding, "chunking": self._target.chunking})
        version = IndexVersion(high_water=last)
        meta.set_index_version(connection, version)
        if first := connection.execute("SELECT length(vector) FROM vectors LIMIT 1").fetchone():
            version = self._index.compact(SqliteVectors(connection, meta.get_meta(connection), first[0] // 4))
            meta.set_index_version(connection, version)
        meta.publish(connection)
        return version


def differs(connection: Connection, target: Indexing) -> bool:
    """Whether the present chunks and vectors were made by another embedding model or chunking than ``target``."""
    present = meta.indexing(meta.get_meta(connection))
    return any(
        of_present and of_present != wanted
        for of_present, wanted in (
            (present.embedding, target.embedding),
            (present.chunking, target.chunking),
        )
    )


def _begin(connection: Connection, target: Indexing) -> None:
    """Go on where a reindexing for ``target`` was interrupted; what was made for another is dropped."""
    wanted = json.dumps([target.embedding, target.chunking])
    if meta.get_meta(connection).get("next_indexing") != wanted:
        connection.execute("DELETE FROM next_chunks")
        meta.set_meta(connection, {"next_indexing": wanted})


def _waiting(connection: Connection) -> list[int]:
    rows = connection.execute(
        "SELECT DISTINCT content_id FROM chunks WHERE content_id NOT IN (SELECT content_id FROM next_chunks) "
        "ORDER BY content_id"
    )
    return [row[0] for row in rows]


def _add(connection: Connection, content: int, chunks: Sequence[Span], vectors: Vectors) -> None:
    """Nothing is stored of a content that is gone meanwhile, or that another process has finished."""
    if connection.execute("SELECT 1 FROM next_chunks WHERE content_id = ?", (content,)).fetchone():
        return
    pages: list[Any] = connection.execute(
        "SELECT id, start FROM pages WHERE content_id = ? ORDER BY start", (content,)
    ).fetchall()
    if not pages:
        return
    starts = [start for _, start in pages]
    connection.executemany(
        "INSERT INTO next_chunks (content_id, page_id, start, end, heading, vector) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                content,
                pages[bisect_right(starts, chunk.start) - 1][0],
                chunk.start,
                chunk.end,
                chunk.heading,
                vector.astype("<f4").tobytes(),
            )
            for chunk, vector in zip(chunks, vectors, strict=True)
        ],
    )
