"""Contents: the stored text of documents with its chunks, vectors and words.

A content is searched while a document has it. While only soft-deleted documents have it, its chunks and vectors are
kept where no search sees them. Functions take the connection of a running transaction.
"""

import json
from collections.abc import Sequence

from apsw import Connection

from vectorstore.blocks import blocks_in
from vectorstore.types import Block, BlockKind, ParsedDocument, Span, StoredText, Vectors


def find_content(connection: Connection, sha256: str, recipe: str) -> int | None:
    row = connection.execute("SELECT id FROM contents WHERE sha256 = ? AND recipe = ?", (sha256, recipe)).fetchone()
    return row[0] if row else None


def title_of(connection: Connection, content: int) -> str:
    return str(connection.execute("SELECT title FROM contents WHERE id = ?", (content,)).get or "")


def add_content(connection: Connection, sha256: str, recipe: str, parsed: ParsedDocument, vectors: Vectors) -> int:
    """Store what was parsed, with one row of ``vectors`` for each of its chunks; return the content's id."""
    content = _insert(
        connection,
        "INSERT INTO contents (sha256, recipe, title, metadata, notes) VALUES (?, ?, ?, ?, ?)",
        (sha256, recipe, parsed.title, json.dumps(dict(parsed.metadata)), json.dumps(parsed.notes)),
    )
    connection.executemany(
        "INSERT INTO units (content_id, start, end, heading, metadata) VALUES (?, ?, ?, ?, ?)",
        [(content, unit.start, unit.end, unit.heading, json.dumps(dict(unit.metadata))) for unit in parsed.units],
    )
    connection.executemany(
        "INSERT INTO blocks (content_id, number, start, end, kind, group_number, depth) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (content, number, block.start, block.end, block.kind.value, block.group, block.depth)
            for number, block in enumerate(parsed.blocks)
        ],
    )
    chunks = iter(zip(parsed.chunks, vectors, strict=True))
    upcoming = next(chunks, None)
    for page in parsed.pages:
        page_id = _insert(
            connection,
            "INSERT INTO pages (content_id, number, start, text) VALUES (?, ?, ?, ?)",
            (content, page.number, page.start, page.text),
        )
        while upcoming is not None and upcoming[0].start < page.end:
            span, vector = upcoming
            chunk = _insert(
                connection,
                "INSERT INTO chunks (content_id, page_id, start, end, heading) VALUES (?, ?, ?, ?, ?)",
                (content, page_id, span.start, span.end, span.heading),
            )
            connection.execute("INSERT INTO vectors VALUES (?, ?)", (chunk, vector.astype("<f4").tobytes()))
            upcoming = next(chunks, None)
    _index_words(connection, content)
    return content


def stored_text(connection: Connection, content: int) -> StoredText:
    """A section is told by its chunks: they follow each other on one page, in one record, under one heading."""
    pages = connection.execute("SELECT text FROM pages WHERE content_id = ? ORDER BY start", (content,))
    text = "".join(row[0] for row in pages)
    sections: list[Span] = []
    before: tuple[object, ...] = ()
    for start, end, heading, page, record in connection.execute(
        "SELECT start, end, heading, page_id, (SELECT max(start) FROM units "
        "WHERE units.content_id = chunks.content_id AND units.start <= chunks.start) "
        "FROM chunks WHERE content_id = ? ORDER BY start",
        (content,),
    ):
        if before == (heading, page, record):
            sections[-1] = Span(sections[-1].start, end, heading)
        else:
            sections.append(Span(start, end, heading))
        before = (heading, page, record)
    return StoredText(text, tuple(sections), _stored_blocks(connection, content) or blocks_in(text, sections))


def blocks_of(connection: Connection, content: int) -> tuple[Block, ...]:
    return _stored_blocks(connection, content) or stored_text(connection, content).blocks


def _stored_blocks(connection: Connection, content: int) -> tuple[Block, ...]:
    rows = connection.execute(
        "SELECT start, end, kind, group_number, depth FROM blocks WHERE content_id = ? ORDER BY number", (content,)
    )
    return tuple(Block(start, end, BlockKind(kind), group, depth) for start, end, kind, group, depth in rows)


def last_chunk(connection: Connection) -> int:
    """The largest id that a chunk has ever had."""
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'chunks'").get)


def restore_chunks(connection: Connection, content: int) -> None:
    """Let the chunks of a soft-deleted content be searched again, under new ids."""
    if not connection.execute("SELECT 1 FROM soft_deleted_chunks WHERE content_id = ?", (content,)).fetchone():
        return
    last = last_chunk(connection)
    numbered = "SELECT ? + row_number() OVER (ORDER BY id) AS number, * FROM soft_deleted_chunks WHERE content_id = ?"
    connection.execute(
        "INSERT INTO chunks (id, content_id, page_id, start, end, heading) "
        f"SELECT number, content_id, page_id, start, end, heading FROM ({numbered}) ORDER BY number",
        (last, content),
    )
    connection.execute(f"INSERT INTO vectors SELECT number, vector FROM ({numbered})", (last, content))
    connection.execute("DELETE FROM soft_deleted_chunks WHERE content_id = ?", (content,))
    _index_words(connection, content)


def release(connection: Connection, content: int) -> None:
    """After a document has let go of it: a content that no document has is dropped, or soft-deleted."""
    if connection.execute("SELECT 1 FROM documents WHERE content_id = ?", (content,)).fetchone():
        return
    # The FTS index keeps no copy of the text: it is told the old values while they still exist.
    connection.execute(
        "INSERT INTO chunks_fts (chunks_fts, rowid, heading, body) "
        "SELECT 'delete', id, heading, body FROM chunk_texts WHERE content_id = ?",
        (content,),
    )
    connection.execute("INSERT INTO tombstones (chunk_id) SELECT id FROM chunks WHERE content_id = ?", (content,))
    if not connection.execute("SELECT 1 FROM soft_deleted_documents WHERE content_id = ?", (content,)).fetchone():
        connection.execute("DELETE FROM contents WHERE id = ?", (content,))
        return
    connection.execute(
        "INSERT INTO soft_deleted_chunks (content_id, page_id, start, end, heading, vector) "
        "SELECT content_id, page_id, start, end, heading, vector "
        "FROM chunks JOIN vectors ON chunk_id = chunks.id WHERE content_id = ? ORDER BY chunks.id",
        (content,),
    )
    connection.execute("DELETE FROM chunks WHERE content_id = ?", (content,))
    connection.execute("DELETE FROM next_chunks WHERE content_id = ?", (content,))


def _index_words(connection: Connection, content: int) -> None:
    connection.execute(
        "INSERT INTO chunks_fts (rowid, heading, body) SELECT id, heading, body FROM chunk_texts WHERE content_id = ?",
        (content,),
    )


def _insert(connection: Connection, statement: str, values: Sequence[object]) -> int:
    connection.execute(statement, values)
    return connection.last_insert_rowid()
