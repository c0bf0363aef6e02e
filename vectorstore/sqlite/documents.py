"""Documents, stored and soft-deleted. Functions take the connection of a running transaction."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from apsw import Connection

from vectorstore.sqlite import contents
from vectorstore.sqlite.meta import now
from vectorstore.sqlite.scopes import scope_condition
from vectorstore.types import (
    Document,
    FileState,
    KnownFile,
    Page,
    Place,
    Scope,
    SoftDeletedDocument,
    Totals,
)

_DOCUMENTS = """
    SELECT documents.id, documents.collection, documents.path, documents.title, contents.sha256, documents.size,
        documents.indexed_at,
        (SELECT count(*) FROM chunks WHERE chunks.content_id = contents.id),
        (SELECT count(*) FROM units WHERE units.content_id = contents.id),
        contents.notes, documents.part_of
    FROM documents JOIN contents ON contents.id = documents.content_id
"""

_STORED_COLUMNS = "id, collection, path, title, content_id, size, mtime_ns, indexed_at, part_of"

# Writing


def find_file(connection: Connection, collection: str, path: str) -> KnownFile | None:
    row = connection.execute(
        "SELECT documents.id, contents.id, contents.sha256, contents.recipe, documents.size, documents.mtime_ns, notes "
        "FROM documents JOIN contents ON contents.id = documents.content_id WHERE collection = ? AND path = ?",
        (collection, path),
    ).fetchone()
    if row is None:
        return None
    return KnownFile(row[0], row[1], row[2], row[3], FileState(row[4], row[5]), tuple(json.loads(row[6])))


def parts(connection: Connection, document: int) -> list[Document]:
    rows = connection.execute(f"{_DOCUMENTS} WHERE documents.part_of = ? ORDER BY documents.id", (document,))
    return list(_listed(rows))


def put_document(
    connection: Connection,
    collection: str,
    path: str,
    title: str,
    content: int,
    state: FileState,
    part_of: int | None = None,
) -> int:
    contents.restore_chunks(connection, content)
    before = find_file(connection, collection, path)
    if before is None:
        deleted = connection.execute(
            "SELECT id FROM soft_deleted_documents WHERE collection = ? AND path = ?", (collection, path)
        ).get
        connection.execute(
            f"INSERT INTO documents ({_STORED_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (deleted, collection, path, title, content, state.size, state.mtime_ns, now(), part_of),
        )
        document = connection.last_insert_rowid()
        _forget_deleted(connection, collection, path)
        return document
    connection.execute(
        "UPDATE documents SET title = ?, content_id = ?, size = ?, mtime_ns = ?, indexed_at = ?, part_of = ? "
        "WHERE id = ?",
        (title, content, state.size, state.mtime_ns, now(), part_of, before.document),
    )
    if before.content != content:
        contents.release(connection, before.content)
    return before.document


def move_document(connection: Connection, document: Document, path: Path) -> None:
    title = path.stem if document.title == Path(document.path).stem else document.title
    for one in (document, *parts(connection, document.id)):
        to = str(path) + one.path.removeprefix(document.path)
        named = title + one.title.removeprefix(document.title) if one.title.startswith(document.title) else one.title
        _forget_deleted(connection, document.collection, to)
        connection.execute("UPDATE documents SET path = ?, title = ? WHERE id = ?", (to, named, one.id))


def touch_document(connection: Connection, document: int, state: FileState) -> None:
    connection.execute(
        "UPDATE documents SET size = ?, mtime_ns = ? WHERE id = ?", (state.size, state.mtime_ns, document)
    )
    connection.execute("UPDATE documents SET mtime_ns = ? WHERE part_of = ?", (state.mtime_ns, document))


def remove_document(connection: Connection, document: int, *, restorable: bool) -> None:
    """Take a document out of the knowledge base with its parts, for good unless it is to be ``restorable``."""
    for part in parts(connection, document):
        remove_document(connection, part.id, restorable=restorable)
    row = connection.execute("SELECT content_id FROM documents WHERE id = ?", (document,)).fetchone()
    if row is None:
        return
    if restorable:
        connection.execute(
            f"INSERT INTO soft_deleted_documents ({_STORED_COLUMNS}, deleted_at) "
            f"SELECT {_STORED_COLUMNS}, ? FROM documents WHERE id = ?",
            (now(), document),
        )
    else:
        _forget_all(connection, "part_of = ?", document)
    connection.execute("DELETE FROM documents WHERE id = ?", (document,))
    contents.release(connection, row[0])


def restore(connection: Connection, document: int) -> bool:
    """Undo a soft-deletion, and that of the document's parts; False where the document is no longer kept."""
    row = connection.execute(
        "SELECT content_id, (SELECT id FROM soft_deleted_documents AS file WHERE file.id = part.part_of) "
        "FROM soft_deleted_documents AS part WHERE id = ?",
        (document,),
    ).fetchone()
    if row is None:
        return False
    if row[1] is not None:
        return restore(connection, row[1])
    connection.execute(
        f"INSERT INTO documents ({_STORED_COLUMNS}) SELECT {_STORED_COLUMNS} FROM soft_deleted_documents WHERE id = ?",
        (document,),
    )
    connection.execute("DELETE FROM soft_deleted_documents WHERE id = ?", (document,))
    contents.restore_chunks(connection, row[0])
    deleted: list[Any] = connection.execute(
        "SELECT id FROM soft_deleted_documents WHERE part_of = ?", (document,)
    ).fetchall()
    for part in deleted:
        restore(connection, part[0])
    return True


def forget_deleted(connection: Connection, before: str) -> None:
    """Drop for good what was soft-deleted, or begun and never completed, before a time (ISO 8601)."""
    _forget_all(connection, "deleted_at < ?", before)
    contents.drop_all_stretches(connection, before)


def _forget_all(connection: Connection, condition: str, value: str | int) -> None:
    rows: list[Any] = connection.execute(
        f"SELECT collection, path FROM soft_deleted_documents WHERE {condition}", (value,)
    ).fetchall()
    for collection, path in rows:
        _forget_deleted(connection, collection, path)


def _forget_deleted(connection: Connection, collection: str, path: str) -> None:
    """The document that was deleted from this path cannot be restored any more."""
    row = connection.execute(
        "DELETE FROM soft_deleted_documents WHERE collection = ? AND path = ? RETURNING content_id", (collection, path)
    ).fetchone()
    if row:
        contents.release(connection, row[0])


# Reading


def find_documents(
    connection: Connection, scope: Scope, words: Sequence[str] = (), limit: int | None = None, incomplete: bool = False
) -> tuple[int, list[Document]]:
    connection.create_scalar_function("casefold", _casefold, 1, deterministic=True)
    condition, values = scope_condition(scope)
    holds = " AND instr(casefold(documents.title || ' ' || documents.path), ?)" * len(words)
    values = (*values, *(word.casefold() for word in words))
    if incomplete:
        holds += " AND notes <> '[]'"
    total: int = connection.execute(
        f"SELECT count(*) FROM documents JOIN contents ON contents.id = content_id WHERE {condition}{holds}", values
    ).get
    rows = connection.execute(
        f"{_DOCUMENTS} WHERE {condition}{holds} ORDER BY casefold(documents.title), documents.id LIMIT ?",
        (*values, -1 if limit is None else limit),
    )
    return total, list(_listed(rows))


def _listed(rows: Iterable[Sequence[Any]]) -> Iterator[Document]:
    for *columns, notes, part_of in rows:
        yield Document(*(*columns, tuple(json.loads(notes)), part_of))


def _casefold(*texts: object) -> str:
    """SQLite's own lower() knows ASCII alone."""
    return str(texts[0]).casefold()


def get_document(connection: Connection, document: int, scope: Scope) -> Document | None:
    condition, values = scope_condition(scope)
    rows = connection.execute(f"{_DOCUMENTS} WHERE documents.id = ? AND {condition}", (document, *values))
    return next(_listed(rows), None)


def documents_at(connection: Connection, path: str, scope: Scope) -> list[Document]:
    condition, values = scope_condition(scope)
    rows = connection.execute(
        f"{_DOCUMENTS} WHERE documents.path = ? AND {condition} ORDER BY documents.id", (path, *values)
    )
    return list(_listed(rows))


def holds_document(connection: Connection, document: int, scope: Scope) -> bool:
    condition, values = scope_condition(scope)
    row = connection.execute(f"SELECT 1 FROM documents WHERE id = ? AND {condition}", (document, *values)).fetchone()
    return row is not None


def content_of(connection: Connection, document: int) -> int:
    return int(connection.execute("SELECT content_id FROM documents WHERE id = ?", (document,)).get)


def pages_of(connection: Connection, document: int, within: Place | None = None) -> tuple[Page, ...]:
    """The pages or, ``within`` two places, what is there of them."""
    content = content_of(connection, document)
    select = "text, start FROM pages WHERE content_id = ?"
    values: tuple[int, ...] = (content,)
    if within is not None:
        first, last = within
        select = (
            "substr(text, max(? - start, 0) + 1, ? - max(?, start)), max(?, start) FROM pages WHERE content_id = ? "
            "AND start < ? AND start >= "
            "(SELECT coalesce(max(start), 0) FROM pages WHERE content_id = ? AND start <= ?)"
        )
        values = (first, last, first, first, content, last, content, first)
    pages: list[Page] = []
    rows = connection.execute(f"SELECT number, {select} ORDER BY start", values)
    for number, pieces in groupby(rows, key=itemgetter(0)):
        own = list(pieces)
        text = "".join(piece for _, piece, _ in own)
        if text or within is None:
            pages.append(Page(number, own[0][2], text))
    return tuple(pages)


def count_totals(connection: Connection, scope: Scope) -> Totals:
    condition, values = scope_condition(scope)
    held = "1" if scope.unrestricted else f"content_id IN (SELECT content_id FROM documents WHERE {condition})"
    statements = (
        f"SELECT count(*) FROM documents WHERE {condition}",
        f"SELECT count(DISTINCT content_id) FROM documents WHERE {condition}",
        f"SELECT count(*) FROM units JOIN documents USING (content_id) WHERE {condition}",
        f"SELECT count(*) FROM chunks WHERE {held}",
        f"SELECT count(*) FROM documents JOIN contents ON contents.id = content_id WHERE notes <> '[]' AND {condition}",
    )
    return Totals(*(int(connection.execute(statement, values).get) for statement in statements))


def known_paths(connection: Connection) -> set[str]:
    rows = connection.execute(
        "SELECT path FROM documents UNION SELECT path FROM soft_deleted_documents UNION SELECT path FROM refusals"
    )
    return {row[0] for row in rows}


def list_deleted(connection: Connection, scope: Scope) -> list[SoftDeletedDocument]:
    condition, values = scope_condition(scope, "soft_deleted_documents")
    rows = connection.execute(
        "SELECT id, collection, path, title, size, deleted_at FROM soft_deleted_documents "
        f"WHERE {condition} ORDER BY deleted_at DESC, id",
        values,
    )
    return [SoftDeletedDocument(*row) for row in rows]
