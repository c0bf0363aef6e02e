"""The training runs of a home: what was asked for and how far it is stands in the queue of jobs, and what training
needs and leaves behind in a folder for each run.
"""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.files import explained
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.types import Job, JobState
from rag.training.runs.folder import FOLDER, RunFolder
from rag.training.runs.migration import adopt_former_runs
from vectorstore.errors import RefdeskError, UsageError

_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for: ``data`` are paths, ``values`` wins over the ``preset``."""

    data: tuple[str, ...]
    preset: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """A run: first the job that checks its data, then the one that trains.

    One that was begun on the command line has neither, and goes on only there.
    """

    folder: Path
    check: Job | None
    training: Job | None = None

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def request(self) -> Request | None:
        if self.check is None:
            return None
        asked = self.check.payload
        return Request(tuple(asked["data"]), asked["preset"], asked["values"])

    @property
    def job(self) -> Job | None:
        """The one that says how far the run is."""
        return self.training or self.check

    @property
    def state(self) -> JobState:
        """That of its job: a run whose data were checked is "done" with that, and ``is_ready``."""
        if self.job is None:
            return "done" if self.report else "stopped"
        return self.job.state

    @property
    def under_way(self) -> bool:
        """Whether a process works at it, or is about to."""
        return self.job is not None and not self.job.ended

    @property
    def is_ready(self) -> bool:
        """Whether its data were checked, and nothing else was done yet."""
        return self.training is None and self.check is not None and self.check.state == "done"

    @property
    def is_trained(self) -> bool:
        return self.state == "done" and not self.is_ready

    @property
    def can_go_on(self) -> bool:
        """Whether training was begun and not finished, and can be taken up again."""
        return self.training is not None and self.training.state in ("stopped", "interrupted", "failed")

    @property
    def asked_at(self) -> str:
        """ISO 8601 in UTC."""
        if self.check:
            return self.check.queued_at
        begun = (self.folder / "settings.json").stat().st_mtime
        return datetime.fromtimestamp(begun, UTC).isoformat(timespec="seconds")

    @property
    def error(self) -> str:
        return self.job.error if self.job else ""

    @property
    def checked(self) -> Mapping[str, Any]:
        """What was found in its data, and ``model``, the name of the one to train; empty before."""
        return self.check.result if self.check else {}

    @property
    def settings(self) -> dict[str, Any]:
        """The settings in full, empty before it begins."""
        return _read_json(self.folder / "settings.json")

    @property
    def report(self) -> dict[str, Any]:
        """What came of it, empty before it is done."""
        return _read_json(self.folder / "report.json")

    @property
    def log(self) -> list[dict[str, Any]]:
        """See ``rag.training.runs.folder``."""
        return RunFolder(self.folder).read_log()


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


def _read_json(path: Path) -> dict[str, Any]:
    """Empty where the file is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
