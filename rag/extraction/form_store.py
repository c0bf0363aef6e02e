"""The form store: forms that came through the browser, what was read from each, and what a person has said of it.

The files lie in a folder of their own, and what was read in the home's file beside it, until the person removes them.
They are no documents of the knowledge base: no answer uses them.
"""

import json
import shutil
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from pydantic import TypeAdapter

from ingest.layout.wire import layout_from_json, layout_to_json
from ingest.sources.uploads import PART, checked_name
from rag.extraction.types import Extraction, Form
from rag.jobs.types import JobState
from vectorstore.sqlite.forms import FormRow, FormsFile, forget_forms

_FOLDER, _EXAMPLES = "form-files", "_examples"
_LEFT_ALONE_SECONDS = 24 * 3600.0
"""A file that is not part of the store may still be coming."""
_STATES: Mapping[str, JobState] = {"added": "waiting", "unread": "stopped", "read": "done", "failed": "failed"}

_EXTRACTION = TypeAdapter(Extraction)


class FormStore:
    """The forms in ``home``. Safe to use from many threads. Which of them are being read, the queue of jobs knows."""

    def __init__(self, home: Path) -> None:
        self._files = home.resolve() / _FOLDER
        self._rows = FormsFile(home)

    def place_for(self, name: str, schema: str) -> Path:
        """A new place for a file that comes as ``name``, a path with slashes. Raises UsageError for a bad name.

        The file is part of the store once it is there and ``add`` is told.
        """
        folder = self._files / checked_name(schema or _EXAMPLES) / uuid.uuid4().hex
        return folder / checked_name(PurePosixPath(name).name)

    def add(self, path: Path) -> int:
        """Take up a file in its place; returns its id."""
        within = path.relative_to(self._files)
        schema = "" if within.parts[0] == _EXAMPLES else within.parts[0]
        return self._rows.add(str(within), schema, datetime.now(UTC).isoformat(timespec="seconds"))

    def forms(self, schema: str | None = None) -> list[Form]:
        """Those of a schema, or all, in the order in which they came."""
        return [self._form(row) for row in self._rows.forms(schema)]

    def get(self, form: int) -> Form | None:
        """A form with its layout."""
        stored = self._rows.get(form)
        if stored is None:
            return None
        row, layout = stored
        found = self._form(row)
        if found.extraction is None or layout is None:
            return found
        return replace(found, extraction=replace(found.extraction, layout=layout_from_json(json.loads(layout))))

    def path(self, form: int) -> Path | None:
        """Where the file of a form lies."""
        stored = self._rows.get(form)
        return self._files / stored[0].path if stored else None

    def added(self) -> list[int]:
        """The forms that are to be queued."""
        return self._rows.added()

    def queued(self, form: int) -> None:
        """Note that a form was queued, or is not to be."""
        self._rows.queued(form)

    def add_again(self, forms: Sequence[int]) -> None:
        """Note that forms are to be read once more, and are not accepted."""
        self._rows.add_again(forms)

    def schemas(self) -> list[str]:
        """The names of the schemas that forms were added for, also of those that are not there any more."""
        return self._rows.schemas()

    def accept(self, form: int, accepted: bool) -> None:
        """Note whether the person says that the values are right."""
        self._rows.accept(form, accepted)

    def put(self, form: int, extraction: Extraction) -> None:
        """Keep what was read from a form, or corrected in it; nothing if it was removed meanwhile."""
        layout = json.dumps(layout_to_json(extraction.layout)) if extraction.layout else None
        self._rows.put(form, _EXTRACTION.dump_json(replace(extraction, layout=None)).decode(), layout)

    def fail(self, form: int, error: str) -> None:
        """Note that a form could not be read through no fault of its own."""
        self._rows.fail(form, error)

    def remove(self, forms: Sequence[int]) -> None:
        """Delete forms, their files and all that was read from them."""
        paths = [self.path(form) for form in forms]
        self._rows.remove(forms)
        for path in paths:
            if path:
                shutil.rmtree(path.parent, ignore_errors=True)

    def tidy(self) -> None:
        """Delete what came and was never added."""
        known = {form.path.parent for form in self.forms()}
        old = time.time() - _LEFT_ALONE_SECONDS
        for folder in self._files.glob("*/*"):
            if folder not in known and folder.stat().st_mtime < old:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        self._rows.close()

    def _form(self, row: FormRow) -> Form:
        read = _EXTRACTION.validate_json(row.extraction) if row.extraction else None
        return Form(row.id, self._files / row.path, row.schema, _STATES[row.state], read, bool(row.accepted), row.error)


def repair_forms(home: Path) -> None:
    """Begin a new list with every file that is there: what was put right in them is kept elsewhere, as examples."""
    forget_forms(home)
    with closing(FormStore(home)) as store:
        for path in sorted((home.resolve() / _FOLDER).glob("*/*/*")):
            if not path.name.endswith(PART):
                store.add(path)
