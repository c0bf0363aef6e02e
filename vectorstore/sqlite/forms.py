"""The file of the forms: where each lies, what was read from it as JSON, and what a person has said of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apsw import Connection

from vectorstore.sqlite.database import Database, find_damage, remove_file
from vectorstore.types import Finding

_SCHEMA = """
CREATE TABLE forms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL,
    schema TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'added',
    added_at TEXT NOT NULL,
    extraction TEXT,
    accepted INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX forms_by_state ON forms (state, id);
CREATE TABLE layouts (
    form_id INTEGER PRIMARY KEY REFERENCES forms (id) ON DELETE CASCADE,
    layout TEXT NOT NULL
);
"""
_FILE = "form-files.db"
_VERSION = 2
_COLUMNS = "id, path, schema, state, extraction, accepted, error"
_NAMED = "id IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class FormRow:
    """A form. Its ``state`` is "added" (and not queued yet), "unread" (with an earlier ``extraction``, perhaps), "read"
    or "failed"; ``path`` is relative to the folder of the forms, ``extraction`` is JSON.
    """

    id: int
    path: str
    schema: str
    state: str
    extraction: str | None
    accepted: int
    error: str


class FormsFile:
    """The forms under ``home``. Safe to use from many threads and processes; every method is one transaction."""

    def __init__(self, home: Path) -> None:
        self._database = _open(home, accept_loss=True)

    def add(self, path: str, schema: str, added_at: str) -> int:
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO forms (path, schema, added_at) VALUES (?, ?, ?)",
                (path, schema, added_at),
            )
            return connection.last_insert_rowid()

    def forms(self, schema: str | None) -> list[FormRow]:
        """Those of a schema, or all, in the order in which they came."""
        with self._database.read() as connection:
            rows: list[Any] = connection.execute(
                f"SELECT {_COLUMNS} FROM forms WHERE ?1 IS NULL OR schema = ?1 ORDER BY id", (schema,)
            ).fetchall()
        return [FormRow(*row) for row in rows]

    def get(self, form: int) -> tuple[FormRow, str | None] | None:
        """A form, and its layout as JSON."""
        with self._database.read() as connection:
            row: Any = connection.execute(f"SELECT {_COLUMNS} FROM forms WHERE id = ?", (form,)).fetchone()
            layout: Any = connection.execute("SELECT layout FROM layouts WHERE form_id = ?", (form,)).get
        return (FormRow(*row), layout) if row else None

    def added(self) -> list[int]:
        """The ids of the forms that are to be queued, in the order in which they came."""
        with self._database.read() as connection:
            rows: list[Any] = connection.execute("SELECT id FROM forms WHERE state = 'added' ORDER BY id").fetchall()
        return [form for (form,) in rows]

    def schemas(self) -> list[str]:
        """The names of the schemas that forms were added for."""
        with self._database.read() as connection:
            rows: list[Any] = connection.execute("SELECT DISTINCT schema FROM forms WHERE schema != ''").fetchall()
        return [name for (name,) in rows]

    def queued(self, form: int) -> None:
        """Note that a form was queued, or is not to be."""
        self._write("UPDATE forms SET state = 'unread' WHERE id = ? AND state = 'added'", form)

    def add_again(self, forms: Sequence[int]) -> None:
        """Note that forms are to be queued once more, as if nothing had been said of them."""
        self._write(f"UPDATE forms SET state = 'added', accepted = 0, error = '' WHERE {_NAMED}", json.dumps(forms))

    def accept(self, form: int, accepted: bool) -> None:
        self._write("UPDATE forms SET accepted = ? WHERE id = ?", accepted, form)

    def put(self, form: int, extraction: str, layout: str | None) -> None:
        """Keep what was read from a form; nothing if it was removed meanwhile."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE forms SET state = 'read', error = '', extraction = ? WHERE id = ?", (extraction, form)
            )
            if not connection.changes():
                return
            connection.execute("DELETE FROM layouts WHERE form_id = ?", (form,))
            if layout is not None:
                connection.execute("INSERT INTO layouts VALUES (?, ?)", (form, layout))

    def fail(self, form: int, error: str) -> None:
        self._write("UPDATE forms SET state = 'failed', error = ? WHERE id = ?", error, form)

    def remove(self, forms: Sequence[int]) -> None:
        self._write(f"DELETE FROM forms WHERE {_NAMED}", json.dumps(forms))

    def close(self) -> None:
        self._database.close()

    def _write(self, sql: str, *values: str | float) -> None:
        with self._database.write() as connection:
            connection.execute(sql, values)


def verify_forms(home: Path) -> list[Finding]:
    """Check the file of the forms, if there is one. Whatever is wrong, they can be read anew from their files."""
    return find_damage(lambda: _open(home, accept_loss=False), home / _FILE, ("forms", "layouts"), replaceable=True)


def forget_forms(home: Path) -> None:
    """Remove the file of the forms, which may be damaged."""
    remove_file(home / _FILE)


def _open(home: Path, *, accept_loss: bool) -> Database:
    return Database(home / _FILE, _SCHEMA, _VERSION, {1: _from_format_1}, accept_loss=accept_loss)


def _from_format_1(connection: Connection) -> None:
    """Forms that had their own queue: what waited in it is to be queued again."""
    connection.execute(
        """INSERT INTO main.forms (id, path, schema, state, added_at, extraction, accepted, error)
           SELECT id, path, schema, CASE state WHEN 'stopped' THEN 'unread' WHEN 'read' THEN 'read'
               WHEN 'failed' THEN 'failed' ELSE 'added' END, queued_at, extraction, accepted, error
           FROM old.forms"""
    )
    connection.execute("INSERT INTO main.layouts SELECT * FROM old.layouts")
