"""Reading forms behind the back of whoever added them: each is a job, done in a thread of the server.

A thread, and no process as for other jobs: the reader is loaded there already, and a page takes a fraction of a second,
where a process of its own would need seconds to begin. What reads the files themselves is a process, which the desk
guards.
"""

import filecmp
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.extraction.form_store import FormStore
from rag.extraction.protocol import FormDesk
from rag.extraction.types import Extraction, Form, WordPlace
from rag.jobs.leases import new_owner
from rag.jobs.types import ATTEMPTS, Job, JobQueue
from rag.jobs.worker import WRONG, Report, Worker
from vectorstore.errors import RefdeskError, UsageError

_GOODBYE_SECONDS = 3.0
_ENDED = "Refdesk ended each time it read this file. Remove it, and tell who looks after Refdesk."


class FormService:
    """The forms, the desk that reads them and the queue in which they wait. For several threads."""

    def __init__(self, store: FormStore, desk: FormDesk, queue: JobQueue) -> None:
        self.desk = desk
        self._store = store
        self._queue = queue
        self._worker = Worker(queue, "forms", new_owner(), lambda: {"read_forms": self._read})
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        store.tidy()
        self.see_to()

    # The forms

    def forms(self, schema: str | None = None) -> list[Form]:
        """Those of a schema, or all, in the order in which they came."""
        jobs = self._jobs()
        return [_as_in(jobs, form) for form in self._store.forms(schema)]

    def get(self, form: int) -> Form | None:
        """A form with its layout."""
        found = self._store.get(form)
        return _as_in(self._jobs(), found) if found else None

    def path(self, form: int) -> Path | None:
        """Where the file of a form lies."""
        return self._store.path(form)

    def schemas(self) -> list[str]:
        """The names of the schemas that forms were added for, also of those that are not there any more."""
        return self._store.schemas()

    def place_for(self, name: str, schema: str) -> Path:
        """See ``FormStore.place_for``."""
        return self._store.place_for(name, schema)

    def add(self, path: Path) -> int:
        """Have the file in its place read; returns its id."""
        form = self._store.add(path)
        self.see_to()
        return form

    def read_again(self, forms: Sequence[int]) -> None:
        """Have forms that were read or stopped read once more."""
        jobs = self._jobs()
        self._store.add_again([form for form in forms if form not in jobs])
        self.see_to()

    def try_on(self, form: Form, schema: str) -> None:
        """Have a form read by another schema too: a copy, or the copy that an earlier try has made."""
        for known in self._store.forms(schema):
            if known.name == form.name and filecmp.cmp(known.path, form.path, shallow=False):
                self.read_again([known.id])
                return
        path = self.place_for(form.name, schema)
        path.parent.mkdir(parents=True)
        shutil.copyfile(form.path, path)
        self.add(path)

    def stop(self) -> None:
        """Read nothing more of what waits; a form that is being read is read to its end."""
        for form in self._store.added():
            self._store.queued(form)
        for job in self._jobs().values():
            if job.state == "waiting":
                self._queue.stop(job.id)

    def accept(self, form: int, accepted: bool) -> None:
        """Note whether the person says that the values are right."""
        self._store.accept(form, accepted)

    def correct(self, form: Form, field: str, place: WordPlace | None, at: int = 0) -> None:
        """Keep what a person says of a field, as ``FormDesk.correct`` does, which also says what it refuses."""
        if form.extraction is None:
            raise UsageError("This document has not been read", where=form.name, remedy="Wait until it is.")
        self._store.put(form.id, self.desk.correct(form.extraction, field, place, at))

    def remove(self, forms: Sequence[int]) -> None:
        """Delete forms, their files and all that was read from them."""
        jobs = self._jobs()
        for form in forms:
            if form in jobs:
                self._queue.stop(jobs[form].id)
        self._store.remove(forms)

    # Their reading

    def see_to(self) -> None:
        """See that what is to be read is queued, and what waits is read."""
        for form in self._store.added():
            self._queue.add("read_forms", {"form": form})
            self._store.queued(form)
        with self._starting:
            if self._queue.is_due("forms") and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._work, name="forms", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while self._goes_on():
            self._worker.run()

    def _goes_on(self) -> bool:
        """Whether there is more to read, also of what came when the worker had just looked; else another thread is to
        begin with what comes.
        """
        with self._starting:
            goes_on = not self._worker.leaving and self._queue.is_due("forms")
            if not goes_on:
                self._thread = None
            return goes_on

    def wait(self, seconds: float | None = None) -> bool:
        """Until nothing is read any more, or for so many seconds; whether nothing is."""
        thread = self._thread
        if thread is None:
            return True
        thread.join(seconds)
        return not thread.is_alive()

    def close(self) -> None:
        """Begin no further form; what waits is read at the next start."""
        self._worker.leave()
        if thread := self._thread:
            thread.join(_GOODBYE_SECONDS)
            if thread.is_alive():  # it is reading a long document, and ends with the process
                return
        self.desk.close()
        self._store.close()

    def _jobs(self) -> dict[int, Job]:
        """The unfinished jobs by their forms."""
        return {job.payload["form"]: job for job in self._queue.jobs("forms") if not job.ended}

    def _read(self, job: Job, _report: Report) -> Mapping[str, Any]:
        form = self._store.get(job.payload["form"])
        if form is None:  # removed
            return {}
        if job.attempts >= ATTEMPTS:
            self._store.fail(form.id, _ENDED)  # what is to be said if this is the last that is heard of it
        try:
            self._store.put(form.id, self._extraction(form))
        except Exception as error:
            self._store.fail(form.id, str(error) if isinstance(error, RefdeskError) else WRONG)
            raise
        return {}

    def _extraction(self, form: Form) -> Extraction:
        if form.schema:
            (extraction,) = self.desk.extract([form.path], form.schema)
            return extraction
        return Extraction(form.path, "", "complete", {}, layout=self.desk.layout(form.path))


def _as_in(jobs: Mapping[int, Job], form: Form) -> Form:
    """The form, and whether it waits to be read or is being read."""
    return replace(form, state=jobs[form.id].state) if form.id in jobs else form
