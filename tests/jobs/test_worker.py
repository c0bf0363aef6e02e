"""A worker does what waits in its lane and says how far it is, whatever happens to it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from rag.jobs.types import LEASE_SECONDS, Job, JobFile, JobQueue
from rag.jobs.worker import Report, Worker
from tests.jobs.clock import Clock
from tests.jobs.memory_queue import MemoryJobQueue
from vectorstore.errors import RefdeskError

FILES = ["/a.txt", "/b.txt"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> MemoryJobQueue:
    return MemoryJobQueue(clock)


def worker_of(queue: JobQueue, ingest: Callable[[Job, Report], Mapping[str, Any]]) -> Worker:
    return Worker(queue, "documents", "me", lambda: {"ingest": ingest})


def ended(queue: JobQueue, job: int) -> tuple[str, dict[str, int], str]:
    found = queue.get(job)
    assert found is not None
    return found.state, dict(found.counts), queue.log(job)[-1].text


def add(queue: JobQueue) -> int:
    return queue.add("ingest", {"collection": "staff"}, FILES)


def one_file(report: Report) -> None:
    report.files([JobFile("/a.txt", "indexed")], 1, 2, {"chunks": 3})


def test_all_that_waits_is_done_in_its_order(queue: MemoryJobQueue) -> None:
    jobs, done = [add(queue), add(queue)], []

    def ingest(job: Job, report: Report) -> Mapping[str, Any]:
        done.append(job.id)
        one_file(report)
        report.files([JobFile("/b.txt", "refused", "damaged", "It is none.")], 2, 2, {"chunks": 3})
        return {"chunks": 3}

    worker_of(queue, ingest).run()
    assert done == jobs
    assert ended(queue, jobs[1]) == ("done", {"indexed": 1, "refused": 1}, "Done")


def test_a_worker_that_is_to_leave_tells_what_it_has_done_and_gives_the_job_back(queue: MemoryJobQueue) -> None:
    job = add(queue)

    def ingest(_job: Job, report: Report) -> Mapping[str, Any]:
        report.stage("Reading a.txt")
        worker.leave()
        one_file(report)
        raise AssertionError("a report after that is the last")

    worker = worker_of(queue, ingest)
    worker.run()
    assert ended(queue, job) == ("waiting", {"indexed": 1, "waiting": 1}, "Given back")
    worker.run()  # it does no more
    assert ended(queue, job)[0] == "waiting"


def test_a_stop_that_a_person_asks_for_ends_the_job_even_where_the_worker_leaves(queue: MemoryJobQueue) -> None:
    job = add(queue)

    def ingest(_job: Job, report: Report) -> Mapping[str, Any]:
        queue.stop(job)
        worker.leave()
        report.stage("Reading a.txt")
        return {}

    worker = worker_of(queue, ingest)
    worker.run()
    assert ended(queue, job)[0] == "stopped"


@pytest.mark.parametrize(
    ("error", "said", "line"),
    [
        (RefdeskError("The disk is full", remedy="Make room."), "The disk is full. Make room.", "Failed: RefdeskError"),
        (
            ValueError("secret words"),
            "The terminal in which Refdesk was started says what.",
            "Failed: ValueError (test",
        ),
    ],
)
def test_what_went_wrong_is_said_and_its_words_are_not_logged(
    queue: MemoryJobQueue, error: Exception, said: str, line: str
) -> None:
    first, second = add(queue), add(queue)

    def ingest(job: Job, report: Report) -> Mapping[str, Any]:
        one_file(report)
        if job.id == first:
            raise error
        return {}

    worker_of(queue, ingest).run()
    failed = queue.get(first)
    assert failed is not None
    assert said in failed.error
    assert ended(queue, first)[2].startswith(line)
    assert "words" not in ended(queue, first)[2]
    assert ended(queue, first)[1] == {"indexed": 1, "waiting": 1}
    assert ended(queue, second)[0] == "done"


def test_a_job_that_another_worker_has_taken_over_is_left_to_it(queue: MemoryJobQueue, clock: Clock) -> None:
    job = add(queue)

    def ingest(_job: Job, report: Report) -> Mapping[str, Any]:
        clock.now += LEASE_SECONDS + 1
        assert queue.take("documents", "other") is not None
        one_file(report)
        raise AssertionError("it has lost the job")

    worker_of(queue, ingest).run()
    assert ended(queue, job) == ("working", {"waiting": 2}, "Begun by other")
