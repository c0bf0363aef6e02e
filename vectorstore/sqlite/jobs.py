"""The file of the jobs: one table of background work, the files of each job, and lines on what happened to it.

Rows hold names and JSON as text; what they mean is up to ``rag.jobs``. Times are seconds since 1970, as ``time.time()``
gives them: a lease is compared with the clock of whoever looks.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from apsw import Connection

from vectorstore.errors import StoreError
from vectorstore.sqlite.database import Database, find_damage, remove_file
from vectorstore.types import Finding

_SCHEMA = """
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    queued_at REAL NOT NULL,
    started_at REAL NOT NULL DEFAULT 0,
    ended_at REAL NOT NULL DEFAULT 0,
    stage TEXT NOT NULL DEFAULT '',
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    result TEXT NOT NULL DEFAULT '{}',
    error TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    stop_wanted INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT NOT NULL DEFAULT '',
    lease_until REAL NOT NULL DEFAULT 0
);
CREATE INDEX jobs_by_lane ON jobs (lane, state, id);
CREATE TABLE job_files (
    job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (job_id, path)
) WITHOUT ROWID;
CREATE INDEX job_files_by_status ON job_files (job_id, status);
CREATE TABLE job_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    at REAL NOT NULL,
    line TEXT NOT NULL
);
CREATE INDEX job_log_of_job ON job_log (job_id, id);
"""
_FILE = "jobs.db"
_TABLES = ("jobs", "job_files", "job_log")
_VERSION = 2
_COLUMNS = (
    "id, kind, lane, payload, state, queued_at, started_at, ended_at, stage, done, total, result, error, attempts, "
    "stop_wanted"
)
_LIVE = "('waiting', 'working')"
_UNDONE = "('stopped', 'interrupted', 'failed')"


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job. ``payload`` and ``result`` are JSON; times are 0 for what has not happened."""

    id: int
    kind: str
    lane: str
    payload: str
    state: str
    queued_at: float
    started_at: float = 0.0
    ended_at: float = 0.0
    stage: str = ""
    done: int = 0
    total: int = 0
    result: str = "{}"
    error: str = ""
    attempts: int = 0
    stop_wanted: int = 0


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a job, and what became of it."""

    path: str
    status: str = "waiting"
    reason: str = ""
    detail: str = ""


Abandoned = Callable[[JobRow], tuple[str, str]]
"""What becomes of a job whose worker is gone: its next state, and the error to show."""


class JobsFile:
    """The jobs under ``home``. Safe to use from many threads and processes; every method is one transaction."""

    def __init__(self, home: Path) -> None:
        self._database = _open(home, accept_loss=True)

    def add(self, kind: str, lane: str, payload: str, files: Sequence[str], now: float, kept: int) -> int:
        """Append a waiting job and return its id; all but the ``kept`` newest that have ended in its lane go."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO jobs (kind, lane, payload, state, queued_at) VALUES (?, ?, ?, 'waiting', ?)",
                (kind, lane, payload, now),
            )
            job = connection.last_insert_rowid()
            connection.executemany(
                "INSERT OR IGNORE INTO job_files (job_id, path) VALUES (?, ?)", [(job, path) for path in files]
            )
            connection.execute(
                f"DELETE FROM jobs WHERE lane = ?1 AND state NOT IN {_LIVE} AND id NOT IN "
                f"(SELECT id FROM jobs WHERE lane = ?1 AND state NOT IN {_LIVE} ORDER BY id DESC LIMIT ?2)",
                (lane, kept),
            )
        return job

    def adopt(self, rows: Iterable[JobRow]) -> None:
        """Append jobs as they are, under new ids, without those whose kind and payload are here already."""
        with self._database.write() as connection:
            connection.executemany(
                f"INSERT INTO jobs ({_COLUMNS}) SELECT NULL, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
                "?15 WHERE ?1 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM jobs WHERE kind = ?2 AND payload = ?4)",
                [astuple(row) for row in rows],
            )

    def jobs(self, lanes: Sequence[str]) -> list[JobRow]:
        """The jobs of some lanes, of all if none is named, the newest first."""
        with self._database.read() as connection:
            where = "WHERE ?1 = '[]' OR lane IN (SELECT value FROM json_each(?1)) ORDER BY id DESC"
            return _rows(connection, where, json.dumps(lanes))

    def get(self, job: int) -> JobRow | None:
        with self._database.read() as connection:
            return next(iter(_rows(connection, "WHERE id = ?", job)), None)

    def counts(self, jobs: Sequence[int]) -> dict[int, dict[str, int]]:
        """Of each job, the numbers of its files by status."""
        with self._database.read() as connection:
            found: list[Any] = connection.execute(
                "SELECT job_id, status, count(*) FROM job_files WHERE job_id IN (SELECT value FROM json_each(?)) "
                "GROUP BY job_id, status",
                (json.dumps(jobs),),
            ).fetchall()
        counted: dict[int, dict[str, int]] = {job: {} for job in jobs}
        for job, status, count in found:
            counted[job][status] = count
        return counted

    def files(self, job: int, statuses: Sequence[str], limit: int) -> list[FileRow]:
        """The files of a job of some statuses, of all if none is named; those of equal status by path."""
        with self._database.read() as connection:
            rows: list[Any] = connection.execute(
                "SELECT path, status, reason, detail FROM job_files WHERE job_id = ?1 "
                "AND (?2 = '[]' OR status IN (SELECT value FROM json_each(?2))) ORDER BY status, path LIMIT ?3",
                (job, json.dumps(statuses), limit),
            ).fetchall()
        return [FileRow(*row) for row in rows]

    def log(self, job: int) -> list[tuple[float, str]]:
        """The moments at which something happened to a job, and what, the oldest first."""
        with self._database.read() as connection:
            rows: list[Any] = connection.execute(
                "SELECT at, line FROM job_log WHERE job_id = ? ORDER BY id", (job,)
            ).fetchall()
        return [(at, line) for at, line in rows]

    def stop(self, job: int, now: float) -> None:
        """End a job that waits, and note of one that is being done that it is to end."""
        with self._database.write() as connection:
            connection.execute("UPDATE jobs SET stop_wanted = 1 WHERE id = ? AND state = 'working'", (job,))
            connection.execute(
                "UPDATE jobs SET state = 'stopped', ended_at = ? WHERE id = ? AND state = 'waiting'", (now, job)
            )

    def resume(self, job: int) -> bool:
        """Have a job that has ended and is not done wait again; False where there is none."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'waiting', stage = '', done = 0, total = 0, error = '', ended_at = 0, "
                f"attempts = 0, stop_wanted = 0, lease_owner = '' WHERE id = ? AND state IN {_UNDONE}",
                (job,),
            )
            return bool(connection.changes())

    def forget(self, job: int) -> None:
        """Remove a job that has ended."""
        with self._database.write() as connection:
            connection.execute(f"DELETE FROM jobs WHERE id = ? AND state NOT IN {_LIVE}", (job,))

    # For workers

    def is_due(self, lane: str, now: float) -> bool:
        """Whether ``take`` would change anything: a lease has run out, or a job waits that nobody is before."""
        with self._database.read() as connection:
            return bool(
                connection.execute(
                    "SELECT count(*) FILTER (WHERE state = 'working' AND lease_until < ?2) > 0 OR "
                    "(count(*) FILTER (WHERE state = 'waiting') > 0 AND "
                    "count(*) FILTER (WHERE state = 'working') = 0) "
                    f"FROM jobs WHERE lane = ?1 AND state IN {_LIVE}",
                    (lane, now),
                ).get
            )

    def take(self, lane: str, owner: str, now: float, until: float, abandoned: Abandoned) -> JobRow | None:
        """Lease to ``owner`` what is next in the lane: what was begun before, else what has waited longest.

        Before that, jobs whose lease has run out become what ``abandoned`` says. None where nothing waits, or another
        one is being done.
        """
        with self._database.write() as connection:
            for row in _rows(connection, "WHERE lane = ? AND state = 'working' AND lease_until < ?", lane, now):
                state, error = abandoned(row)
                _leave(connection, row.id, state, error, now, f"Its worker shows no sign of life: {state}")
            if connection.execute("SELECT 1 FROM jobs WHERE lane = ? AND state = 'working'", (lane,)).fetchone():
                return None
            job = connection.execute(
                "SELECT id FROM jobs WHERE lane = ? AND state = 'waiting' ORDER BY started_at = 0, id LIMIT 1", (lane,)
            ).get
            if job is None:
                return None
            connection.execute(
                "UPDATE jobs SET state = 'working', attempts = attempts + 1, lease_owner = ?, lease_until = ?, "
                "started_at = iif(started_at = 0, ?, started_at) WHERE id = ?",
                (owner, until, now, job),
            )
            _say(connection, int(job), now, f"Begun by {owner}")
            return _rows(connection, "WHERE id = ?", int(job))[0]

    def held(self, owner: str) -> JobRow | None:
        """The job that ``owner`` has leased."""
        with self._database.read() as connection:
            return next(iter(_rows(connection, "WHERE state = 'working' AND lease_owner = ?", owner)), None)

    def renew(self, owner: str, until: float) -> None:
        """Lease the job of ``owner`` until then; one that was interrupted meanwhile goes on where nothing else does."""
        with self._database.write() as connection:
            _come_back(connection, owner)
            connection.execute(
                "UPDATE jobs SET lease_until = ? WHERE state = 'working' AND lease_owner = ?", (until, owner)
            )

    def report(
        self,
        job: int,
        owner: str,
        until: float,
        progress: tuple[str, int, int],
        files: Iterable[FileRow],
        result: str | None,
    ) -> bool | None:
        """Note how far a job is (stage, done, total): True if it is to end, None if ``owner`` does not have it."""
        with self._database.write() as connection:
            _come_back(connection, owner)
            connection.execute(
                "UPDATE jobs SET lease_until = ?, stage = ?, done = ?, total = ?, result = coalesce(?, result) "
                "WHERE id = ? AND state = 'working' AND lease_owner = ?",
                (until, *progress, result, job, owner),
            )
            if not connection.changes():
                return None
            connection.executemany(
                "INSERT OR REPLACE INTO job_files (job_id, path, status, reason, detail) VALUES (?, ?, ?, ?, ?)",
                [(job, *astuple(file)) for file in files],
            )
            return bool(connection.execute("SELECT stop_wanted FROM jobs WHERE id = ?", (job,)).get)

    def end(self, job: int, owner: str, state: str, error: str, result: str | None, now: float, line: str) -> None:
        """Note what became of a job, unless ``owner`` does not have it any more. ``line`` goes to its log."""
        with self._database.write() as connection:
            _come_back(connection, owner)
            mine = "SELECT 1 FROM jobs WHERE id = ? AND state = 'working' AND lease_owner = ?"
            if connection.execute(mine, (job, owner)).fetchone():
                _leave(connection, job, state, error, now, line)
                if state == "waiting":  # given back in order: that is no failed attempt
                    connection.execute("UPDATE jobs SET attempts = 0 WHERE id = ?", (job,))
                connection.execute(
                    "UPDATE jobs SET result = coalesce(?, result), lease_owner = '' WHERE id = ?", (result, job)
                )

    def close(self) -> None:
        self._database.close()


def _leave(connection: Connection, job: int, state: str, error: str, now: float, line: str) -> None:
    """End a job, which stays in the name of its worker: one that was only late may come back."""
    connection.execute(
        "UPDATE jobs SET state = ?1, error = ?2, stage = '', lease_until = 0, ended_at = iif(?1 = 'waiting', 0, ?3) "
        "WHERE id = ?4",
        (state, error, now, job),
    )
    _say(connection, job, now, line)


def _come_back(connection: Connection, owner: str) -> None:
    connection.execute(
        "UPDATE jobs SET state = 'working', ended_at = 0 WHERE state = 'interrupted' AND lease_owner = ? "
        "AND NOT EXISTS (SELECT 1 FROM jobs AS others WHERE others.lane = jobs.lane AND others.state = 'working')",
        (owner,),
    )


def _say(connection: Connection, job: int, now: float, line: str) -> None:
    connection.execute("INSERT INTO job_log (job_id, at, line) VALUES (?, ?, ?)", (job, now, line))


def _rows(connection: Connection, which: str, *values: str | float) -> list[JobRow]:
    rows: list[Any] = connection.execute(f"SELECT {_COLUMNS} FROM jobs {which}", values).fetchall()
    return [JobRow(*row) for row in rows]


def verify_jobs(home: Path) -> list[Finding]:
    """Check the file of the jobs, if there is one."""
    return find_damage(lambda: _open(home, accept_loss=False), home / _FILE, _TABLES, replaceable=True)


def repair_jobs(home: Path) -> None:
    """Write the file anew: with its rows where they can be read, else empty. What jobs have stored is elsewhere."""
    try:
        with closing(_open(home, accept_loss=True)) as database:
            database.read_all(_TABLES)
    except StoreError:
        remove_file(home / _FILE)
    with closing(_open(home, accept_loss=True)) as database:
        if not database.is_whole():
            database.rewrite(_copy_rows, backup=f"{_FILE}.damaged")
        with database.write():
            pass  # the next commit counts from what there is


def _open(home: Path, *, accept_loss: bool) -> Database:
    return Database(home / _FILE, _SCHEMA, _VERSION, {1: _from_format_1}, accept_loss=accept_loss)


def _copy_rows(connection: Connection) -> None:
    for table in _TABLES:
        # The condition keeps SQLite from copying whole indexes, which may be what is damaged.
        connection.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table} WHERE true")


def _from_format_1(connection: Connection) -> None:
    """The jobs on documents, with their files: there were no others, and no leases, so none is being done now."""
    connection.execute(
        """INSERT INTO main.jobs (id, kind, lane, payload, state, queued_at, started_at, ended_at, result, error,
               attempts, stop_wanted)
           SELECT id, kind, 'documents', iif(collection = '', '{}', json_object('collection', collection)), state,
               unixepoch(queued_at), coalesce(unixepoch(started_at), 0), coalesce(unixepoch(ended_at), 0),
               iif(kind = 'ingest', json_object('chunks', chunks), json_object('findings', json(findings))), error,
               attempts, stop_wanted
           FROM old.jobs"""
    )
    connection.execute("INSERT INTO main.job_files SELECT * FROM old.job_files")
