"""Runs of the time when each was asked for by files in its folder, taken into the queue of jobs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.types import Job, JobKind, JobState

_REQUEST, _CHECKED, _STATUS = "request.json", "checked.json", "status.json"
_FORMER = (_CHECKED, _STATUS, "stop", _REQUEST)
"""In the order in which they go. The request goes last: as long as it is there, the run is not taken over. They are
read in the opposite order, so that of what another process takes over at the moment nothing is made up.
"""

_CHECKING: dict[str, JobState] = {"unchecked": "waiting", "checking": "waiting"}
_TRAINING: dict[str, JobState] = {"waiting": "waiting", "training": "interrupted"}
_UNREADABLE = "What is known of this run cannot be read."


def adopt_former_runs(folder: Path, queue: EmbeddedJobQueue) -> None:
    """Take over the runs below ``folder`` that are asked for by a file. Interrupted, it is done again."""
    requests = sorted(folder.glob(f"[!.]*/{_REQUEST}"))
    if not requests:
        return
    queue.adopt(job for request in requests for job in _jobs(request))
    for request in requests:
        for name in _FORMER:
            request.with_name(name).unlink(missing_ok=True)


def _jobs(request: Path) -> Iterator[Job]:
    asked = _read(request)
    status, checked = _read(request.with_name(_STATUS)), _read(request.with_name(_CHECKED))
    if not request.exists():  # another process has taken it over
        return
    state = status.get("state", "failed")
    error = status.get("error", _UNREADABLE)
    payload = {"run": request.parent.name, "data": [], "preset": "", "values": {}, **asked}
    at, ended = status.get("asked_at", ""), status.get("ended_at", "")

    def job(kind: JobKind, became: JobState, **more: Any) -> Job:
        begun = at if became != "waiting" else ""
        return Job(0, kind, payload, became, at, begun, ended, **more)

    if not checked:
        yield job("check", _CHECKING.get(state, state), error=error)
        return
    yield job("check", "done", result={**checked, "model": status.get("model", "")})
    if state != "checked":
        yield job("train", _TRAINING.get(state, state), error=error)


def _read(path: Path) -> dict[str, Any]:
    """Empty where the file is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
