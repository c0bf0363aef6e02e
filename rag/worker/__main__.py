"""The worker program: ``python -m rag.worker LANE``. It does what waits in a lane, and ends when nothing is left.

Told to end (SIGTERM or SIGINT), it ends at the next point where nothing is lost: what others can go on with waits
again, training leaves a checkpoint of its step.
"""

import argparse
import logging
import os
import signal
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from rag.jobs.leases import new_owner
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.starting import NICENESS
from rag.jobs.types import JobKind, JobQueue, Lane
from rag.jobs.worker import Work, Worker
from rag.settings.model import Settings, load_settings
from vectorstore.errors import UsageError
from vectorstore.models import quiet_libraries


def work_of(lane: Lane, settings: Settings, queue: JobQueue) -> Mapping[JobKind, Work]:
    """What does the jobs of a lane. Imported when it is needed: the libraries of each take seconds."""
    match lane:
        case "documents":
            from rag.worker.documents import document_work

            return document_work(settings, queue)
        case "checks" | "training":
            from rag.worker.training import training_work

            return training_work(settings)
        case "measuring":
            from rag.worker.measuring import measuring_work

            return measuring_work(settings)
        case "forms":
            raise UsageError("Forms are read by the server", where=lane, remedy="Start it with `refdesk serve`.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="rag.worker", description="Do the jobs that are queued.")
    parser.add_argument("lane", choices=list(NICENESS))
    parser.add_argument("--home", type=Path)
    parser.add_argument("--owner", help="the name under which a job was taken for this process")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    quiet_libraries()
    os.nice(NICENESS[arguments.lane])
    settings = load_settings(arguments.home)
    with closing(EmbeddedJobQueue(settings.home)) as queue:
        lane, owner = arguments.lane, arguments.owner or new_owner()
        worker = Worker(queue, lane, owner, lambda: work_of(lane, settings, queue))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.leave())
        worker.run()


if __name__ == "__main__":
    main()
