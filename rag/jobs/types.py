"""Background work: what a job is, where it waits, and what may be asked of the queue of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from vectorstore.types import Finding

JobKind = Literal["ingest", "sync", "verify", "repair", "check", "train", "read_forms", "evaluate", "quantize"]

JobState = Literal["waiting", "working", "done", "stopped", "interrupted", "failed"]
"""``stopped`` by a person, ``interrupted`` by the end of the process that did it, ``failed`` with an error."""

Lane = Literal["documents", "checks", "training", "forms", "measuring"]
"""Jobs of a lane are done one after the other, in the order they came; no lane waits for another."""

FileStatus = Literal["waiting", "indexed", "unchanged", "refused"]

LANES: Mapping[JobKind, Lane] = {
    "ingest": "documents",
    "sync": "documents",
    "verify": "documents",
    "repair": "documents",
    "check": "checks",
    "train": "training",
    "read_forms": "forms",
    "evaluate": "measuring",
    "quantize": "measuring",
}

TAKEN_OVER: frozenset[JobKind] = frozenset({"ingest", "sync", "verify", "repair", "check", "read_forms"})
"""What the next worker goes on with when one is gone. The others may have been too much for the machine: they are
interrupted, and go on when a person says so."""

ATTEMPTS = 3
"""So often a job is begun: if its process has ended each time, it would end again."""

LEASE_SECONDS = 30.0
"""Without a sign of life for so long, a worker is gone."""


OnProgress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


class Stopped(Exception):
    """Whoever watches a piece of work wants it to end for now."""


class LeaseLost(Exception):
    """Another worker has taken the job over, as this one had shown no sign of life."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job and how far it is: ``done`` of ``total`` (0: unknown) in its ``stage``.

    ``payload`` says what to do, ``result`` what has come of it so far; both are what JSON holds. ``counts`` are the
    numbers of its files by status. Times are ISO 8601 in UTC, empty for what has not happened.
    """

    id: int
    kind: JobKind
    payload: Mapping[str, Any]
    state: JobState
    queued_at: str
    started_at: str = ""
    ended_at: str = ""
    stage: str = ""
    done: int = 0
    total: int = 0
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    attempts: int = 0
    stop_wanted: bool = False
    counts: Mapping[FileStatus, int] = field(default_factory=dict)

    @property
    def lane(self) -> Lane:
        return LANES[self.kind]

    @property
    def ended(self) -> bool:
        return self.state not in ("waiting", "working")

    @property
    def files(self) -> int:
        return sum(self.counts.values())

    @property
    def collection(self) -> str:
        """The one whose documents it changes or asks, empty for other jobs."""
        return str(self.payload.get("collection", ""))

    @property
    def chunks(self) -> int:
        """Those that were stored so far."""
        return int(self.result.get("chunks", 0))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with what is stored, as a check or a repair has found."""
        return tuple(Finding(**found) for found in self.result.get("findings", ()))


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file of a job, and what became of it; ``detail`` says why it, or something of it, was not read."""

    path: str
    status: FileStatus
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """Something that happened to a job, without anything of what it worked on. ``at`` is ISO 8601 in UTC."""

    at: str
    text: str


def abandoned(job: Job) -> tuple[JobState, str]:
    """What becomes of a job whose worker is gone, and the error to show.

    >>> abandoned(Job(1, "ingest", {}, "working", "", attempts=1))
    ('waiting', '')
    >>> abandoned(Job(1, "train", {}, "working", "", attempts=1))
    ('interrupted', '')
    """
    if job.stop_wanted:
        return "stopped", ""
    if job.kind not in TAKEN_OVER:
        return "interrupted", ""
    if job.attempts >= ATTEMPTS:
        return "failed", (
            "The process that did this ended again and again. What it has stored is kept. "
            "Run `refdesk doctor`, and try again with less at a time."
        )
    return "waiting", ""


class JobQueue(Protocol):
    """The background work of one home. Safe to use from many threads and processes.

    A worker that takes a job has it for ``LEASE_SECONDS``, and again from each sign of life on. Once its lease has run
    out, ``abandoned`` says what becomes of the job, and whoever looks for work next sees to that. A worker that was
    only late, as on a machine that slept, has its job still where nobody has taken it, and where it was interrupted
    and nothing else of its lane is being done.
    """

    def add(self, kind: JobKind, payload: Mapping[str, Any] | None = None, files: Sequence[str] = ()) -> int:
        """Queue a job; returns its id, which is never used again. Raises UsageError for an ingestion without files.

        Of most lanes only the last 50 jobs that have ended are remembered.
        """
        ...

    def get(self, job: int) -> Job | None: ...

    def jobs(self, *lanes: Lane) -> list[Job]:
        """The jobs of some lanes, of all if none is named, the newest first."""
        ...

    def files(self, job: int, *statuses: FileStatus, limit: int = -1) -> list[JobFile]:
        """The files of a job of some statuses, of all if none is named; those of equal status by path."""
        ...

    def log(self, job: int) -> list[LogLine]: ...

    def stop(self, job: int) -> None:
        """Stop a job: one that waits never begins, one that is being done ends soon. What is stored stays."""
        ...

    def resume(self, job: int) -> None:
        """Have a job that has ended and is not done wait again. Raises UsageError for any other."""
        ...

    def forget(self, job: int) -> None:
        """Remove a job that has ended; nothing happens to any other."""
        ...

    # For workers

    def is_due(self, lane: Lane) -> bool:
        """Whether ``take`` has something to do: a job waits that nobody is before, or a lease has run out."""
        ...

    def take(self, lane: Lane, owner: str) -> Job | None:
        """Lease the next job of a lane: one that was begun before, else the one that has waited longest.

        None where nothing waits, or another worker is at it.
        """
        ...

    def held(self, owner: str) -> Job | None:
        """The job that ``owner`` has taken."""
        ...

    def renew(self, owner: str) -> None:
        """A sign of life."""
        ...

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
        """Note how far a job is; True if it is to end. Raises LeaseLost."""
        ...

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
        """Note what became of a job; "waiting" gives it back. Nothing where ``owner`` has lost it.

        ``line`` says more for its log.
        """
        ...

    def close(self) -> None: ...
