"""The process that does the jobs, with the packaged embedding model and real files."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ingest.sources.uploads import upload_path
from rag.jobs.queue import Job, JobQueue
from rag.jobs.worker import do_jobs, see_to_jobs
from rag.settings.model import load_settings
from vectorstore.admin.library import find_documents, list_refusals, show, status

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[JobQueue]:
    with closing(JobQueue(tmp_path)) as queue:
        yield queue


def uploaded(home: Path, name: str, text: str) -> Path:
    path = upload_path(home, "default", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def job_of(queue: JobQueue, job: int) -> Job:
    found = queue.get(job)
    assert found is not None
    return found


def test_what_is_queued_is_taken_in_checked_and_said_file_by_file(queue: JobQueue, tmp_path: Path) -> None:
    good = uploaded(tmp_path, "rules/bicycles.md", "# Bicycles\n\nBicycles are kept in shed 4.")
    broken = uploaded(tmp_path, "rules/broken.pdf", "no pdf")
    first = queue.add("ingest", "default", [good, broken])
    again = queue.add("ingest", "default", [good, broken])
    check = queue.add("verify")
    do_jobs(load_settings(tmp_path))
    assert [job.state for job in queue.jobs()] == ["done", "done", "done"]
    assert job_of(queue, first).counts == {"indexed": 1, "refused": 1}
    assert job_of(queue, first).chunks == 1
    assert job_of(queue, again).counts == {"unchanged": 1, "refused": 1}
    assert queue.files(first, "refused")[0].detail == "The PDF cannot be opened."
    assert [one.path for one in list_refusals(tmp_path)["default"]] == [str(broken)]
    assert job_of(queue, check).findings == ()
    assert find_documents(tmp_path, ["bicycles"])[1][0].title == "Bicycles"


def test_records_that_come_with_their_mapping_are_read_by_it(queue: JobQueue, tmp_path: Path) -> None:
    uploaded(
        tmp_path,
        "hours/refdesk-mapping.toml",
        'format = "csv"\nheading = "place"\ntext = ["opens"]\n',
    )
    table = uploaded(tmp_path, "hours/hours.csv", "place,opens,internal\nThe library,nine,4711\n")
    job = queue.add("ingest", "default", [table])
    do_jobs(load_settings(tmp_path))
    assert job_of(queue, job).error == ""
    text = "".join(page.text for page in show(tmp_path, str(table))[1])
    assert "nine" in text
    assert "4711" not in text


def test_a_killed_process_loses_nothing_and_the_next_one_goes_on(queue: JobQueue, tmp_path: Path) -> None:
    files = [uploaded(tmp_path, f"{n}.txt", f"Room {n} is on floor {n % 7}.") for n in range(60)]
    job = queue.add("ingest", "default", files)
    working = subprocess.Popen(
        [sys.executable, "-m", "rag.jobs.worker", "--home", str(tmp_path)], cwd=ROOT, start_new_session=True
    )
    while not job_of(queue, job).stage.startswith("Reading"):
        with suppress(subprocess.TimeoutExpired):
            assert working.wait(0.05) is None
    with queue.only_worker() as free:
        assert not free
    os.killpg(working.pid, signal.SIGKILL)
    working.wait()
    assert job_of(queue, job).state == "working"
    do_jobs(load_settings(tmp_path))
    assert job_of(queue, job).state == "done"
    assert job_of(queue, job).counts.get("refused", 0) == job_of(queue, job).counts.get("waiting", 0) == 0
    assert status(tmp_path)["documents"] == status(tmp_path)["contents"] == 60


def test_a_stopped_job_keeps_what_it_has_stored_and_ends(queue: JobQueue, tmp_path: Path) -> None:
    job = queue.add("ingest", "default", [uploaded(tmp_path, "a.txt", "One.")])
    queue.begin(job)
    queue.stop(job)
    do_jobs(load_settings(tmp_path))
    assert job_of(queue, job).state == "stopped"


def test_what_is_wrong_with_the_settings_is_said_by_the_job(
    queue: JobQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFDESK_EMBEDDING__MODEL", str(tmp_path / "nothing"))
    job = queue.add("verify")
    do_jobs(load_settings(tmp_path))
    assert job_of(queue, job).state == "failed"
    assert "nothing" in job_of(queue, job).error


def test_nobody_is_sent_for_where_nothing_is_to_be_done(queue: JobQueue, tmp_path: Path) -> None:
    see_to_jobs(queue)
    assert not (tmp_path / "jobs.lock").exists()
