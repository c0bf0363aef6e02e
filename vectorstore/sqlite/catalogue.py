"""The catalogue: documents, their stored text, chunks and vectors, in SQLite transactions.

Functions take the connection of a running transaction, so that a caller decides what belongs together; see
``vectorstore.sqlite.database.Database``, which also explains the ``Damage`` that rows raise if they are damaged.
"""

import json
import math
from collections.abc import Collection as SizedIterable
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from apsw import Connection
from numpy.typing import NDArray

from vectorstore.errors import IndexingMismatch
from vectorstore.index.versions import ChunkIds
from vectorstore.sqlite import contents
from vectorstore.sqlite.database import Damage
from vectorstore.types import (
    Chunk,
    Collection,
    Document,
    FileState,
    KnownFile,
    Page,
    Refusal,
    Scope,
    SoftDeletedDocument,
    Vectors,
    embedding_input,
)

_DOCUMENT_COLUMNS = """
    documents.id, documents.collection, documents.path, documents.title, contents.sha256, documents.size,
    documents.indexed_at,
    (SELECT count(*) FROM chunks WHERE chunks.content_id = contents.id),
    (SELECT count(*) FROM units WHERE units.content_id = contents.id)
"""

_STORED_COLUMNS = "id, collection, path, title, content_id, size, mtime_ns, indexed_at"

_VECTOR_BATCH = 10_000

_NUMBERS = frozenset({"publication", "high_water"})
_META = _NUMBERS | {"generation", "generation_sha256"}
"""The entries that every knowledge base has from its creation."""


def get_meta(connection: Connection) -> dict[str, str]:
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    if lost := _META - meta.keys():
        raise Damage(f"its entry {min(lost)} is gone")
    if not all(str(meta[name]).isdecimal() for name in _NUMBERS):
        raise Damage("the number of its publication is none")
    return meta


def set_meta(connection: Connection, values: Mapping[str, str]) -> None:
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())


def advance_publication(connection: Connection) -> None:
    """Make every process look again; ``publish`` also says that the documents have changed."""
    connection.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'publication'")


def publish(connection: Connection) -> None:
    """Announce that what a search can find has changed; every process sees it when the transaction commits."""
    advance_publication(connection)
    set_meta(connection, {"changed_at": datetime.now(UTC).isoformat(timespec="seconds")})


def require_chunking(connection: Connection, chunking: str) -> None:
    """Raises IndexingMismatch where the stored documents are cut otherwise; the first ones settle it."""
    stored = get_meta(connection).get("chunking")
    if stored is None:
        set_meta(connection, {"chunking": chunking})
    elif stored != chunking:
        raise IndexingMismatch(
            f"The documents are cut by {stored} (tokens and tokenizer), and now were to be cut by {chunking}",
            where="ingest.chunk_tokens",
            remedy="Start again: the documents are then indexed anew.",
        )


# Writing


def find_file(connection: Connection, collection: str, path: str) -> KnownFile | None:
    row = connection.execute(
        "SELECT documents.id, contents.id, contents.sha256, contents.recipe, documents.size, documents.mtime_ns "
        "FROM documents JOIN contents ON contents.id = documents.content_id WHERE collection = ? AND path = ?",
        (collection, path),
    ).fetchone()
    return KnownFile(row[0], row[1], row[2], row[3], FileState(row[4], row[5])) if row else None


def put_document(connection: Connection, collection: str, path: str, title: str, content: int, state: FileState) -> int:
    """Add the document, or point the existing one at ``content``. One that was removed comes back under its old id."""
    contents.wake(connection, content)
    before = find_file(connection, collection, path)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if before is None:
        removed = connection.execute(
            "SELECT id FROM removed_documents WHERE collection = ? AND path = ?", (collection, path)
        ).get
        connection.execute(
            f"INSERT INTO documents ({_STORED_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (removed, collection, path, title, content, state.size, state.mtime_ns, now),
        )
        document = connection.last_insert_rowid()
        _forget_removed(connection, collection, path)
        return document
    connection.execute(
        "UPDATE documents SET title = ?, content_id = ?, size = ?, mtime_ns = ?, indexed_at = ? WHERE id = ?",
        (title, content, state.size, state.mtime_ns, now, before.document),
    )
    if before.content != content:
        contents.release(connection, before.content)
    return before.document


def put_refusals(connection: Connection, collection: str, refusals: Iterable[Refusal]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(collection, r.path, r.state.size, r.state.mtime_ns, r.recipe, r.reason, r.detail) for r in refusals],
    )


def drop_refusals(connection: Connection, collection: str, paths: Iterable[str]) -> None:
    """Those of files that can be read now, or are gone."""
    connection.executemany(
        "DELETE FROM refusals WHERE collection = ? AND path = ?", [(collection, path) for path in paths]
    )


def move_document(connection: Connection, document: Document, path: Path) -> None:
    """The document's file has another path; its content and id stay. A title that is the file's name follows it."""
    title = path.stem if document.title == Path(document.path).stem else document.title
    _forget_removed(connection, document.collection, str(path))
    connection.execute("UPDATE documents SET path = ?, title = ? WHERE id = ?", (str(path), title, document.id))


def touch_document(connection: Connection, document: int, state: FileState) -> None:
    connection.execute(
        "UPDATE documents SET size = ?, mtime_ns = ? WHERE id = ?", (state.size, state.mtime_ns, document)
    )


def remove_document(connection: Connection, document: int, *, can_be_put_back: bool = False) -> None:
    """Take a document out of the knowledge base, for good unless it ``can_be_put_back``."""
    row = connection.execute("SELECT content_id FROM documents WHERE id = ?", (document,)).fetchone()
    if row is None:
        return
    if can_be_put_back:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        connection.execute(
            f"INSERT INTO removed_documents SELECT {_STORED_COLUMNS}, ? FROM documents WHERE id = ?", (now, document)
        )
    connection.execute("DELETE FROM documents WHERE id = ?", (document,))
    contents.release(connection, row[0])


def put_back(connection: Connection, document: int) -> bool:
    """Undo the removal of a document; False where it is no longer kept."""
    row = connection.execute("SELECT content_id FROM removed_documents WHERE id = ?", (document,)).fetchone()
    if row is None:
        return False
    connection.execute(
        f"INSERT INTO documents ({_STORED_COLUMNS}) SELECT {_STORED_COLUMNS} FROM removed_documents WHERE id = ?",
        (document,),
    )
    connection.execute("DELETE FROM removed_documents WHERE id = ?", (document,))
    contents.wake(connection, row[0])
    return True


def forget_removed(connection: Connection, before: str) -> None:
    """Drop for good the documents that were removed before a time (ISO 8601)."""
    rows: list[Any] = connection.execute(
        "SELECT collection, path FROM removed_documents WHERE removed_at < ?", (before,)
    ).fetchall()
    for collection, path in rows:
        _forget_removed(connection, collection, path)


def _forget_removed(connection: Connection, collection: str, path: str) -> None:
    """The document that was removed from this path cannot be put back any more."""
    row = connection.execute(
        "DELETE FROM removed_documents WHERE collection = ? AND path = ? RETURNING content_id", (collection, path)
    ).fetchone()
    if row:
        contents.release(connection, row[0])


def set_notice(connection: Connection, collection: str, notice: str) -> None:
    """What is shown with each answer from a collection; nothing if ``notice`` is empty."""
    connection.execute(
        "INSERT INTO collections (name, notice) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET notice = excluded.notice",
        (collection, notice),
    )


def set_synced(connection: Connection, collection: str, folders: Sequence[Path]) -> None:
    """A collection has just been made the mirror of ``folders``."""
    connection.execute(
        "INSERT INTO collections (name, synced_at, synced_from) VALUES (?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET synced_at = excluded.synced_at, synced_from = excluded.synced_from",
        (collection, datetime.now(UTC).isoformat(timespec="seconds"), "\n".join(map(str, folders))),
    )


# Reading


def list_refusals(connection: Connection, collection: str) -> dict[str, Refusal]:
    """Those of a collection, by path."""
    rows = connection.execute(
        "SELECT path, size, mtime_ns, recipe, reason, detail FROM refusals WHERE collection = ?", (collection,)
    )
    return {row[0]: Refusal(row[0], FileState(row[1], row[2]), *row[3:]) for row in rows}


def known_paths(connection: Connection) -> set[str]:
    """The files that something is stored of: documents, removed ones that can be put back, and refused files."""
    rows = connection.execute(
        "SELECT path FROM documents UNION SELECT path FROM removed_documents UNION SELECT path FROM refusals"
    )
    return {row[0] for row in rows}


def removed_documents(connection: Connection) -> list[SoftDeletedDocument]:
    """Those that can be put back, the last removed first."""
    rows = connection.execute(
        "SELECT id, collection, path, title, size, removed_at FROM removed_documents ORDER BY removed_at DESC, id"
    )
    return [SoftDeletedDocument(*row) for row in rows]


def find_documents(
    connection: Connection, words: Sequence[str] = (), collection: str | None = None, limit: int = -1
) -> tuple[int, list[Document]]:
    """How many documents have all ``words`` in their title or path, and the first ``limit`` of them by title."""
    connection.create_scalar_function("casefold", _casefold, 1, deterministic=True)
    where = " AND ".join(
        [
            "(?1 IS NULL OR documents.collection = ?1)",
            *(f"instr(casefold(documents.title || ' ' || documents.path), ?{n})" for n, _ in enumerate(words, start=2)),
        ]
    )
    values = (collection, *(word.casefold() for word in words))
    total: int = connection.execute(f"SELECT count(*) FROM documents WHERE {where}", values).get
    rows = connection.execute(
        f"SELECT {_DOCUMENT_COLUMNS} FROM documents JOIN contents ON contents.id = documents.content_id "
        f"WHERE {where} ORDER BY casefold(documents.title), documents.id LIMIT ?{len(values) + 1}",
        (*values, limit),
    )
    return total, [Document(*row) for row in rows]


def _casefold(*texts: object) -> str:
    """SQLite's own lower() knows ASCII alone."""
    return str(texts[0]).casefold()


def list_documents(connection: Connection, collection: str | None = None) -> list[Document]:
    where = "WHERE documents.collection = ?" if collection is not None else ""
    rows = connection.execute(
        f"SELECT {_DOCUMENT_COLUMNS} FROM documents JOIN contents ON contents.id = documents.content_id {where} "
        f"ORDER BY documents.id",
        (collection,) if collection is not None else (),
    )
    return [Document(*row) for row in rows]


def get_document(connection: Connection, document: int) -> Document | None:
    row = connection.execute(
        f"SELECT {_DOCUMENT_COLUMNS} FROM documents JOIN contents ON contents.id = documents.content_id WHERE "
        f"documents.id = ?",
        (document,),
    ).fetchone()
    return Document(*row) if row else None


def documents_at(connection: Connection, path: str) -> list[int]:
    """Ids of the documents stored from ``path``, one for each collection that has it."""
    return [row[0] for row in connection.execute("SELECT id FROM documents WHERE path = ? ORDER BY id", (path,))]


def document_pages(connection: Connection, document: int) -> tuple[Page, ...]:
    rows = connection.execute(
        "SELECT number, pages.start, text FROM pages JOIN documents USING (content_id) WHERE documents.id = ? ORDER "
        "BY pages.start",
        (document,),
    )
    return tuple(Page(*row) for row in rows)


def passage_with(connection: Connection, document: int, words: str) -> str | None:
    """The text of the document's first chunk that holds ``words``, character for character."""
    row = connection.execute(
        "SELECT body FROM chunk_texts JOIN documents USING (content_id) "
        "WHERE documents.id = ? AND instr(body, ?) ORDER BY chunk_texts.id",
        (document, words),
    ).fetchone()
    return row[0] if row else None


def heading_at(connection: Connection, document: int, position: int) -> str:
    """The heading of the chunk that holds the character at ``position``; empty if none does."""
    row = connection.execute(
        "SELECT chunks.heading FROM chunks JOIN documents USING (content_id) "
        "WHERE documents.id = ? AND chunks.start <= ? AND chunks.end > ?",
        (document, position, position),
    ).fetchone()
    return row[0] if row else ""


def count(connection: Connection) -> dict[str, int]:
    """Counts of what a person sees: documents (files), units of those documents, stored contents and chunks."""
    names = {
        "documents": "SELECT count(*) FROM documents",
        "contents": "SELECT count(DISTINCT content_id) FROM documents",
        "units": "SELECT count(*) FROM units JOIN documents USING (content_id)",
        "chunks": "SELECT count(*) FROM chunks",
    }
    return {name: connection.execute(statement).get for name, statement in names.items()}


def list_collections(connection: Connection) -> list[Collection]:
    """Every collection that has documents, or had some and keeps a notice, by name."""
    rows = connection.execute(
        "SELECT name, count(documents.id), coalesce(sum(documents.size), 0), coalesce(notice, ''), "
        "coalesce(synced_at, ''), coalesce(synced_from, '') "
        "FROM (SELECT collection AS name FROM documents UNION SELECT name FROM collections WHERE notice <> '') "
        "LEFT JOIN documents ON documents.collection = name LEFT JOIN collections USING (name) "
        "GROUP BY name ORDER BY name"
    )
    return [Collection(*row) for row in rows]


def notices_of(connection: Connection, documents: Iterable[int]) -> tuple[str, ...]:
    """The notices of the collections that ``documents`` belong to."""
    rows = connection.execute(
        "SELECT DISTINCT notice FROM documents JOIN collections ON collections.name = documents.collection "
        "WHERE notice <> '' AND documents.id IN (SELECT value FROM json_each(?)) ORDER BY collections.name",
        (json.dumps(list(documents)),),
    )
    return tuple(row[0] for row in rows)


def scope_condition(scope: Scope) -> tuple[str, tuple[object, ...]]:
    """An SQL condition on the ``documents`` table, with its values."""
    conditions: list[str] = []
    values: list[object] = []
    for column, allowed in (("collection", scope.collections), ("id", scope.documents)):
        if allowed is not None:
            conditions.append(f"documents.{column} IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(sorted(allowed)))
    return " AND ".join(conditions) or "1", tuple(values)


def chunks_in_scope(connection: Connection, scope: Scope) -> ChunkIds:
    condition, values = scope_condition(scope)
    rows = connection.execute(
        f"SELECT id FROM chunks WHERE content_id IN (SELECT content_id FROM documents WHERE {condition})", values
    )
    return _ids(rows)


def load_chunks(connection: Connection, ids: SizedIterable[int], scope: Scope) -> dict[int, Chunk]:
    """Chunks by id, each under the oldest document within ``scope`` that holds it."""
    condition, values = scope_condition(scope)
    rows = connection.execute(
        "SELECT chunks.id, documents.id, documents.title, documents.path, pages.number, chunks.start, chunks.end, "
        "chunks.heading, "
        "substr(pages.text, chunks.start - pages.start + 1, chunks.end - chunks.start), "
        "NOT EXISTS (SELECT 1 FROM chunks AS before WHERE before.id = chunks.id - 1 "
        "AND before.content_id = chunks.content_id AND before.heading = chunks.heading) "
        "FROM chunks JOIN pages ON pages.id = chunks.page_id JOIN documents ON documents.id = "
        f"(SELECT min(id) FROM documents WHERE documents.content_id = chunks.content_id AND {condition}) "
        "WHERE chunks.id IN (SELECT value FROM json_each(?))",
        (*values, json.dumps(list(ids))),
    )
    chunks = {row[0]: Chunk(*(*row[:-1], bool(row[-1]))) for row in rows}
    if len(chunks) < len(ids):
        raise Damage("a passage has lost its text or its document")
    return chunks


def load_vectors(connection: Connection, dimension: int, after: int = 0) -> tuple[ChunkIds, Vectors]:
    """Ids and vectors of every chunk with an id larger than ``after``, in the order of their ids."""
    rows = connection.execute(
        "SELECT chunk_id, vector FROM vectors WHERE chunk_id > ? ORDER BY chunk_id", (after,)
    ).fetchall()
    return _stack(rows, dimension)


def vector_batches(connection: Connection, dimension: int) -> Iterator[tuple[ChunkIds, Vectors]]:
    """All ids and vectors in the order of their ids, some thousands at a time."""
    rows = connection.execute("SELECT chunk_id, vector FROM vectors ORDER BY chunk_id")
    while batch := list(islice(rows, _VECTOR_BATCH)):
        yield _stack(batch, dimension)


def sample_vectors(connection: Connection, dimension: int, share: float) -> Vectors:
    """About that ``share`` of the vectors, always the same, drawn by Knuth's multiplicative hash of their ids."""
    rows = connection.execute(
        "SELECT chunk_id, vector FROM vectors WHERE (chunk_id * 2654435761) % 4294967296 < ? ORDER BY chunk_id",
        (math.ceil(share * 2**32),),
    )
    return _stack(rows.fetchall(), dimension)[1]


def load_vectors_of(connection: Connection, chunks: SizedIterable[int], dimension: int) -> tuple[ChunkIds, Vectors]:
    """Ids and vectors of those of ``chunks`` that are stored, in the order of their ids."""
    rows = connection.execute(
        "SELECT chunk_id, vector FROM vectors WHERE chunk_id IN (SELECT value FROM json_each(?)) ORDER BY chunk_id",
        (json.dumps(list(chunks)),),
    ).fetchall()
    return _stack(rows, dimension)


def embedded_texts(connection: Connection, content: int, dimension: int) -> dict[str, NDArray[np.float32]]:
    """The texts that were embedded for a content's chunks, with their vectors."""
    rows: list[Any] = connection.execute(
        "SELECT id, vector, heading, body FROM chunk_texts JOIN vectors ON chunk_id = id WHERE content_id = ?",
        (content,),
    ).fetchall()
    _, vectors = _stack(rows, dimension)
    return {embedding_input(row[2], row[3]): vector for row, vector in zip(rows, vectors, strict=True)}


def _stack(rows: Sequence[Sequence[Any]], dimension: int) -> tuple[ChunkIds, Vectors]:
    try:
        vectors = np.frombuffer(b"".join(row[1] for row in rows), dtype="<f4").reshape(len(rows), dimension)
    except (TypeError, ValueError) as error:
        raise Damage("a vector has lost bytes") from error
    return _ids(rows), vectors.astype(np.float32, copy=False)


def removed_chunks(connection: Connection) -> ChunkIds:
    return _ids(connection.execute("SELECT chunk_id FROM tombstones ORDER BY chunk_id"))


def _ids(rows: Iterable[Sequence[object]]) -> ChunkIds:
    try:
        return np.array([row[0] for row in rows], dtype=np.int64)
    except TypeError as error:
        raise Damage("the id of a passage is no number") from error
