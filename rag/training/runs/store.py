"""The training runs of a home: what was asked for and how far it is stands in the queue of jobs, and what training
needs and leaves behind in a folder for each run.
"""

import re
import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rag.files import explained
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.types import Job
from rag.training.runs.folder import FOLDER
from rag.training.runs.migration import adopt_former_runs
from rag.training.runs.types import Request, Run
from vectorstore.errors import RefdeskError, UsageError

_LONGEST_NAME = 40


class Runs:
    """All runs of a home. Safe to use from many threads and processes."""

    def __init__(self, queue: EmbeddedJobQueue) -> None:
        self.home = queue.home
        self.folder = queue.home / FOLDER
        self._queue = queue
        adopt_former_runs(self.folder, queue)

    def all(self) -> list[Run]:
        """Those that can be read, the newest first."""
        jobs: dict[str, dict[str, Job]] = {}
        for job in reversed(self._queue.jobs("checks", "training")):
            jobs.setdefault(job.payload["run"], {})[job.kind] = job
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        runs = []
        for folder in found:
            known = jobs.get(folder.name, {})
            begun = (folder / "settings.json").exists()
            if not folder.name.startswith(".") and (known or begun):
                runs.append(Run(folder, known.get("check"), known.get("train")))
        return sorted(runs, key=lambda run: (run.asked_at, run.name), reverse=True)

    def get(self, name: str) -> Run | None:
        """None where there is no such run."""
        return next((run for run in self.all() if run.name == name), None)

    def add(self, request: Request) -> str:
        """Ask for a run, whose data are to be checked first; returns its name. Raises UsageError, RefdeskError."""
        if not request.data:
            raise UsageError("There are no data to train on", remedy="Choose some.")
        folder = self._new_folder(f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{_slug(request)}")
        self._queue.add("check", {"run": folder.name, **asdict(request)})
        return folder.name

    def start(self, name: str) -> None:
        """Have a run that was checked begin, or one that was begun go on, when it is its turn."""
        run = self._existing(name)
        if run.training and run.can_go_on:
            self._queue.resume(run.training.id)
        elif run.check and run.is_ready:
            self._queue.add("train", run.check.payload)
        else:
            raise UsageError("This run cannot be started", where=name, remedy="Begin a new one.")

    def stop(self, name: str) -> None:
        """Have a run end: at once where it waits, else after the present step. It can go on later."""
        if job := self._existing(name).job:
            self._queue.stop(job.id)

    def delete(self, name: str) -> None:
        """Remove the run and all that came of it. Raises UsageError while it is under way."""
        run = self._existing(name)
        if run.under_way:
            raise UsageError("This run is under way", where=name, remedy="Stop it first.")
        leaving = self.folder / f".{name}"  # half a run is never seen
        with explained(run.folder):
            run.folder.rename(leaving)
        for job in (run.check, run.training):
            if job:
                self._queue.forget(job.id)
        with explained(run.folder):
            shutil.rmtree(leaving)

    def _existing(self, name: str) -> Run:
        run = self.get(name)
        if run is None:
            raise UsageError("There is no such run", where=name, remedy="Choose one from the list.")
        return run

    def _new_folder(self, name: str) -> Path:
        for number in range(1, 1_000):
            folder = self.folder / (name if number == 1 else f"{name}-{number}")
            with explained(folder):
                try:
                    folder.mkdir(parents=True)
                except FileExistsError:  # another one was asked for in the same second
                    continue
            return folder
        raise RefdeskError("There are too many runs of this second", where=str(self.folder), remedy="Try again.")


def _slug(request: Request) -> str:
    stem = Path(request.data[0]).stem.lower()
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:_LONGEST_NAME] or "run"
