"""Doing the jobs of the queue, in a process of its own: ``python -m rag.jobs.worker``.

It ends when there is nothing left to do, and outlives the server that started it. What it was doing when it was killed,
the next one does again, and what is stored already is skipped.
"""

import argparse
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from ingest.pipeline.ingestion import Outcome, Progress
from ingest.sources.files import find_mapping_files
from ingest.sources.mapping import load_mapping
from ingest.sources.uploads import FOLDER, tidy
from rag.desk.maintenance import open_ingestion, repair, verify
from rag.jobs.queue import Job, JobQueue
from rag.quiet import quiet_libraries
from rag.settings.model import Settings, load_settings
from vectorstore.admin.library import open_database
from vectorstore.errors import RefdeskError
from vectorstore.sqlite import catalogue

logger = logging.getLogger(__name__)

_NICENESS = 5
"""Answering comes first."""
_REPORT_SECONDS = 0.5
_ROOT = Path(__file__).resolve().parents[2]


class _Stopped(Exception):
    """Someone wants the job to end."""


def see_to_jobs(queue: JobQueue) -> None:
    """Start a process that does the jobs, if there are some and none is at it."""
    if queue.next() is None:
        return
    with queue.only_worker() as free:
        pass
    if free:
        command = [sys.executable, "-m", "rag.jobs.worker", "--home", str(queue.home)]
        environment = os.environ | {"PYTHONPATH": str(_ROOT)}
        subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)


def do_jobs(settings: Settings) -> None:
    """Do what is queued until nothing is left, unless another process does."""
    with closing(JobQueue(settings.home)) as queue:
        while queue.next() is not None:
            with queue.only_worker() as alone:
                if not alone:
                    return
                while job := queue.next():
                    _do(job, queue, settings)
                _tidy(queue)


def _do(job: Job, queue: JobQueue, settings: Settings) -> None:
    if not queue.begin(job.id):
        remedy = "What it has stored is kept. Run `refdesk doctor`, and try again with fewer files."
        queue.end(job.id, "failed", error=f"The process that did this ended again and again. {remedy}")
        return
    report = _Report(queue, job.id)
    try:
        findings = []
        if job.kind == "ingest":
            _ingest(job, queue, settings, report)
        elif job.kind == "verify":
            findings = verify(settings)
        else:
            findings = repair(settings, lambda done, total: report.stage(f"{done:,} of {total:,}"))
        report.send()
        queue.end(job.id, "done", findings=findings)
    except _Stopped:
        queue.end(job.id, "stopped")
    except RefdeskError as error:
        queue.end(job.id, "failed", error=str(error))
    except Exception:
        logger.exception("a job failed")
        queue.end(job.id, "failed", error="Something went wrong. The terminal in which Refdesk was started says what.")


def _ingest(job: Job, queue: JobQueue, settings: Settings, report: "_Report") -> None:
    files = [Path(file.path) for file in queue.files(job.id, "waiting")]
    mappings = [load_mapping(path) for path in find_mapping_files(_folders(settings.home, files))]
    report.stage("Starting")
    with open_ingestion(
        settings,
        job.collection,
        mappings,
        report.files,
        lambda path: report.stage(f"Reading {path.name}"),
        lambda done, total: report.stage(f"Indexing anew, as the settings have changed: {done:,} of {total:,}"),
    ) as ingestion:
        ingestion.run(files)


def _folders(home: Path, files: Iterable[Path]) -> list[Path]:
    """The folders in which a mapping file for these uploaded files may lie."""
    root = home.resolve() / FOLDER
    return sorted({folder for path in files for folder in path.parents if folder.is_relative_to(root)})


class _Report:
    """Tells the queue how far a job is, so often that one can watch, and not more often. Raises _Stopped."""

    def __init__(self, queue: JobQueue, job: int) -> None:
        self._queue = queue
        self._job = job
        self._stage = ""
        self._outcomes: list[Outcome] = []
        self._last = 0.0
        self._lock = threading.RLock()  # files are read in another thread than they are stored

    def stage(self, stage: str) -> None:
        with self._lock:
            self._stage = stage
            self._send_if_due()

    def files(self, progress: Progress) -> None:
        with self._lock:
            self._outcomes += progress.outcomes
            self._send_if_due()

    def send(self) -> None:
        with self._lock:
            chunks = sum(outcome.chunks for outcome in self._outcomes)
            stop = self._queue.record(self._job, stage=self._stage, outcomes=self._outcomes, chunks=chunks)
            self._outcomes.clear()
        if stop:
            raise _Stopped

    def _send_if_due(self) -> None:
        now = time.monotonic()
        if now - self._last >= _REPORT_SECONDS:
            self._last = now
            self.send()


def _tidy(queue: JobQueue) -> None:
    with closing(open_database(queue.home)) as database, database.read() as connection:
        wanted = catalogue.known_paths(connection)
    tidy(queue.home, wanted | {file.path for job in queue.jobs() for file in queue.files(job.id)})


def main() -> None:
    parser = argparse.ArgumentParser(prog="rag.jobs.worker", description="Do the jobs that are queued.")
    parser.add_argument("--home", type=Path)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    quiet_libraries()
    os.nice(_NICENESS)
    do_jobs(load_settings(parser.parse_args().home))


if __name__ == "__main__":
    main()
