"""The tray: forms that came through the browser, what was read from each, and what a person has said of it.

The files lie in a folder of their own, and what was read in a SQLite file beside it, until the person removes them.
They are no documents of the knowledge base: no answer uses them.
"""

import filecmp
import json
import shutil
import time
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import TypeAdapter

from ingest.layout.wire import layout_from_json, layout_to_json
from ingest.sources.uploads import PART, checked_name
from rag.extraction.types import Extraction
from vectorstore.sqlite.database import Database, find_damage
from vectorstore.types import Finding

State = Literal["waiting", "reading", "read", "stopped", "failed"]

_FOLDER, _EXAMPLES = "form-files", "_examples"
_FILE = "form-files.db"
_VERSION = 1
_SCHEMA = """
CREATE TABLE forms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL,
    schema TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    queued_at TEXT NOT NULL,
    extraction TEXT,
    accepted INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX forms_by_state ON forms (state, id);
CREATE TABLE layouts (
    form_id INTEGER PRIMARY KEY REFERENCES forms (id) ON DELETE CASCADE,
    layout TEXT NOT NULL
);
"""
_COLUMNS = "id, path, schema, state, extraction, accepted, error"
_ATTEMPTS = 3
"""So often a form is begun: if the process has ended each time, it would end again."""
_LEFT_ALONE_SECONDS = 24 * 3600.0
"""A file that is not part of the tray may still be coming."""

_EXTRACTION = TypeAdapter(Extraction)


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the tray. One without a ``schema`` is the example for a new one: its layout is read, and no fields.

    ``error`` says why reading failed that had nothing to do with the file.

    An ``extraction`` from an earlier reading stays until the next one is there. Its layout comes with ``Tray.get``.
    """

    id: int
    path: Path
    schema: str
    state: State
    extraction: Extraction | None
    accepted: bool
    error: str

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_read(self) -> bool:
        """Whether ``extraction`` is what the file holds, and not what an earlier reading made of it."""
        return self.state == "read" and self.extraction is not None

    @property
    def ended(self) -> bool:
        """Whether there is something to be seen: what was read, or why nothing was."""
        return self.is_read or self.state == "failed"

    @property
    def is_refused(self) -> bool:
        return self.extraction is not None and self.extraction.outcome == "refused"

    @property
    def unfinished(self) -> bool:
        return self.state in ("waiting", "reading")


class Tray:
    """The forms in ``home``. Safe to use from many threads."""

    def __init__(self, home: Path) -> None:
        self._files = home.resolve() / _FOLDER
        self._database = Database(home / _FILE, _SCHEMA, _VERSION, accept_loss=True)

    def place_for(self, name: str, schema: str) -> Path:
        """A new place for a file that comes as ``name``, a path with slashes. Raises UsageError for a bad name.

        The file is part of the tray once it is there and ``add`` is told.
        """
        folder = self._files / checked_name(schema or _EXAMPLES) / uuid.uuid4().hex
        return folder / checked_name(PurePosixPath(name).name)

    def add(self, path: Path) -> int:
        """Queue a file in its place to be read; returns its id."""
        folder = path.relative_to(self._files).parts[0]
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO forms (path, schema, queued_at) VALUES (?, ?, ?)",
                (
                    str(path.relative_to(self._files)),
                    "" if folder == _EXAMPLES else folder,
                    datetime.now(UTC).isoformat(timespec="seconds"),
                ),
            )
            return connection.last_insert_rowid()

    def forms(self, schema: str | None = None) -> list[Form]:
        """Those of a schema, or all, in the order in which they came."""
        with self._database.read() as connection:
            rows: list[Any] = connection.execute(
                f"SELECT {_COLUMNS} FROM forms WHERE ?1 IS NULL OR schema = ?1 ORDER BY id", (schema,)
            ).fetchall()
        return [self._form(row) for row in rows]

    def get(self, form: int) -> Form | None:
        """A form with its layout."""
        with self._database.read() as connection:
            row: Any = connection.execute(f"SELECT {_COLUMNS} FROM forms WHERE id = ?", (form,)).fetchone()
            layout: Any = connection.execute("SELECT layout FROM layouts WHERE form_id = ?", (form,)).get
        found = self._form(row) if row else None
        if found is None or found.extraction is None or layout is None:
            return found
        return replace(found, extraction=replace(found.extraction, layout=layout_from_json(json.loads(layout))))

    def path(self, form: int) -> Path | None:
        """Where the file of a form lies."""
        with self._database.read() as connection:
            path: Any = connection.execute("SELECT path FROM forms WHERE id = ?", (form,)).get
        return self._files / path if path else None

    def read_again(self, forms: Sequence[int]) -> None:
        """Queue forms that were read or stopped once more."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE forms SET state = 'waiting', accepted = 0, error = '', attempts = 0 "
                "WHERE state != 'reading' AND id IN (SELECT value FROM json_each(?))",
                (json.dumps(forms),),
            )

    def try_on(self, form: Form, schema: str) -> None:
        """Queue a form to be read by another schema too: a copy, or the copy that an earlier try has made."""
        for known in self.forms(schema):
            if known.name == form.name and filecmp.cmp(known.path, form.path, shallow=False):
                self.read_again([known.id])
                return
        path = self.place_for(form.name, schema)
        path.parent.mkdir(parents=True)
        shutil.copyfile(form.path, path)
        self.add(path)

    def schemas(self) -> list[str]:
        """The names of the schemas that forms were added for, also of those that are not there any more."""
        with self._database.read() as connection:
            rows: list[Any] = connection.execute("SELECT DISTINCT schema FROM forms WHERE schema != ''").fetchall()
        return [name for (name,) in rows]

    def stop(self) -> None:
        """Read nothing more of what waits; a form that is being read is read to its end."""
        with self._database.write() as connection:
            connection.execute("UPDATE forms SET state = 'stopped' WHERE state = 'waiting'")

    def accept(self, form: int, accepted: bool) -> None:
        """Note whether the person says that the values are right."""
        with self._database.write() as connection:
            connection.execute("UPDATE forms SET accepted = ? WHERE id = ?", (accepted, form))

    def remove(self, forms: Sequence[int]) -> None:
        """Delete forms, their files and all that was read from them."""
        paths = [self.path(form) for form in forms]
        with self._database.write() as connection:
            connection.execute("DELETE FROM forms WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(forms),))
        for path in paths:
            if path:
                shutil.rmtree(path.parent, ignore_errors=True)

    # For the thread that reads

    def begin(self) -> Form | None:
        """The form to be read now, which is noted as being read; None where none waits."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE forms SET state = 'failed', error = ? WHERE state = 'waiting' AND attempts >= ?",
                ("Refdesk ended each time it read this file. Remove it, and tell who looks after Refdesk.", _ATTEMPTS),
            )
            row: Any = connection.execute(
                f"SELECT {_COLUMNS} FROM forms WHERE state = 'waiting' ORDER BY id LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            connection.execute("UPDATE forms SET state = 'reading', attempts = attempts + 1 WHERE id = ?", (row[0],))
        return self._form(row)

    def put(self, form: int, extraction: Extraction) -> None:
        """Keep what was read from a form, or corrected in it; nothing if it was removed meanwhile."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE forms SET state = 'read', attempts = 0, extraction = ? WHERE id = ?",
                (_EXTRACTION.dump_json(replace(extraction, layout=None)).decode(), form),
            )
            if not connection.changes():
                return
            connection.execute("DELETE FROM layouts WHERE form_id = ?", (form,))
            if extraction.layout:
                connection.execute(
                    "INSERT INTO layouts VALUES (?, ?)", (form, json.dumps(layout_to_json(extraction.layout)))
                )

    def fail(self, form: int, error: str) -> None:
        """Note that a form could not be read through no fault of its own."""
        with self._database.write() as connection:
            connection.execute("UPDATE forms SET state = 'failed', error = ? WHERE id = ?", (error, form))

    def resume(self) -> None:
        """What was being read when the process ended waits again; what came and was never added is deleted."""
        with self._database.write() as connection:
            connection.execute("UPDATE forms SET state = 'waiting' WHERE state = 'reading'")
        known = {form.path.parent for form in self.forms()}
        old = time.time() - _LEFT_ALONE_SECONDS
        for folder in self._files.glob("*/*"):
            if folder not in known and folder.stat().st_mtime < old:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        self._database.close()

    def _form(self, row: Any) -> Form:
        number, path, schema, state, extraction, accepted, error = row
        read = _EXTRACTION.validate_json(extraction) if extraction else None
        return Form(number, self._files / path, schema, state, read, bool(accepted), error)


def verify_tray(home: Path) -> list[Finding]:
    """Check the list of forms, if there is one. Whatever is wrong, they can be read anew from their files."""
    path = home / _FILE
    return find_damage(lambda: Database(path, _SCHEMA, _VERSION), path, ("forms", "layouts"), replaceable=True)


def repair_tray(home: Path) -> None:
    """Begin a new list with every file that is there: what was put right in them is kept elsewhere, as examples."""
    for path in home.glob(f"{_FILE}*"):
        path.unlink()
    with closing(Tray(home)) as tray:
        for path in sorted((home.resolve() / _FOLDER).glob("*/*/*")):
            if not path.name.endswith(PART):
                tray.add(path)
