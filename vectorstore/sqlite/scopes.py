"""A scope as SQL: a condition on documents, and on the chunks of the word index."""

import json

import numpy as np
from apsw import Connection

from vectorstore.index.types import ChunkSet
from vectorstore.sqlite.lexical import ALL_ROWS, RowCondition
from vectorstore.types import Scope


def scope_condition(scope: Scope, table: str = "documents") -> tuple[str, tuple[object, ...]]:
    """A condition on the ``documents`` table, or one with its columns, with its values."""
    conditions: list[str] = []
    values: list[object] = []
    for column, allowed in (("collection", scope.collections), ("id", scope.documents)):
        if allowed is not None:
            conditions.append(f"{table}.{column} IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(sorted(allowed)))
    return " AND ".join(conditions) or "1", tuple(values)


def row_condition(scope: Scope) -> RowCondition:
    """A condition on the rows of the word index."""
    if scope.unrestricted:
        return ALL_ROWS
    condition, values = scope_condition(scope)
    documents = f"SELECT content_id FROM documents WHERE {condition}"
    return f"+rowid IN (SELECT id FROM chunks WHERE content_id IN ({documents}))", values


def chunks_in(connection: Connection, scope: Scope) -> ChunkSet | None:
    """None where nothing is restricted."""
    if scope.unrestricted:
        return None
    condition, values = scope_condition(scope)
    rows = connection.execute(
        f"SELECT id FROM chunks WHERE content_id IN (SELECT content_id FROM documents WHERE {condition})", values
    )
    return ChunkSet.of(np.array([row[0] for row in rows], np.int64))
