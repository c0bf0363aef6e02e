"""Starting the worker program where there is something to do and nobody is at it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rag.jobs.leases import new_owner
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.types import Lane

NICENESS: Final[Mapping[Lane, int]] = {"documents": 5, "checks": 10, "training": 10, "measuring": 10}
"""The lanes that the program does, and how far it stands back: answering comes first, adding documents second.

Forms are read by the server (``rag.extraction.service``), whose reader is loaded already.
"""

_ROOT = Path(__file__).resolve().parents[2]


def see_to_jobs(queue: EmbeddedJobQueue) -> list[subprocess.Popen[bytes]]:
    """Start a process for each lane in which something waits, and return these processes.

    They end when nothing is left, and outlive this one.
    """
    started = []
    for lane in NICENESS:
        owner = new_owner()
        job = queue.take(lane, owner)  # for the process, so that nobody starts another one meanwhile
        if job is None:
            continue
        command = [sys.executable, "-m", "rag.worker", lane, "--home", str(queue.home), "--owner", owner]
        environment = os.environ | {"PYTHONPATH": str(_ROOT)}
        try:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
        except OSError:
            queue.end(job.id, owner, "waiting")
            raise
        started.append(process)
    return started
