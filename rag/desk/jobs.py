"""The background work on the documents; see ``rag.desk.protocols.Jobs``."""

from collections.abc import Callable, Sequence
from typing import Literal

from rag.access.types import Principal, require_curator
from rag.desk.protocols import Documents
from rag.jobs.types import FileStatus, Job, JobFile, JobQueue, Lane


class DeskJobs:
    """Those of a queue. ``start_worker`` sees that what waits in it is done, by a program of its own."""

    def __init__(self, queue: JobQueue, documents: Documents, start_worker: Callable[[], object]) -> None:
        self._queue = queue
        self._documents = documents
        self._start_worker = start_worker

    def list(self, principal: Principal, *lanes: Lane) -> Sequence[Job]:
        require_curator(principal)
        return self._queue.jobs(*lanes)

    def get(self, principal: Principal, job: int) -> Job | None:
        require_curator(principal)
        return self._queue.get(job)

    def files(self, principal: Principal, job: int, *statuses: FileStatus, limit: int = -1) -> Sequence[JobFile]:
        require_curator(principal)
        return self._queue.files(job, *statuses, limit=limit)

    def ingest(self, principal: Principal, collection: str, files: Sequence[str]) -> int:
        require_curator(principal)
        job = self._queue.add("ingest", {"collection": collection}, files)
        self._start_worker()
        return job

    def try_again(self, principal: Principal, collection: str, files: Sequence[str]) -> int:
        self._documents.forget_refusals(principal, collection, files)
        return self.ingest(principal, collection, files)

    def look_after(self, principal: Principal, kind: Literal["verify", "repair"]) -> int:
        require_curator(principal)
        job = self._queue.add(kind)
        self._start_worker()
        return job

    def see_to(self, principal: Principal) -> None:
        require_curator(principal)
        self._start_worker()

    def stop(self, principal: Principal, job: int) -> None:
        require_curator(principal)
        self._queue.stop(job)

    def forget(self, principal: Principal, job: int) -> None:
        require_curator(principal)
        self._queue.forget(job)
