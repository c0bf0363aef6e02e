"""Doing the jobs of a lane, one after the other, until none is left."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag.jobs.leases import Heartbeat
from rag.jobs.types import TAKEN_OVER, Job, JobFile, JobKind, JobQueue, JobState, Lane, LeaseLost, Stopped
from vectorstore.errors import RefdeskError

logger = logging.getLogger(__name__)

_REPORT_SECONDS = 0.5
WRONG = "Something went wrong. The terminal in which Refdesk was started says what."


class Report:
    """Tells the queue how far a job is, so often that one can watch, and not more often. For several threads.

    Every call raises Stopped where the job is to end for now, or another worker has taken it over.
    """

    def __init__(self, queue: JobQueue, job: int, owner: str, leaving: threading.Event) -> None:
        self._queue = queue
        self._job = job
        self._owner = owner
        self._leaving = leaving
        self._stage = ("", 0, 0)
        self._files: list[JobFile] = []
        self._result: Mapping[str, Any] | None = None
        self._untold = False
        self._last = 0.0
        self._lock = threading.RLock()

    def stage(self, stage: str, done: int = 0, total: int = 0) -> None:
        with self._lock:
            self._stage = (stage, done, total)
            self._tell()

    def look(self) -> None:
        """There is nothing to tell; is the job to go on?"""
        with self._lock:
            self._tell()

    def phase(self, what: str, done: int, total: int) -> None:
        """As ``stage``; another phase is told at once, as it may be long until there is more to tell."""
        with self._lock:
            another = what != self._stage[0]
            self.stage(what, done, total)
            if another:
                self.send()

    def files(self, files: Iterable[JobFile], done: int, total: int, result: Mapping[str, Any]) -> None:
        """What became of some files, and what has come of the job so far."""
        with self._lock:
            self._stage = (self._stage[0], done, total)
            self._files += files
            self._result = result
            self._tell()

    def send(self) -> None:
        """Tell what is not told yet."""
        with self._lock:
            if not self._untold:
                return
            files, self._files, self._untold = self._files, [], False
            try:
                stop = self._queue.report(self._job, self._owner, *self._stage, files, self._result)
            except LeaseLost as lost:
                raise Stopped from lost
            self._last = time.monotonic()
        if stop:
            raise Stopped

    def _tell(self) -> None:
        self._untold = True
        if self._leaving.is_set():
            raise Stopped  # what is untold is told by whoever ends the job
        if time.monotonic() - self._last >= _REPORT_SECONDS:
            self.send()


Work = Callable[[Job, Report], Mapping[str, Any]]
"""Does a job of some kind and returns its result. Raises RefdeskError, and Stopped where the report does."""


class Worker:
    """Does the jobs of one lane under the name ``owner``.

    ``load`` gives what does each kind, once there is a job: its libraries may take seconds, in which the worker shows
    signs of life already.
    """

    def __init__(self, queue: JobQueue, lane: Lane, owner: str, load: Callable[[], Mapping[JobKind, Work]]) -> None:
        self._queue = queue
        self._lane = lane
        self._owner = owner
        self._load = load
        self._leaving = threading.Event()

    def leave(self) -> None:
        """Begin no further job. The one that is being done ends at its next report, and is given back."""
        self._leaving.set()

    @property
    def leaving(self) -> bool:
        return self._leaving.is_set()

    def run(self) -> None:
        with Heartbeat(lambda: self._queue.renew(self._owner)):
            job = self._queue.held(self._owner)  # taken for this worker by whoever started it
            while not self._leaving.is_set() and (job := job or self._queue.take(self._lane, self._owner)):
                self._do(job)
                job = None
            if job:
                self._give_back(job)

    def _do(self, job: Job) -> None:
        report = Report(self._queue, job.id, self._owner, self._leaving)
        try:
            result = self._load()[job.kind](job, report)
            report.send()
            self._queue.end(job.id, self._owner, "done", result=result)
        except Stopped:
            _tell_the_rest(report)
            if self._leaving.is_set():
                self._give_back(job)
            else:
                self._queue.end(job.id, self._owner, "stopped")
        except RefdeskError as error:
            _tell_the_rest(report)
            self._queue.end(job.id, self._owner, "failed", error=str(error), line=type(error).__name__)
        except Exception as error:
            logger.exception("a job failed")
            _tell_the_rest(report)
            self._queue.end(job.id, self._owner, "failed", error=WRONG, line=_place(error))

    def _give_back(self, job: Job) -> None:
        now = self._queue.get(job.id)
        state: JobState = "waiting" if job.kind in TAKEN_OVER else "interrupted"
        self._queue.end(job.id, self._owner, "stopped" if now and now.stop_wanted else state)


def _tell_the_rest(report: Report) -> None:
    with suppress(Stopped):
        report.send()


def _place(error: Exception) -> str:
    """The kind of an error and where it came up, without what it says, which may hold content."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} ({Path(place.filename).name}, line {place.lineno})"
