"""The queue of jobs in the home's own file: rows to jobs, and what is kept of them."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

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
from vectorstore.errors import UsageError
from vectorstore.sqlite.jobs import FileRow, JobRow, JobsFile

KEPT = 50
"""So many jobs that have ended are remembered in a lane."""

_ALL = 2**31
_KEPT: Mapping[Lane, int] = {"documents": KEPT, "forms": KEPT, "measuring": KEPT, "checks": _ALL, "training": _ALL}
"""Training runs stay until a person deletes them."""


class EmbeddedJobQueue:
    """The jobs of the knowledge base in ``home``; see ``rag.jobs.types.JobQueue``. ``clock`` is as ``time.time``."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self.home = home
        self._rows = JobsFile(home)
        self._clock = clock

    def add(self, kind: JobKind, payload: Mapping[str, Any] | None = None, files: Sequence[str] = ()) -> int:
        checked_files(kind, files)
        lane = LANES[kind]
        return self._rows.add(kind, lane, _json(payload or {}), files, self._clock(), _KEPT[lane])

    def adopt(self, jobs: Iterable[Job]) -> None:
        """Keep jobs of former formats, under new ids, without those whose kind and payload are here already."""
        self._rows.adopt(_row(job) for job in jobs)

    def get(self, job: int) -> Job | None:
        found = self._rows.get(job)
        return self._jobs([found])[0] if found else None

    def jobs(self, *lanes: Lane) -> list[Job]:
        return self._jobs(self._rows.jobs(lanes))

    def files(self, job: int, *statuses: FileStatus, limit: int = -1) -> list[JobFile]:
        rows = self._rows.files(job, statuses, limit)
        return [JobFile(row.path, cast(FileStatus, row.status), row.reason, row.detail) for row in rows]

    def log(self, job: int) -> list[LogLine]:
        return [LogLine(_moment(at), line) for at, line in self._rows.log(job)]

    def stop(self, job: int) -> None:
        self._rows.stop(job, self._clock())

    def resume(self, job: int) -> None:
        if not self._rows.resume(job):
            raise cannot_go_on(job)

    def forget(self, job: int) -> None:
        self._rows.forget(job)

    def is_due(self, lane: Lane) -> bool:
        return self._rows.is_due(lane, self._clock())

    def take(self, lane: Lane, owner: str) -> Job | None:
        if not self.is_due(lane):  # looking costs no commit
            return None
        now = self._clock()
        row = self._rows.take(lane, owner, now, now + LEASE_SECONDS, lambda row: abandoned(_job(row, {})))
        return self._jobs([row])[0] if row else None

    def held(self, owner: str) -> Job | None:
        row = self._rows.held(owner)
        return self._jobs([row])[0] if row else None

    def renew(self, owner: str) -> None:
        self._rows.renew(owner, self._clock() + LEASE_SECONDS)

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
        rows = [FileRow(*astuple(file)) for file in files]
        until, encoded = self._clock() + LEASE_SECONDS, None if result is None else _json(result)
        stop = self._rows.report(job, owner, until, (stage, done, total), rows, encoded)
        if stop is None:
            raise LeaseLost(f"job {job}")
        return stop

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
        encoded = None if result is None else _json(result)
        said = f"{'Given back' if state == 'waiting' else state.capitalize()}{f': {line}' if line else ''}"
        self._rows.end(job, owner, state, error, encoded, self._clock(), said)

    def close(self) -> None:
        self._rows.close()

    def _jobs(self, rows: Sequence[JobRow]) -> list[Job]:
        counts = self._rows.counts([row.id for row in rows])
        return [_job(row, counts[row.id]) for row in rows]


def checked_files(kind: JobKind, files: Sequence[str]) -> None:
    """Raises UsageError where a job of this kind needs files."""
    if kind == "ingest" and not files:
        raise UsageError("There are no files to add", remedy="Choose some.")


def cannot_go_on(job: int) -> UsageError:
    """What is said of a job that is done, under way, or not there."""
    remedy = "Look at the list again."
    return UsageError("There is no job of this number that could go on", where=str(job), remedy=remedy)


def _job(row: JobRow, counts: Mapping[str, int]) -> Job:
    return Job(
        row.id,
        cast(JobKind, row.kind),
        json.loads(row.payload),
        cast(JobState, row.state),
        _moment(row.queued_at),
        _moment(row.started_at),
        _moment(row.ended_at),
        row.stage,
        row.done,
        row.total,
        json.loads(row.result),
        row.error,
        row.attempts,
        bool(row.stop_wanted),
        cast(Mapping[FileStatus, int], counts),
    )


def _row(job: Job) -> JobRow:
    return JobRow(
        job.id,
        job.kind,
        job.lane,
        _json(job.payload),
        job.state,
        _seconds(job.queued_at),
        _seconds(job.started_at),
        _seconds(job.ended_at),
        job.stage,
        job.done,
        job.total,
        _json(job.result),
        job.error,
        job.attempts,
        job.stop_wanted,
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0
