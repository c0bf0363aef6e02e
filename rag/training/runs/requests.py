"""The training runs under ``<home>/runs``: asked for here, done by a process of its own (``rag.training.runs.worker``).

What the two tell each other stands in the folder of the run, as files that are replaced at once.
"""

import fcntl
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

from rag.files import explained, write_json
from rag.training.runs.folder import RunFolder
from vectorstore.errors import RefdeskError, UsageError

FOLDER = "runs"
Work = Literal["check", "train"]
State = Literal["unchecked", "checking", "checked", "waiting", "training", "done", "stopped", "interrupted", "failed"]
_REQUEST, _CHECKED, _STATUS, _STOP, _REPORT = "request.json", "checked.json", "status.json", "stop", "report.json"
_NEXT: Mapping[Work, State] = {"check": "unchecked", "train": "waiting"}
_AT_WORK: Mapping[State, Work] = {"checking": "check", "training": "train"}
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for: ``data`` are paths, ``values`` wins over the ``preset``."""

    data: tuple[str, ...]
    preset: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run is: ``done`` of ``total`` (0: unknown) in its ``stage``. Times are ISO 8601 in UTC.

    ``model`` is the name of the one that is trained.
    """

    state: State
    stage: str = ""
    done: int = 0
    total: int = 0
    error: str = ""
    model: str = ""
    asked_at: str = ""
    ended_at: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run. ``request`` is None for one that was begun on the command line, and goes on only there."""

    folder: Path
    request: Request | None
    status: Status

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def state(self) -> State:
        return self.status.state

    @property
    def under_way(self) -> bool:
        """Whether a process works at it, or is about to."""
        return self.state in {*_NEXT.values(), *_AT_WORK}

    @property
    def can_go_on(self) -> bool:
        """Whether it was begun and not finished, and can be taken up again."""
        return self.request is not None and self.state in ("stopped", "interrupted", "failed") and self.checked != {}

    @property
    def checked(self) -> dict[str, Any]:
        """What was found in its data, empty before."""
        return _read_json(self.folder / _CHECKED)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings in full, empty before it begins."""
        return _read_json(self.folder / "settings.json")

    @property
    def report(self) -> dict[str, Any]:
        """What came of it, empty before it is done."""
        return _read_json(self.folder / _REPORT)

    @property
    def log(self) -> list[dict[str, Any]]:
        """See ``rag.training.runs.folder``."""
        return RunFolder(self.folder).read_log()


class Runs:
    """All runs of a home. Safe to use from many threads and processes."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / FOLDER

    def all(self) -> list[Run]:
        """Those that can be read, the newest first."""
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        runs = [run for path in found if not path.name.startswith(".") and (run := self._load(path))]
        return sorted(runs, key=lambda run: (run.status.asked_at, run.name), reverse=True)

    def get(self, name: str) -> Run | None:
        """None where there is no such run."""
        is_name = name == Path(name).name and not name.startswith(".")
        return self._load(self.folder / name) if is_name and name else None

    def add(self, request: Request) -> str:
        """Ask for a run, whose data are to be checked first; returns its name. Raises UsageError, RefdeskError."""
        if not request.data:
            raise UsageError("There are no data to train on", remedy="Choose some.")
        now = datetime.now(UTC)
        folder = self._new_folder(f"{now:%Y%m%d-%H%M%S}-{_slug(request)}")
        write_json(folder / _REQUEST, asdict(request))
        self.note(folder.name, Status("unchecked", asked_at=now.isoformat(timespec="seconds")))
        return folder.name

    def start(self, name: str) -> None:
        """Have a run that was checked begin, or one that was begun go on, when it is its turn."""
        run = self._existing(name)
        if run.state != "checked" and not run.can_go_on:
            raise UsageError("This run cannot be started", where=name, remedy="Begin a new one.")
        (run.folder / _STOP).unlink(missing_ok=True)
        self.note(name, replace(run.status, state="waiting", stage="", done=0, total=0, error="", ended_at=""))

    def stop(self, name: str) -> None:
        """Have a run end: at once where it waits, else after the present step. It can go on later."""
        run = self._existing(name)
        with explained(run.folder):
            (run.folder / _STOP).touch()
        if run.state == "waiting":
            self.end(name, "stopped")

    def is_stopped(self, name: str) -> bool:
        """Whether someone wants the run to end."""
        return (self.folder / name / _STOP).exists()

    def delete(self, name: str) -> None:
        """Remove the run and all that came of it. Raises UsageError while it is under way."""
        run = self._existing(name)
        if run.under_way:
            raise UsageError("This run is under way", where=name, remedy="Stop it first.")
        leaving = self.folder / f".{name}"  # half a run is never seen
        with explained(run.folder):
            run.folder.rename(leaving)
            shutil.rmtree(leaving)

    # For the process that does the work

    def next(self, work: Work) -> Run | None:
        """The run that has waited longest for this work."""
        waiting = [run for run in self.all() if run.state == _NEXT[work]]
        return waiting[-1] if waiting else None

    def note(self, name: str, status: Status) -> None:
        """Replace what is known of a run. Raises RefdeskError."""
        write_json(self.folder / name / _STATUS, asdict(status))

    def note_checked(self, name: str, found: Mapping[str, Any]) -> None:
        write_json(self.folder / name / _CHECKED, found)

    def end(self, name: str, state: State, error: str = "") -> None:
        """Note that the work at a run is over."""
        status = self._existing(name).status
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.note(name, replace(status, state=state, stage="", error=error, ended_at=now))

    @contextmanager
    def only_worker(self, work: Work) -> Iterator[IO[str] | None]:
        """Holds the right to do the work, which one process has at a time; None where another one has it.

        A process that inherits the open file holds it on, and the system takes it back however that process ends.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f".{work}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield file

    def _is_at_work(self, work: Work) -> bool:
        with self.only_worker(work) as alone:
            return alone is None

    def _existing(self, name: str) -> Run:
        run = self.get(name)
        if run is None:
            raise UsageError("There is no such run", where=name, remedy="Choose one from the list.")
        return run

    def _load(self, folder: Path) -> Run | None:
        asked = _read_json(folder / _REQUEST)
        if asked:
            request = Request(tuple(asked["data"]), asked["preset"], asked["values"])
            return Run(folder, request, self._status(folder))
        begun = folder / "settings.json"
        if not begun.exists():
            return None
        since = datetime.fromtimestamp(begun.stat().st_mtime, UTC).isoformat(timespec="seconds")
        state: State = "done" if (folder / _REPORT).exists() else "stopped"
        return Run(folder, None, Status(state, asked_at=since))

    def _status(self, folder: Path) -> Status:
        status = _read_status(folder)
        work = _AT_WORK.get(status.state)
        if work and not self._is_at_work(work):
            again = _read_status(folder)  # it may have ended in between
            return replace(again, state="interrupted") if again.state == status.state else again
        return status

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


def _read_status(folder: Path) -> Status:
    known = _read_json(folder / _STATUS)
    return Status(**known) if known else Status("failed", error="What is known of this run cannot be read.")


def _read_json(path: Path) -> dict[str, Any]:
    """Empty where the file is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
