"""A worker in a process of its own: ``python -m tests.jobs.another_worker HOME NAME``.

It takes the jobs of a lane until all are done, and prints those that it has done.
"""

import sys
import time
from contextlib import closing
from pathlib import Path

from rag.jobs.queue import EmbeddedJobQueue


def main(home: Path, name: str) -> None:
    deadline = time.monotonic() + 60
    with closing(EmbeddedJobQueue(home)) as queue:
        while any(not job.ended for job in queue.jobs("documents")) and time.monotonic() < deadline:
            if job := queue.take("documents", name):
                assert sum(one.state == "working" for one in queue.jobs("documents")) == 1
                queue.end(job.id, name, "done")
                print(job.id)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
