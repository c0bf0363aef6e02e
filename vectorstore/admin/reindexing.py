"""Chunks and vectors made anew, by another embedding model or chunking, beside those that are searched meanwhile.

They are made a content at a time, each batch in a transaction of its own, and take the others' place all at once.
Functions take the connection of a running transaction, as those of ``vectorstore.sqlite.catalogue``.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from apsw import Connection

from vectorstore.index.building import index_of_all
from vectorstore.index.versions import write_generation
from vectorstore.sqlite import catalogue
from vectorstore.types import Indexing, Span, Vectors


def differs(connection: Connection, target: Indexing) -> bool:
    """Whether the present chunks and vectors were made by another embedding model or chunking than ``target``."""
    meta = catalogue.get_meta(connection)
    present = Indexing(meta.get("embedding", target.embedding), meta.get("chunking", target.chunking))
    return present != target


def begin(connection: Connection, target: Indexing) -> None:
    """Go on where a reindexing for ``target`` was interrupted; what was made for another is dropped."""
    wanted = json.dumps([target.embedding, target.chunking])
    if catalogue.get_meta(connection).get("next_indexing") != wanted:
        connection.execute("DELETE FROM next_chunks")
        catalogue.set_meta(connection, {"next_indexing": wanted})


def unfinished(connection: Connection) -> list[int]:
    """The contents whose chunks have yet to be made anew."""
    rows = connection.execute(
        "SELECT DISTINCT content_id FROM chunks WHERE content_id NOT IN (SELECT content_id FROM next_chunks) "
        "ORDER BY content_id"
    )
    return [row[0] for row in rows]


def progress(connection: Connection) -> tuple[int, int]:
    """How many contents have new chunks, and how many there are."""
    done: int = connection.execute("SELECT count(DISTINCT content_id) FROM next_chunks").get
    return done, catalogue.count(connection)["contents"]


def text_and_sections(connection: Connection, content: int) -> tuple[str, list[Span]]:
    """A content's stored text, and the places in it that chunks may not cross, each with its heading.

    A section is told by its chunks: they follow each other on one page, in one record, under one heading.
    """
    pages = connection.execute("SELECT text FROM pages WHERE content_id = ? ORDER BY start", (content,))
    text = "".join(row[0] for row in pages)
    sections: list[Span] = []
    before: tuple[object, ...] = ()
    for start, end, heading, page, record in connection.execute(
        "SELECT start, end, heading, page_id, "
        "(SELECT max(start) FROM units WHERE units.content_id = chunks.content_id AND units.start <= chunks.start) "
        "FROM chunks WHERE content_id = ? ORDER BY start",
        (content,),
    ):
        if before == (heading, page, record):
            sections[-1] = Span(sections[-1].start, end, heading)
        else:
            sections.append(Span(start, end, heading))
        before = (heading, page, record)
    return text, sections


def add(connection: Connection, content: int, chunks: Sequence[Span], vectors: Vectors) -> None:
    """Store a content's new chunks, with one row of ``vectors`` for each. Of a content that is gone meanwhile, or that
    another process has finished, nothing is stored.
    """
    if connection.execute("SELECT 1 FROM next_chunks WHERE content_id = ?", (content,)).fetchone():
        return
    pages: list[Any] = connection.execute(
        "SELECT id, start FROM pages WHERE content_id = ? ORDER BY start DESC", (content,)
    ).fetchall()
    if not pages:
        return
    connection.executemany(
        "INSERT INTO next_chunks (content_id, page_id, start, end, heading, vector) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                content,
                next(page for page, start in pages if start <= chunk.start),
                chunk.start,
                chunk.end,
                chunk.heading,
                vector.astype("<f4").tobytes(),
            )
            for chunk, vector in zip(chunks, vectors, strict=True)
        ],
    )


def swap(connection: Connection, generations: Path, target: Indexing, dimension: int) -> str:
    """Let the new chunks and vectors take the others' place; return the name of their index generation.

    Documents that were removed cannot be put back any more: their vectors are of the former model.
    """
    catalogue.forget_removed(connection, datetime.max.isoformat())
    last: int = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'chunks'").get
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
    index, high_water = index_of_all(connection, dimension)
    name, digest = write_generation(generations, index)
    connection.execute("DELETE FROM meta WHERE key = 'next_indexing'")
    catalogue.set_meta(
        connection,
        {
            "embedding": target.embedding,
            "chunking": target.chunking,
            "generation": name,
            "generation_sha256": digest,
            "high_water": str(high_water or last),
        },
    )
    catalogue.publish(connection)
    return name
