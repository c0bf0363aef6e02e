"""The queue of jobs on a knowledge base: files to take in, and looking whether everything stored is whole.

Jobs are kept in a SQLite file of their own. They are done one after the other, in the order they came, by a process of
its own, so that the one who queued them may go and come back; see ``rag.jobs.worker``.
"""

import dataclasses
import fcntl
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from apsw import Connection

from ingest.pipeline.ingestion import Outcome
from vectorstore.admin.verification import verify_list
from vectorstore.errors import UsageError
from vectorstore.sqlite.database import Database
from vectorstore.types import Finding

Kind = Literal["ingest", "verify", "repair"]
State = Literal["waiting", "working", "done", "stopped", "failed"]
FileStatus = Literal["waiting", "indexed", "unchanged", "refused"]

_SCHEMA = """
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    collection TEXT NOT NULL,
    state TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    started_at TEXT NOT NULL DEFAULT '',
    ended_at TEXT NOT NULL DEFAULT '',
    stage TEXT NOT NULL DEFAULT '',
    chunks INTEGER NOT NULL DEFAULT 0,
    findings TEXT NOT NULL DEFAULT '[]',
    error TEXT NOT NULL DEFAULT '',
    stop_wanted INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE job_files (
    job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (job_id, path)
) WITHOUT ROWID;
CREATE INDEX job_files_by_status ON job_files (job_id, status);
"""
_FILE = "jobs.db"
_LOCK = "jobs.lock"
_VERSION = 1
_ATTEMPTS = 3
"""So often a job is begun: if its process has ended each time, it would end again."""

_KEPT = 50
"""So many jobs that have ended are remembered."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job and how far it is. ``counts`` are the numbers of its files by status, times are ISO 8601 in UTC."""

    id: int
    kind: Kind
    collection: str
    state: State
    queued_at: str
    started_at: str
    ended_at: str
    stage: str
    chunks: int
    findings: tuple[Finding, ...]
    error: str
    stop_wanted: bool
    counts: dict[str, int]

    @property
    def files(self) -> int:
        return sum(self.counts.values())

    @property
    def ended(self) -> bool:
        return self.state not in ("waiting", "working")


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file of a job, and what became of it."""

    path: str
    status: FileStatus
    reason: str
    detail: str


class JobQueue:
    """The jobs of the knowledge base in ``home``. Safe to use from many threads and processes."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._database = Database(home / _FILE, _SCHEMA, _VERSION, accept_loss=True)

    def add(self, kind: Kind, collection: str = "", files: Sequence[Path] = ()) -> int:
        """Queue a job; returns its id. Raises UsageError for an ingestion without files."""
        if kind == "ingest" and not files:
            raise UsageError("There are no files to add", remedy="Choose some.")
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO jobs (kind, collection, state, queued_at) VALUES (?, ?, 'waiting', ?)",
                (kind, collection, _now()),
            )
            job = connection.last_insert_rowid()
            connection.executemany(
                "INSERT OR IGNORE INTO job_files (job_id, path) VALUES (?, ?)", [(job, str(path)) for path in files]
            )
            connection.execute(
                "DELETE FROM jobs WHERE state NOT IN ('waiting', 'working') AND id NOT IN "
                "(SELECT id FROM jobs ORDER BY id DESC LIMIT ?)",
                (_KEPT,),
            )
        return job

    def jobs(self) -> list[Job]:
        """Every job that is remembered, the newest first."""
        with self._database.read() as connection:
            return _jobs(connection, "ORDER BY id DESC")

    def next(self) -> Job | None:
        """What is to be done now: a job that was interrupted, else the one that has waited longest."""
        with self._database.read() as connection:
            waiting = _jobs(connection, "WHERE state IN ('waiting', 'working') ORDER BY state = 'waiting', id LIMIT 1")
        return waiting[0] if waiting else None

    def get(self, job: int) -> Job | None:
        with self._database.read() as connection:
            return next(iter(_jobs(connection, "WHERE id = ?", job)), None)

    def files(self, job: int, *statuses: FileStatus, limit: int = -1) -> list[JobFile]:
        """The files of a job that have one of ``statuses``, all if none is given; those of equal status by path."""
        with self._database.read() as connection:
            rows: Iterable[Any] = connection.execute(
                "SELECT path, status, reason, detail FROM job_files WHERE job_id = ?1 "
                "AND (?2 = '[]' OR status IN (SELECT value FROM json_each(?2))) ORDER BY status, path LIMIT ?3",
                (job, json.dumps(statuses), limit),
            )
            return [JobFile(*row) for row in rows]

    def stop(self, job: int) -> None:
        """Stop a job: one that waits never begins, one that is being done ends soon. What is stored stays."""
        with self._database.write() as connection:
            connection.execute("UPDATE jobs SET stop_wanted = 1 WHERE id = ?", (job,))
            connection.execute(
                "UPDATE jobs SET state = 'stopped', ended_at = ? WHERE id = ? AND state = 'waiting'", (_now(), job)
            )

    def forget(self, job: int) -> None:
        """Remove a job that has ended from the list."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM jobs WHERE id = ? AND state NOT IN ('waiting', 'working')", (job,))

    # For the process that does the jobs

    def begin(self, job: int) -> bool:
        """Note that a job is being done; False if it has been begun too often."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'working', attempts = attempts + 1, "
                "started_at = CASE started_at WHEN '' THEN ? ELSE started_at END WHERE id = ?",
                (_now(), job),
            )
            attempts: int = connection.execute("SELECT attempts FROM jobs WHERE id = ?", (job,)).get
            return attempts <= _ATTEMPTS

    def record(self, job: int, *, stage: str = "", outcomes: Iterable[Outcome] = (), chunks: int = 0) -> bool:
        """Note how far a job is; True if it is to be stopped."""
        with self._database.write() as connection:
            connection.execute("UPDATE jobs SET stage = ?, chunks = chunks + ? WHERE id = ?", (stage, chunks, job))
            connection.executemany(
                "UPDATE job_files SET status = ?, reason = ?, detail = ? WHERE job_id = ? AND path = ?",
                [(one.status, one.reason or "", one.detail, job, one.path) for one in outcomes],
            )
            return bool(connection.execute("SELECT stop_wanted FROM jobs WHERE id = ?", (job,)).get)

    def end(self, job: int, state: State, *, error: str = "", findings: Sequence[Finding] = ()) -> None:
        found = json.dumps([dataclasses.asdict(finding) for finding in findings])
        with self._database.write() as connection:
            connection.execute(
                "UPDATE jobs SET state = ?, ended_at = ?, stage = '', error = ?, findings = ? WHERE id = ?",
                (state, _now(), error, found, job),
            )

    @contextmanager
    def only_worker(self) -> Iterator[bool]:
        """Holds the right to do the jobs, which one process has at a time; False where another one holds it.

        The system takes it back from a process that ends, however it ends.
        """
        with (self.home / _LOCK).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def close(self) -> None:
        self._database.close()


def _jobs(connection: Connection, which: str, *values: int) -> list[Job]:
    rows: list[Any] = connection.execute(
        "SELECT id, kind, collection, state, queued_at, started_at, ended_at, stage, chunks, findings, error, "
        f"stop_wanted FROM jobs {which}",
        values,
    ).fetchall()
    counted: list[Any] = connection.execute(
        "SELECT job_id, status, count(*) FROM job_files WHERE job_id IN (SELECT value FROM json_each(?)) "
        "GROUP BY job_id, status",
        (json.dumps([row[0] for row in rows]),),
    ).fetchall()
    by_job: dict[int, dict[str, int]] = {row[0]: {} for row in rows}
    for job, status, count in counted:
        by_job[job][status] = count
    return [
        Job(*(*before, tuple(Finding(**found) for found in json.loads(findings)), error, bool(stop), by_job[before[0]]))
        for *before, findings, error, stop in rows
    ]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def verify_jobs(home: Path) -> list[Finding]:
    """Check the file of the jobs, if there is one. Whatever is wrong, a new one can take its place."""
    return verify_list(home / _FILE, _SCHEMA, _VERSION, ("jobs", "job_files"), "The list of jobs is damaged")


def repair_jobs(home: Path) -> None:
    """Begin a new file: what the jobs have stored is in the knowledge base."""
    for path in home.glob(f"{_FILE}*"):
        path.unlink()
    JobQueue(home).close()
