"""What the page says of jobs."""

from datetime import UTC, datetime
from typing import Any

from rag.jobs.types import Job, JobFile
from ui.chat.pages.documents.views import job_line, job_view

NOW = datetime(2026, 5, 4, 12, 10, tzinfo=UTC)
HERE: dict[str, Any] = {"zone": UTC, "locale": "en-GB", "now": NOW}


def name_of(path: str) -> str:
    return path.removeprefix("/home/refdesk/files/staff/")


def job(**changes: Any) -> Job:
    given: dict[str, Any] = {
        "id": 7,
        "kind": "ingest",
        "payload": {"collection": "staff"},
        "state": "working",
        "queued_at": "2026-05-04T12:00:00+00:00",
        "started_at": "2026-05-04T12:00:00+00:00",
        "stage": "Reading c.pdf",
        "result": {"chunks": 1_234},
        "counts": {"indexed": 3, "refused": 1, "waiting": 4},
    }
    return Job(**(given | changes))


def test_a_job_says_how_far_it_is_and_how_long_it_will_take() -> None:
    assert job_line(job(), **HERE) == "4 of 8 files · 1,234 passages · Reading c.pdf · about 10 minutes left"
    assert job_line(job(counts={"waiting": 8}, result={}), **HERE) == "0 of 8 files · Reading c.pdf"
    folder = job(kind="sync", counts={"indexed": 2}, done=2, total=8, result={})
    assert job_line(folder, **HERE) == "2 of 8 files · Reading c.pdf · about 30 minutes left"
    assert job_line(job(stop_wanted=True), **HERE) == "Stopping"
    assert job_line(job(state="waiting"), **HERE) == "Waits for its turn · since today at 12:00"


def test_a_job_says_how_it_ended() -> None:
    ended = {"ended_at": "2026-05-04T12:05:00+00:00", "counts": {"indexed": 3, "unchanged": 2, "refused": 1}}
    assert job_line(job(state="done", **ended), **HERE) == (
        "3 added, 2 unchanged, 1 not read · 1,234 passages · today at 12:05"
    )
    assert job_line(job(state="stopped", **ended), **HERE).startswith("Stopped · 3 added")
    assert job_line(job(state="done", kind="verify", **ended), **HERE) == "Everything is whole · today at 12:05"


def test_files_that_were_not_read_come_with_their_reason_and_a_second_try() -> None:
    files = [
        JobFile("/home/refdesk/files/staff/rules/b.pdf", "refused", "damaged", "The PDF cannot be opened"),
        JobFile("/elsewhere/a.txt", "indexed", "", ""),
    ]
    done = job(state="done", counts={"indexed": 300, "refused": 1})
    view: Any = job_view(done, files, name_of, **HERE)
    assert view["title"] == "Added 301 files to staff"
    assert view["summary"] == "301 files, 1 not read"
    assert view["files"] == [
        {"name": "rules/b.pdf", "status": "Not read", "why": "The PDF cannot be opened."},
        {"name": "/elsewhere/a.txt", "status": "Added", "why": ""},
    ]
    assert (view["more"], view["retry"], view["opened"]) == (
        "… and 299 files more",
        "Try again what was not read",
        True,
    )
    working: Any = job_view(job(), [], name_of, **HERE)
    assert (working["share"], working["retry"], working["running"]) == (0.5, "", True)


def test_a_file_of_which_not_all_was_read_says_so_and_is_shown_at_once() -> None:
    files = [JobFile("/elsewhere/a.eml", "indexed", "", "Not read: b.zip. Files of this kind are not read.")]
    view: Any = job_view(job(state="done", counts={"indexed": 1}), files, name_of, **HERE)
    assert view["opened"]
    assert view["files"] == [
        {
            "name": "/elsewhere/a.eml",
            "status": "Read in part",
            "why": "Not read: b.zip. Files of this kind are not read.",
        }
    ]
    assert not view["retry"]
