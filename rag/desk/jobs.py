"""Background work; see ``rag.desk.protocols.Jobs``."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from rag.access.types import Principal, require_curator
from rag.desk.protocols import Documents
from rag.evaluation.types import Kind
from rag.jobs.types import FileStatus, Job, JobFile, JobKind, JobQueue, Lane, LogLine


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
        return self._add(principal, "ingest", {"collection": collection}, files)

    def try_again(self, principal: Principal, collection: str, files: Sequence[str]) -> int:
        self._documents.forget_refusals(principal, collection, files)
        return self.ingest(principal, collection, files)

    def look_after(self, principal: Principal, kind: Literal["verify", "repair"]) -> int:
        return self._add(principal, kind, {})

    def sync(self, principal: Principal, collection: str, paths: Sequence[str], *, allow_empty: bool = False) -> int:
        return self._add(
            principal, "sync", {"collection": collection, "paths": list(paths), "allow_empty": allow_empty}
        )

    def evaluate(
        self, principal: Principal, what: Kind, data: str = "", limit: int | None = None, collection: str = ""
    ) -> int:
        return self._add(principal, "evaluate", {"what": what, "data": data, "limit": limit, "collection": collection})

    def quantize(self, principal: Principal, model: str, method: str, output: str) -> int:
        return self._add(principal, "quantize", {"model": model, "method": method, "output": output})

    def see_to(self, principal: Principal) -> None:
        require_curator(principal)
        self._start_worker()

    def stop(self, principal: Principal, job: int) -> None:
        require_curator(principal)
        self._queue.stop(job)

    def resume(self, principal: Principal, job: int) -> None:
        require_curator(principal)
        self._queue.resume(job)
        self._start_worker()

    def log(self, principal: Principal, job: int) -> Sequence[LogLine]:
        require_curator(principal)
        return self._queue.log(job)

    def forget(self, principal: Principal, job: int) -> None:
        require_curator(principal)
        self._queue.forget(job)

    def _add(self, principal: Principal, kind: JobKind, payload: Mapping[str, Any], files: Sequence[str] = ()) -> int:
        require_curator(principal)
        job = self._queue.add(kind, payload, files)
        self._start_worker()
        return job
