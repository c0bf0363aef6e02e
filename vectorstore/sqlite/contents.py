"""Contents: the stored text of documents with its chunks, vectors and words.

A content is searched while a document has it. While only soft-deleted documents have it, its chunks and vectors are
kept where no search sees them; so are those of a content that comes in parts, until it is complete. Functions take the
connection of a running transaction.
"""

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from apsw import Connection

from vectorstore.blocks import blocks_in
from vectorstore.errors import StoreError
from vectorstore.sqlite.meta import now
from vectorstore.types import Block, BlockKind, Page, ParsedDocument, Place, Span, StoredText, Vectors

_UNFINISHED = " unfinished"
"""Ends the recipe of a content of which not all is stored."""
_PIECE_CHARACTERS = 16 * 1024


def find_content(connection: Connection, sha256: str, recipe: str) -> int | None:
    row = connection.execute("SELECT id FROM contents WHERE sha256 = ? AND recipe = ?", (sha256, recipe)).fetchone()
    return row[0] if row else None


def title_of(connection: Connection, content: int) -> str:
    return str(connection.execute("SELECT title FROM contents WHERE id = ?", (content,)).get or "")


def add_content(
    connection: Connection, sha256: str, recipe: str, parsed: ParsedDocument, vectors: Vectors, begun: str
) -> int:
    """Store what was parsed, with one row of ``vectors`` for each of its chunks; return the content's id. Where
    stretches of it are kept under the recipe ``begun``, it is the last one.
    """
    described = (recipe, parsed.title, json.dumps(dict(parsed.metadata)), json.dumps(parsed.notes))
    content = find_content(connection, sha256, begun + _UNFINISHED) if begun else None
    if content is not None:
        add_stretch(connection, sha256, begun, parsed, vectors)
        connection.execute(
            "UPDATE contents SET recipe = ?, title = ?, metadata = ?, notes = ? WHERE id = ?", (*described, content)
        )
        return content
    content = _insert(
        connection,
        "INSERT INTO contents (sha256, recipe, title, metadata, notes) VALUES (?, ?, ?, ?, ?)",
        (sha256, *described),
    )
    _add_text(connection, content, parsed)
    for page, span, vector in _placed_chunks(connection, content, parsed, vectors):
        chunk = _insert(
            connection,
            "INSERT INTO chunks (content_id, page_id, start, end, heading) VALUES (?, ?, ?, ?, ?)",
            (content, page, span.start, span.end, span.heading),
        )
        connection.execute("INSERT INTO vectors VALUES (?, ?)", (chunk, vector))
    _index_words(connection, content)
    return content


def add_stretch(connection: Connection, sha256: str, recipe: str, part: ParsedDocument, vectors: Vectors) -> None:
    """Keep a part of a content; one that is kept already is not kept twice."""
    kept = kept_characters(connection, sha256, recipe)
    if kept > part.pages[0].start:
        return
    if kept < part.pages[0].start:
        what = "What was stored of a long file has been dropped meanwhile"
        raise StoreError(what, where=recipe, remedy="Run the command again.")
    content = find_content(connection, sha256, recipe + _UNFINISHED)
    if content is None:
        content = _insert(
            connection,
            "INSERT INTO contents (sha256, recipe, title, metadata) VALUES (?, ?, '', json_object('begun', ?))",
            (sha256, recipe + _UNFINISHED, now()),
        )
    _add_text(connection, content, part)
    connection.executemany(
        "INSERT INTO soft_deleted_chunks (content_id, page_id, start, end, heading, vector) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (content, page, span.start, span.end, span.heading, vector)
            for page, span, vector in _placed_chunks(connection, content, part, vectors)
        ],
    )


def kept_characters(connection: Connection, sha256: str, recipe: str) -> int:
    """How much text is kept of a content of which parts are."""
    return int(
        connection.execute(
            "SELECT start + length(text) FROM pages WHERE content_id = "
            "(SELECT id FROM contents WHERE sha256 = ? AND recipe = ?) ORDER BY start DESC LIMIT 1",
            (sha256, recipe + _UNFINISHED),
        ).get
        or 0
    )


def drop_stretches(connection: Connection, sha256: str, recipe: str) -> None:
    connection.execute("DELETE FROM contents WHERE sha256 = ? AND recipe = ?", (sha256, recipe + _UNFINISHED))


def drop_all_stretches(connection: Connection, before: str) -> None:
    """Those of contents that were begun before a time (ISO 8601)."""
    connection.execute(
        "DELETE FROM contents WHERE recipe LIKE ? AND json_extract(metadata, '$.begun') < ?",
        (f"%{_UNFINISHED}", before),
    )


def _add_text(connection: Connection, content: int, parsed: ParsedDocument) -> None:
    connection.executemany(
        "INSERT INTO units (content_id, start, end, heading, metadata) VALUES (?, ?, ?, ?, ?)",
        [(content, unit.start, unit.end, unit.heading, json.dumps(dict(unit.metadata))) for unit in parsed.units],
    )
    first: int = connection.execute(
        "SELECT coalesce(max(number) + 1, 0) FROM blocks WHERE content_id = ?", (content,)
    ).get
    connection.executemany(
        "INSERT INTO blocks (content_id, number, start, end, kind, group_number, depth) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (content, number, block.start, block.end, block.kind.value, block.group, block.depth)
            for number, block in enumerate(parsed.blocks, start=first)
        ],
    )


def _placed_chunks(
    connection: Connection, content: int, parsed: ParsedDocument, vectors: Vectors
) -> Iterator[tuple[int, Span, bytes]]:
    """Store the pages; each chunk with the id of its page's piece, and the bytes of its vector."""
    chunks = iter(zip(parsed.chunks, vectors, strict=True))
    upcoming = next(chunks, None)
    for page in _pieces(parsed):
        page_id = _insert(
            connection,
            "INSERT INTO pages (content_id, number, start, text) VALUES (?, ?, ?, ?)",
            (content, page.number, page.start, page.text),
        )
        while upcoming is not None and upcoming[0].start < page.end:
            span, vector = upcoming
            yield page_id, span, vector.astype("<f4").tobytes()
            upcoming = next(chunks, None)


def _pieces(parsed: ParsedDocument) -> Iterator[Page]:
    """The pages, long ones in pieces that end where a chunk begins: to read a chunk, SQLite reads its piece."""
    starts = [chunk.start for chunk in parsed.chunks]
    for page in parsed.pages:
        cuts = [page.start]
        for start in starts[bisect_left(starts, page.start) : bisect_left(starts, page.end)]:
            if start - cuts[-1] >= _PIECE_CHARACTERS:
                cuts.append(start)
        for start, end in pairwise([*cuts, page.end]):
            yield Page(page.number, start, page.text[start - page.start : end - page.start])


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


def blocks_of(connection: Connection, content: int, within: Place | None = None) -> tuple[Block, ...]:
    if not connection.execute("SELECT 1 FROM blocks WHERE content_id = ?", (content,)).fetchone():
        blocks = stored_text(connection, content).blocks
        return tuple(one for one in blocks if within is None or (one.start < within[1] and one.end > within[0]))
    return _stored_blocks(connection, content, within)


def _stored_blocks(connection: Connection, content: int, within: Place | None = None) -> tuple[Block, ...]:
    condition, values = ("start < ? AND end > ?", (within[1], within[0])) if within else ("true", ())
    rows = connection.execute(
        "SELECT start, end, kind, group_number, depth FROM blocks "
        f"WHERE content_id = ? AND {condition} ORDER BY number",
        (content, *values),
    )
    return tuple(Block(start, end, BlockKind(kind), group, depth) for start, end, kind, group, depth in rows)


def count_chunks(connection: Connection, content: int) -> int:
    return int(connection.execute("SELECT count(*) FROM chunks WHERE content_id = ?", (content,)).get)


def last_chunk(connection: Connection) -> int:
    """The largest id that a chunk has ever had."""
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'chunks'").get)


def restore_chunks(connection: Connection, content: int) -> None:
    """Let the chunks of a soft-deleted content be searched again, under new ids."""
    if not connection.execute("SELECT 1 FROM soft_deleted_chunks WHERE content_id = ?", (content,)).fetchone():
        return
    first: int = connection.execute("SELECT min(id) FROM soft_deleted_chunks WHERE content_id = ?", (content,)).get
    added = last_chunk(connection) + 1 - first
    connection.execute(
        "INSERT INTO chunks (id, content_id, page_id, start, end, heading) "
        "SELECT id + ?, content_id, page_id, start, end, heading FROM soft_deleted_chunks WHERE content_id = ? "
        "ORDER BY id",
        (added, content),
    )
    connection.execute(
        "INSERT INTO vectors SELECT id + ?, vector FROM soft_deleted_chunks WHERE content_id = ? ORDER BY id",
        (added, content),
    )
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
