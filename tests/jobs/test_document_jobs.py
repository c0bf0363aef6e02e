"""The worker that does the jobs on documents, with the packaged embedding model and real files."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ingest.sources.uploads import upload_path
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.starting import see_to_jobs
from rag.jobs.types import LEASE_SECONDS, Job
from rag.jobs.worker import Worker
from rag.settings.model import load_settings
from rag.worker.documents import document_work
from tests.jobs.clock import ClockAhead
from vectorstore.embedded import open_store
from vectorstore.library import show, status
from vectorstore.types import EVERYTHING

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clock() -> ClockAhead:
    return ClockAhead()


@pytest.fixture
def queue(tmp_path: Path, clock: ClockAhead) -> Iterator[EmbeddedJobQueue]:
    with closing(EmbeddedJobQueue(tmp_path, clock)) as queue:
        yield queue


def uploaded(home: Path, name: str, text: str) -> str:
    path = upload_path(home, "default", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def do_jobs(queue: EmbeddedJobQueue) -> None:
    Worker(queue, "documents", "test", lambda: document_work(load_settings(queue.home), queue)).run()


def started(home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "rag.worker", "documents", "--home", str(home)]
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True)


def reading(queue: EmbeddedJobQueue, job: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a file of the job is read."""
    while not job_of(queue, job).stage.startswith("Reading"):
        with suppress(subprocess.TimeoutExpired):
            assert process.wait(0.05) is None


def job_of(queue: EmbeddedJobQueue, job: int) -> Job:
    found = queue.get(job)
    assert found is not None
    return found


def test_what_is_queued_is_taken_in_checked_and_said_file_by_file(queue: EmbeddedJobQueue, tmp_path: Path) -> None:
    good = uploaded(tmp_path, "rules/bicycles.md", "# Bicycles\n\nBicycles are kept in shed 4.")
    broken = uploaded(tmp_path, "rules/broken.pdf", "no pdf")
    first = queue.add("ingest", {"collection": "default"}, [good, broken])
    again = queue.add("ingest", {"collection": "default"}, [good, broken])
    check = queue.add("verify")
    do_jobs(queue)
    assert [job.state for job in queue.jobs()] == ["done", "done", "done"]
    assert job_of(queue, first).counts == {"indexed": 1, "refused": 1}
    assert job_of(queue, first).chunks == 1
    assert job_of(queue, again).counts == {"unchanged": 1, "refused": 1}
    assert queue.files(first, "refused")[0].detail == "The PDF cannot be opened."
    with closing(open_store(tmp_path)) as knowledge, knowledge.view() as view:
        assert [one.path for one in view.refusals(EVERYTHING)["default"]] == [broken]
        assert view.documents(EVERYTHING, ["bicycles"])[1][0].title == "Bicycles"
    assert job_of(queue, check).findings == ()


def test_a_folder_is_followed_file_by_file(queue: EmbeddedJobQueue, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "a.txt").write_text("Lamps are in the attic.")
    (folder / "b.txt").write_text("Spades are in the shed.")
    job = queue.add("sync", {"collection": "house", "paths": [str(folder)]})
    do_jobs(queue)
    assert (job_of(queue, job).counts, job_of(queue, job).error) == ({"indexed": 2}, "")
    (folder / "b.txt").unlink()
    again = queue.add("sync", {"collection": "house", "paths": [str(folder)]})
    do_jobs(queue)
    assert job_of(queue, again).result == {"chunks": 0, "removed": 1, "moved": 0}
    assert status(tmp_path, EVERYTHING)["collections"] == {"house": 1}


def test_records_that_come_with_their_mapping_are_read_by_it(queue: EmbeddedJobQueue, tmp_path: Path) -> None:
    uploaded(
        tmp_path,
        "hours/refdesk-mapping.toml",
        'format = "csv"\nheading = "place"\ntext = ["opens"]\n',
    )
    table = uploaded(tmp_path, "hours/hours.csv", "place,opens,internal\nThe library,nine,4711\n")
    job = queue.add("ingest", {"collection": "default"}, [table])
    do_jobs(queue)
    assert job_of(queue, job).error == ""
    with closing(open_store(tmp_path)) as knowledge:
        text = "".join(page.text for page in show(knowledge, table, EVERYTHING)[1])
    assert "nine" in text
    assert "4711" not in text


def test_a_killed_process_loses_nothing_and_the_next_one_goes_on(
    queue: EmbeddedJobQueue, tmp_path: Path, clock: ClockAhead
) -> None:
    files = [uploaded(tmp_path, f"{n}.txt", f"Room {n} is on floor {n % 7}.") for n in range(60)]
    job = queue.add("ingest", {"collection": "default"}, files)
    working = started(tmp_path)
    reading(queue, job, working)
    do_jobs(queue)  # nothing: another one is at it
    assert job_of(queue, job).state == "working"
    os.killpg(working.pid, signal.SIGKILL)
    working.wait()
    assert job_of(queue, job).state == "working"
    clock.ahead = LEASE_SECONDS + 1
    do_jobs(queue)
    assert job_of(queue, job).state == "done"
    assert job_of(queue, job).counts.get("refused", 0) == job_of(queue, job).counts.get("waiting", 0) == 0
    assert status(tmp_path, EVERYTHING)["documents"] == status(tmp_path, EVERYTHING)["contents"] == 60


def test_a_process_that_is_told_to_end_gives_its_job_back(queue: EmbeddedJobQueue, tmp_path: Path) -> None:
    files = [uploaded(tmp_path, f"{n}.txt", f"Room {n} is on floor {n % 7}.") for n in range(600)]
    job = queue.add("ingest", {"collection": "default"}, files)
    working = started(tmp_path)
    reading(queue, job, working)
    working.send_signal(signal.SIGTERM)
    assert working.wait(60) == 0
    assert job_of(queue, job).state == "waiting"
    assert [line.text for line in queue.log(job)][-1] == "Given back"
    do_jobs(queue)
    assert job_of(queue, job).state == "done"
    assert status(tmp_path, EVERYTHING)["documents"] == 600


def test_a_stopped_job_keeps_what_it_has_stored_and_ends(queue: EmbeddedJobQueue, tmp_path: Path) -> None:
    job = queue.add("ingest", {"collection": "default"}, [uploaded(tmp_path, "a.txt", "One.")])
    queue.take("documents", "test")
    queue.stop(job)
    do_jobs(queue)
    assert job_of(queue, job).state == "stopped"


def test_what_is_wrong_with_the_settings_is_said_by_the_job(
    queue: EmbeddedJobQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFDESK_EMBEDDING__MODEL", str(tmp_path / "nothing"))
    job = queue.add("verify")
    do_jobs(queue)
    assert job_of(queue, job).state == "failed"
    assert "nothing" in job_of(queue, job).error
    assert [line.text for line in queue.log(job)][-1] == "Failed: ModelUnavailable"


def test_a_process_is_sent_for_once_and_does_what_waits(queue: EmbeddedJobQueue, tmp_path: Path) -> None:
    job = queue.add("verify")
    (process,) = see_to_jobs(queue)
    assert job_of(queue, job).state == "working"
    assert see_to_jobs(queue) == []
    assert process.wait(120) == 0
    assert job_of(queue, job).state == "done"
