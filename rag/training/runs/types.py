"""A training run: what was asked for, how far it is, and what came of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.jobs.types import Job, JobState
from rag.training.runs.folder import RunFolder


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for: ``data`` are paths, ``values`` wins over the ``preset``. A reader learns from the paths
    of ``documents`` what they ask of themselves.
    """

    data: tuple[str, ...]
    preset: str
    values: Mapping[str, Any] = field(default_factory=dict)
    documents: tuple[str, ...] = ()


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
        return Request(tuple(asked["data"]), asked["preset"], asked["values"], tuple(asked.get("documents", ())))

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


@dataclass(frozen=True, slots=True)
class Tick:
    """What a progress display shows after a step."""

    step: int
    loss: float
    examples_per_second: float
    score: float | None


def _read_json(path: Path) -> dict[str, Any]:
    """Empty where the file is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
