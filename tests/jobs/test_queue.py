"""The queue of jobs: what comes first, what is kept of them, and what happens when a worker is gone.

Every promise of ``rag.jobs.types.JobQueue`` is asked of the queue in a file and of its twin in memory.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.types import LEASE_SECONDS, Job, JobFile, JobKind, JobQueue, Lane, LeaseLost
from tests.jobs.clock import Clock
from tests.jobs.memory_queue import MemoryJobQueue
from vectorstore.errors import UsageError
from vectorstore.sqlite.jobs import repair_jobs, verify_jobs

FILES = ["/a.txt", "/b.txt", "/c.txt"]
ONE, TWO = "host:1:one", "host:2:two"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["file", "memory"])
def queue(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[JobQueue]:
    if request.param == "memory":
        yield MemoryJobQueue(clock)
    else:
        with closing(EmbeddedJobQueue(tmp_path, clock)) as queue:
            yield queue


def of(queue: JobQueue, job: int) -> Job:
    found = queue.get(job)
    assert found is not None
    return found


def take(queue: JobQueue, lane: Lane = "documents", owner: str = ONE) -> int:
    job = queue.take(lane, owner)
    assert job is not None
    return job.id


def test_a_job_is_what_was_asked_for_until_it_is_taken_in_its_turn(queue: JobQueue) -> None:
    first = queue.add("ingest", {"collection": "staff"}, FILES)
    second = queue.add("verify")
    job = of(queue, first)
    assert (job.collection, job.state, job.counts, job.files) == ("staff", "waiting", {"waiting": 3}, 3)
    assert job.queued_at == "2027-01-15T08:00:00+00:00"
    assert job.started_at == job.ended_at == ""
    assert [job.id for job in queue.jobs()] == [second, first]
    taken = queue.take("documents", ONE)
    assert taken is not None
    assert (taken.id, taken.state, taken.attempts) == (first, "working", 1)
    assert queue.held(ONE) == of(queue, first)
    assert queue.take("documents", TWO) is None
    queue.end(first, ONE, "done", result={"chunks": 7})
    assert (of(queue, first).state, of(queue, first).chunks) == ("done", 7)
    assert queue.held(ONE) is None
    assert take(queue, owner=TWO) == second
    queue.end(second, TWO, "failed", error="No room.")
    assert of(queue, second).error == "No room."
    assert of(queue, second).ended_at
    assert queue.take("documents", ONE) is None


def test_no_lane_waits_for_another(queue: JobQueue) -> None:
    kinds: list[JobKind] = ["train", "ingest", "check", "read_forms", "evaluate"]
    jobs = [queue.add(kind, {}, FILES if kind == "ingest" else ()) for kind in kinds]
    lanes: list[Lane] = ["training", "documents", "checks", "forms", "measuring"]
    assert [take(queue, lane) for lane in lanes] == jobs
    assert [job.id for job in queue.jobs("training", "forms")] == [jobs[3], jobs[0]]


def test_what_became_of_each_file_is_kept(queue: JobQueue) -> None:
    job = queue.add("ingest", {"collection": "default"}, FILES)
    take(queue)
    files = [JobFile("/b.txt", "refused", "damaged", "It cannot be opened."), JobFile("/a.txt", "indexed")]
    assert not queue.report(job, ONE, "Reading c.txt", 2, 3, files, {"chunks": 7})
    found = of(queue, job)
    assert (found.counts, found.chunks, found.stage) == ({"indexed": 1, "refused": 1, "waiting": 1}, 7, "Reading c.txt")
    assert (found.done, found.total) == (2, 3)
    assert queue.files(job, "refused") == [files[0]]
    assert [file.path for file in queue.files(job, "indexed", "waiting")] == ["/a.txt", "/c.txt"]
    assert len(queue.files(job, limit=2)) == 2
    queue.report(job, ONE, files=[JobFile("/new.txt", "indexed")])  # a folder that is followed has it by now
    assert of(queue, job).files == 4
    assert of(queue, job).chunks == 7


def test_stopping_ends_a_waiting_job_at_once_and_a_working_one_at_its_next_report(queue: JobQueue) -> None:
    working, waiting = queue.add("verify"), queue.add("verify")
    take(queue)
    queue.stop(working)
    queue.stop(waiting)
    assert [job.state for job in queue.jobs()] == ["stopped", "working"]
    assert of(queue, working).stop_wanted
    assert queue.report(working, ONE)
    queue.end(working, ONE, "stopped")
    queue.resume(working)
    again = queue.take("documents", ONE)
    assert again is not None
    assert (again.id, again.stop_wanted, again.attempts) == (working, False, 1)


def test_signs_of_life_keep_a_job_and_without_them_the_next_worker_goes_on(queue: JobQueue, clock: Clock) -> None:
    job, other = queue.add("ingest", {"collection": "c"}, FILES), queue.add("verify")
    take(queue)
    for _ in range(3):
        clock.now += LEASE_SECONDS - 1
        queue.renew(ONE)
        assert not queue.is_due("documents")
        assert queue.take("documents", TWO) is None
    clock.now += LEASE_SECONDS + 1
    assert queue.is_due("documents")
    assert take(queue, owner=TWO) == job  # before the other one, which has not begun
    with pytest.raises(LeaseLost):
        queue.report(job, ONE, "Reading")
    queue.end(job, ONE, "done")
    assert of(queue, job).state == "working"
    queue.end(job, TWO, "done")
    assert take(queue, owner=ONE) == other
    assert [line.text for line in queue.log(job)] == [
        f"Begun by {ONE}",
        "Its worker shows no sign of life: waiting",
        f"Begun by {TWO}",
        "Done",
    ]


def test_a_worker_that_was_late_has_its_job_still_where_nobody_took_it(queue: JobQueue, clock: Clock) -> None:
    job = queue.add("verify")
    take(queue)
    clock.now += LEASE_SECONDS + 1
    assert not queue.report(job, ONE, "Reading")
    assert not queue.is_due("documents")


def test_training_whose_worker_is_gone_is_interrupted_until_a_person_lets_it_go_on(
    queue: JobQueue, clock: Clock
) -> None:
    job = queue.add("train", {"run": "lamps"})
    take(queue, "training")
    clock.now += LEASE_SECONDS + 1
    assert queue.take("training", TWO) is None
    assert of(queue, job).state == "interrupted"
    assert not queue.is_due("training")
    queue.resume(job)
    assert take(queue, "training", TWO) == job


def test_training_on_a_machine_that_slept_goes_on_where_nothing_else_does(queue: JobQueue, clock: Clock) -> None:
    first, second = queue.add("train", {"run": "lamps"}), queue.add("check", {"run": "spades"})
    take(queue, "training")
    clock.now += 3600
    assert queue.take("training", TWO) is None
    assert of(queue, first).state == "interrupted"
    queue.renew(ONE)
    assert (of(queue, first).state, of(queue, first).ended_at) == ("working", "")
    assert not queue.is_due("training")
    clock.now += 3600
    third = queue.add("train", {"run": "spades"})
    assert take(queue, "training", TWO) == third
    queue.renew(ONE)
    with pytest.raises(LeaseLost):
        queue.report(first, ONE, "Training")
    assert (of(queue, first).state, of(queue, third).state) == ("interrupted", "working")
    queue.end(third, TWO, "done")
    queue.resume(first)
    queue.renew(ONE)  # it is for another one now
    assert (of(queue, first).state, of(queue, second).state) == ("waiting", "waiting")


def test_what_a_worker_has_given_up_does_not_come_back_with_its_last_sign_of_life(queue: JobQueue) -> None:
    job = queue.add("train", {"run": "lamps"})
    take(queue, "training")
    queue.end(job, ONE, "interrupted")
    queue.renew(ONE)
    assert of(queue, job).state == "interrupted"
    assert not queue.is_due("training")


def test_a_job_that_is_to_be_stopped_is_so_where_its_worker_is_gone(queue: JobQueue, clock: Clock) -> None:
    job = queue.add("verify")
    take(queue)
    queue.stop(job)
    clock.now += LEASE_SECONDS + 1
    assert queue.take("documents", TWO) is None
    assert of(queue, job).state == "stopped"


def test_a_job_whose_process_always_ends_is_given_up(queue: JobQueue, clock: Clock) -> None:
    job = queue.add("verify")
    for _ in range(3):
        assert take(queue) == job
        clock.now += LEASE_SECONDS + 1
    assert queue.take("documents", ONE) is None
    assert of(queue, job).state == "failed"
    assert "again and again" in of(queue, job).error


def test_a_job_that_is_given_back_waits_and_that_is_no_failed_attempt(queue: JobQueue) -> None:
    job, _ = queue.add("verify"), queue.add("verify")
    for _ in range(5):
        assert take(queue) == job
        queue.end(job, ONE, "waiting")
    assert (of(queue, job).state, of(queue, job).ended_at) == ("waiting", "")


def test_only_what_has_ended_is_forgotten_or_goes_on(queue: JobQueue) -> None:
    with pytest.raises(UsageError, match="no files"):
        queue.add("ingest", {"collection": "default"})
    job = queue.add("verify")
    queue.forget(job)
    with pytest.raises(UsageError, match="could go on"):
        queue.resume(job)
    assert take(queue) == job
    queue.end(job, ONE, "done")
    with pytest.raises(UsageError, match="could go on"):
        queue.resume(job)
    queue.forget(job)
    assert queue.jobs() == []
    assert queue.add("verify") > job


def test_of_a_job_that_is_not_there_nothing_is_known_and_nothing_happens(queue: JobQueue) -> None:
    assert queue.get(7) is queue.held(ONE) is None
    assert queue.files(7) == queue.log(7) == []
    queue.stop(7)
    queue.forget(7)
    queue.end(7, ONE, "done")
    with pytest.raises(LeaseLost):
        queue.report(7, ONE)
    with pytest.raises(UsageError):
        queue.resume(7)
    assert queue.jobs() == []


def test_the_oldest_of_many_ended_jobs_are_forgotten_but_no_training(queue: JobQueue) -> None:
    for _ in range(60):
        for kind, lane in (("verify", "documents"), ("train", "training")):
            job = queue.add(kind, {})  # type: ignore[arg-type]
            queue.take(lane, ONE)  # type: ignore[arg-type]
            queue.end(job, ONE, "done")
    assert 50 <= len(queue.jobs("documents")) <= 51
    assert len(queue.jobs("training")) == 60


def test_two_openings_of_one_home_share_its_jobs(tmp_path: Path) -> None:
    with closing(EmbeddedJobQueue(tmp_path)) as one, closing(EmbeddedJobQueue(tmp_path)) as two:
        job = one.add("verify")
        assert take(two, owner=TWO) == job
        assert one.take("documents", ONE) is None
        assert of(one, job).state == "working"


def test_two_processes_never_do_the_same_job(tmp_path: Path) -> None:
    with closing(EmbeddedJobQueue(tmp_path)) as queue:
        jobs = [queue.add("verify") for _ in range(40)]
        command = [sys.executable, "-m", "tests.jobs.another_worker", str(tmp_path)]
        root = Path(__file__).parents[2]
        workers = [
            subprocess.Popen([*command, name], cwd=root, stdout=subprocess.PIPE, text=True) for name in (ONE, TWO)
        ]
        done = [int(line) for worker in workers for line in worker.communicate(timeout=120)[0].split()]
        assert [worker.returncode for worker in workers] == [0, 0]
        assert sorted(done) == jobs
        assert {job.attempts for job in queue.jobs()} == {1}


def test_a_damaged_index_costs_no_job(tmp_path: Path) -> None:
    with closing(EmbeddedJobQueue(tmp_path)) as queue:
        queue.add("train", {"run": "lamps"})
    path = tmp_path / "jobs.db"
    with closing(apsw.Connection(str(path))) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'jobs_by_lane'").get
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = bytes(4096)
    path.write_bytes(data)
    assert [finding.repairable for finding in verify_jobs(tmp_path)] == [True]
    repair_jobs(tmp_path)
    assert verify_jobs(tmp_path) == []
    with closing(EmbeddedJobQueue(tmp_path)) as queue:
        assert [job.payload for job in queue.jobs()] == [{"run": "lamps"}]


def test_a_damaged_list_of_jobs_is_found_and_begun_anew(tmp_path: Path) -> None:
    assert verify_jobs(tmp_path) == []
    with closing(EmbeddedJobQueue(tmp_path)) as queue:
        queue.add("verify")
    assert verify_jobs(tmp_path) == []
    path = tmp_path / "jobs.db"
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    path.write_bytes(data)
    assert [finding.repairable for finding in verify_jobs(tmp_path)] == [True]
    repair_jobs(tmp_path)
    assert verify_jobs(tmp_path) == []
