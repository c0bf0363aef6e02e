"""A queue of jobs in memory, which behaves as the one in the home's file does."""

import functools
import itertools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from rag.jobs.queue import KEPT, cannot_go_on, checked_files
from rag.jobs.types import (
    LANES,
    LEASE_SECONDS,
    FileStatus,
    Job,
    JobFile,
    JobKind,
    JobState,
    Lane,
    LeaseLost,
    LogLine,
    abandoned,
)

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class _Kept:
    job: Job
    files: dict[str, JobFile]
    owner: str = ""
    until: float = 0.0
    log: list[LogLine] = field(default_factory=list)


def _alone(method: Callable[Concatenate["MemoryJobQueue", P], T]) -> Callable[Concatenate["MemoryJobQueue", P], T]:
    """One call at a time, as in a transaction."""

    @functools.wraps(method)
    def locked(queue: "MemoryJobQueue", *args: P.args, **kwargs: P.kwargs) -> T:
        with queue.lock:
            return method(queue, *args, **kwargs)

    return locked


class MemoryJobQueue:
    """See ``rag.jobs.types.JobQueue``."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ids = itertools.count(1)
        self._kept: dict[int, _Kept] = {}
        self.lock = threading.RLock()

    @_alone
    def add(self, kind: JobKind, payload: Mapping[str, Any] | None = None, files: Sequence[str] = ()) -> int:
        checked_files(kind, files)
        job = Job(next(self._ids), kind, payload or {}, "waiting", self._now())
        self._kept[job.id] = _Kept(job, {path: JobFile(path, "waiting") for path in files})
        if job.lane not in ("checks", "training"):
            for old in [one for one in self.jobs(job.lane) if one.ended][KEPT:]:
                del self._kept[old.id]
        return job.id

    @_alone
    def get(self, job: int) -> Job | None:
        kept = self._kept.get(job)
        if kept is None:
            return None
        counts: dict[FileStatus, int] = {}
        for file in kept.files.values():
            counts[file.status] = counts.get(file.status, 0) + 1
        return replace(kept.job, counts=counts)

    @_alone
    def jobs(self, *lanes: Lane) -> list[Job]:
        found = [job for number in sorted(self._kept, reverse=True) if (job := self.get(number))]
        return [job for job in found if not lanes or job.lane in lanes]

    @_alone
    def files(self, job: int, *statuses: FileStatus, limit: int = -1) -> list[JobFile]:
        kept = self._kept[job].files.values() if job in self._kept else ()
        found = sorted(
            (file for file in kept if not statuses or file.status in statuses),
            key=lambda file: (file.status, file.path),
        )
        return found if limit < 0 else found[:limit]

    @_alone
    def log(self, job: int) -> list[LogLine]:
        return list(self._kept[job].log) if job in self._kept else []

    @_alone
    def stop(self, job: int) -> None:
        kept = self._kept.get(job)
        if kept and kept.job.state == "waiting":
            kept.job = replace(kept.job, state="stopped", ended_at=self._now())
        elif kept and kept.job.state == "working":
            kept.job = replace(kept.job, stop_wanted=True)

    @_alone
    def resume(self, job: int) -> None:
        kept = self._kept.get(job)
        if kept is None or kept.job.state not in ("stopped", "interrupted", "failed"):
            raise cannot_go_on(job)
        fresh = Job(job, kept.job.kind, kept.job.payload, "waiting", kept.job.queued_at, kept.job.started_at)
        kept.job, kept.owner = replace(fresh, result=kept.job.result), ""

    @_alone
    def forget(self, job: int) -> None:
        if job in self._kept and self._kept[job].job.ended:
            del self._kept[job]

    @_alone
    def is_due(self, lane: Lane) -> bool:
        jobs = self.jobs(lane)
        working = [job for job in jobs if job.state == "working"]
        return self._expired(lane) != [] or (not working and any(job.state == "waiting" for job in jobs))

    @_alone
    def take(self, lane: Lane, owner: str) -> Job | None:
        for kept in self._expired(lane):
            state, error = abandoned(kept.job)
            self._leave(kept, state, error, f"Its worker shows no sign of life: {state}")
        jobs = [kept for _, kept in sorted(self._kept.items()) if LANES[kept.job.kind] == lane]
        waiting = sorted((one for one in jobs if one.job.state == "waiting"), key=lambda one: one.job.started_at == "")
        if not waiting or any(one.job.state == "working" for one in jobs):
            return None
        kept = waiting[0]
        kept.owner, kept.until = owner, self._clock() + LEASE_SECONDS
        kept.job = replace(
            kept.job,
            state="working",
            attempts=kept.job.attempts + 1,
            started_at=kept.job.started_at or self._now(),
        )
        kept.log.append(LogLine(self._now(), f"Begun by {owner}"))
        return self.get(kept.job.id)

    @_alone
    def held(self, owner: str) -> Job | None:
        mine = [number for number, kept in self._kept.items() if kept.job.state == "working" and kept.owner == owner]
        return self.get(mine[0]) if mine else None

    @_alone
    def renew(self, owner: str) -> None:
        self._come_back(owner)
        for kept in self._kept.values():
            if kept.job.state == "working" and kept.owner == owner:
                kept.until = self._clock() + LEASE_SECONDS

    @_alone
    def report(
        self,
        job: int,
        owner: str,
        stage: str = "",
        done: int = 0,
        total: int = 0,
        files: Iterable[JobFile] = (),
        result: Mapping[str, Any] | None = None,
    ) -> bool:
        self._come_back(owner)
        kept = self._kept.get(job)
        if kept is None or kept.job.state != "working" or kept.owner != owner:
            raise LeaseLost(f"job {job}")
        kept.until = self._clock() + LEASE_SECONDS
        kept.files |= {file.path: file for file in files}
        known = kept.job.result if result is None else result
        kept.job = replace(kept.job, stage=stage, done=done, total=total, result=known)
        return kept.job.stop_wanted

    @_alone
    def end(
        self,
        job: int,
        owner: str,
        state: JobState,
        *,
        error: str = "",
        result: Mapping[str, Any] | None = None,
        line: str = "",
    ) -> None:
        self._come_back(owner)
        kept = self._kept.get(job)
        if kept is None or kept.job.state != "working" or kept.owner != owner:
            return
        said = "Given back" if state == "waiting" else state.capitalize()
        self._leave(kept, state, error, f"{said}: {line}" if line else said)
        kept.owner = ""
        if state == "waiting":
            kept.job = replace(kept.job, attempts=0)
        if result is not None:
            kept.job = replace(kept.job, result=result)

    def close(self) -> None:
        """Nothing is open."""

    def _expired(self, lane: Lane) -> list[_Kept]:
        now = self._clock()
        of_lane = [kept for kept in self._kept.values() if LANES[kept.job.kind] == lane]
        return [kept for kept in of_lane if kept.job.state == "working" and kept.until < now]

    def _come_back(self, owner: str) -> None:
        for kept in self._kept.values():
            if kept.job.state == "interrupted" and kept.owner == owner:
                others = self.jobs(kept.job.lane)
                if not any(other.state == "working" for other in others):
                    kept.job = replace(kept.job, state="working", ended_at="")

    def _leave(self, kept: _Kept, state: JobState, error: str, line: str) -> None:
        ended = "" if state == "waiting" else self._now()
        kept.until = 0.0
        kept.job = replace(kept.job, state=state, error=error, stage="", ended_at=ended)
        kept.log.append(LogLine(self._now(), line))

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")
