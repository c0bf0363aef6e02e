"""What is kept of a collection beside its documents: its notice, its last sync, and the files that were refused.
Functions take the connection of a running transaction.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from apsw import Connection

from vectorstore.sqlite.meta import now
from vectorstore.sqlite.scopes import scope_condition
from vectorstore.types import Collection, FileState, Refusal, Scope


def set_notice(connection: Connection, collection: str, notice: str) -> None:
    connection.execute(
        "INSERT INTO collections (name, notice) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET notice = excluded.notice",
        (collection, notice),
    )


def set_synced(connection: Connection, collection: str, folders: Sequence[Path]) -> None:
    connection.execute(
        "INSERT INTO collections (name, synced_at, synced_from) VALUES (?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET synced_at = excluded.synced_at, synced_from = excluded.synced_from",
        (collection, now(), "\n".join(map(str, folders))),
    )


def list_collections(connection: Connection, scope: Scope) -> list[Collection]:
    condition, values = scope_condition(scope)
    names = f"SELECT DISTINCT collection AS name FROM documents WHERE {condition}"
    if scope.documents is None:
        noted, more = scope_condition(scope, "noted")
        names += (
            " UNION SELECT collection FROM (SELECT name AS collection, notice FROM collections) AS noted "
            f"WHERE notice <> '' AND {noted}"
        )
        values = (*values, *more)
    rows = connection.execute(
        "SELECT name, count(documents.id), coalesce(sum(documents.size), 0), coalesce(notice, ''), "
        f"coalesce(synced_at, ''), coalesce(synced_from, '') FROM ({names}) "
        f"LEFT JOIN documents ON documents.collection = name AND {condition} LEFT JOIN collections USING (name) "
        "GROUP BY name ORDER BY name",
        (*values, *scope_condition(scope)[1]),
    )
    return [Collection(*row) for row in rows]


def notices_of(connection: Connection, documents: Iterable[int], scope: Scope) -> tuple[str, ...]:
    condition, values = scope_condition(scope)
    rows = connection.execute(
        "SELECT DISTINCT notice FROM documents JOIN collections ON collections.name = documents.collection "
        f"WHERE notice <> '' AND documents.id IN (SELECT value FROM json_each(?)) AND {condition} "
        "ORDER BY collections.name",
        (json.dumps(list(documents)), *values),
    )
    return tuple(row[0] for row in rows)


def put_refusals(connection: Connection, collection: str, refusals: Iterable[Refusal]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(collection, r.path, r.state.size, r.state.mtime_ns, r.recipe, r.reason, r.detail) for r in refusals],
    )


def drop_refusals(connection: Connection, collection: str, paths: Iterable[str]) -> None:
    connection.executemany(
        "DELETE FROM refusals WHERE collection = ? AND path = ?", [(collection, path) for path in paths]
    )


def list_refusals(connection: Connection, scope: Scope) -> dict[str, list[Refusal]]:
    """By collection. They belong to no document: a scope of some documents has none."""
    if scope.documents is not None:
        return {}
    condition, values = scope_condition(scope, "refusals")
    refusals: dict[str, list[Refusal]] = {}
    for collection, path, size, mtime_ns, *rest in connection.execute(
        "SELECT collection, path, size, mtime_ns, recipe, reason, detail FROM refusals "
        f"WHERE {condition} ORDER BY collection, path",
        values,
    ):
        refusals.setdefault(collection, []).append(Refusal(path, FileState(size, mtime_ns), *rest))
    return refusals
