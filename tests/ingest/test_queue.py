"""The queue of jobs: what comes first, what is kept of them, and what happens when their process ends."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.pipeline.ingestion import Outcome
from rag.jobs.queue import JobQueue, repair_jobs, verify_jobs
from vectorstore.errors import UsageError
from vectorstore.types import Finding

FILES = [Path("/a.txt"), Path("/b.txt"), Path("/c.txt")]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[JobQueue]:
    with closing(JobQueue(tmp_path)) as queue:
        yield queue


def test_jobs_are_done_in_their_order_and_an_interrupted_one_first(queue: JobQueue) -> None:
    first, second = queue.add("ingest", "staff", FILES), queue.add("verify")
    job = queue.next()
    assert job is not None
    assert (job.id, job.collection, job.state, job.counts, job.files) == (first, "staff", "waiting", {"waiting": 3}, 3)
    assert queue.begin(second)  # and its process ends
    assert getattr(queue.next(), "id", None) == second
    queue.end(second, "done", findings=[Finding("An index file is missing", "x", repairable=True)])
    assert getattr(queue.next(), "id", None) == first
    queue.end(first, "failed", error="No room.")
    assert queue.next() is None
    assert [(job.id, job.state, job.error, len(job.findings)) for job in queue.jobs()] == [
        (second, "done", "", 1),
        (first, "failed", "No room.", 0),
    ]


def test_what_became_of_each_file_is_kept(queue: JobQueue) -> None:
    job = queue.add("ingest", "default", FILES)
    outcomes = [
        Outcome("/b.txt", "refused", reason="damaged", detail="It cannot be opened."),
        Outcome("/a.txt", "indexed", chunks=7),
    ]
    assert not queue.record(job, stage="Reading c.txt", outcomes=outcomes, chunks=7)
    found = queue.get(job)
    assert found is not None
    assert (found.counts, found.chunks, found.stage) == ({"indexed": 1, "refused": 1, "waiting": 1}, 7, "Reading c.txt")
    assert [(file.path, file.detail) for file in queue.files(job, "refused")] == [("/b.txt", "It cannot be opened.")]
    assert [file.path for file in queue.files(job, "indexed", "waiting")] == ["/a.txt", "/c.txt"]
    assert len(queue.files(job, limit=2)) == 2


def test_stopping_ends_a_waiting_job_at_once_and_a_working_one_at_its_next_report(queue: JobQueue) -> None:
    working, waiting = queue.add("ingest", "default", FILES), queue.add("ingest", "default", FILES)
    queue.begin(working)
    queue.stop(working)
    queue.stop(waiting)
    assert [job.state for job in queue.jobs()] == ["stopped", "working"]
    assert queue.record(working)


def test_a_job_whose_process_always_ends_is_given_up(queue: JobQueue) -> None:
    job = queue.add("verify")
    assert [queue.begin(job) for _ in range(4)] == [True, True, True, False]


def test_one_process_at_a_time_has_the_right_to_do_jobs(queue: JobQueue) -> None:
    with queue.only_worker() as first, closing(JobQueue(queue.home)) as other, other.only_worker() as second:
        assert (first, second) == (True, False)
    with queue.only_worker() as again:
        assert again


def test_a_job_without_files_is_refused_and_one_under_way_is_not_forgotten(queue: JobQueue) -> None:
    with pytest.raises(UsageError, match="no files"):
        queue.add("ingest", "default")
    job = queue.add("verify")
    queue.forget(job)
    assert queue.get(job) is not None
    queue.end(job, "done")
    queue.forget(job)
    assert queue.jobs() == []


def test_the_oldest_of_many_ended_jobs_are_forgotten(queue: JobQueue) -> None:
    for _ in range(60):
        queue.end(queue.add("verify"), "done")
    assert 50 <= len(queue.jobs()) <= 51


def test_a_damaged_list_of_jobs_is_found_and_begun_anew(queue: JobQueue, tmp_path: Path) -> None:
    queue.add("verify")
    queue.close()
    assert verify_jobs(tmp_path) == []
    path = tmp_path / "jobs.db"
    data = bytearray(path.read_bytes())
    data[2 * 4096 : 3 * 4096] = bytes(4096)
    path.write_bytes(data)
    assert [finding.repairable for finding in verify_jobs(tmp_path)] == [True]
    repair_jobs(tmp_path)
    assert verify_jobs(tmp_path) == []
