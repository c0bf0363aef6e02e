"""A home of the release before there was one queue (``tests/data/old_home.zip``) opens, and nothing of it is lost.

Its jobs were in a file of format 1, each training run in files of its folder, its forms in a list with states of its
own, and turns of conversations had no leases. The script that made it lies in it, as ``written-by.txt``.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag.access.types import LOCAL_OWNER
from rag.conversations.store import ConversationStore
from rag.extraction.form_store import FormStore
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.types import Job
from rag.training.generator.serving import can_go_back
from rag.training.runs.store import Runs
from vectorstore.library import status
from vectorstore.sqlite.conversations import verify_conversations
from vectorstore.sqlite.forms import verify_forms
from vectorstore.sqlite.jobs import verify_jobs
from vectorstore.types import EVERYTHING


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.unpack_archive(Path(__file__).parents[1] / "data/old_home.zip", tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def queue(home: Path) -> Iterator[EmbeddedJobQueue]:
    with closing(EmbeddedJobQueue(home)) as queue:
        yield queue


def test_the_jobs_are_there_with_their_files_and_what_was_found(queue: EmbeddedJobQueue) -> None:
    jobs = queue.jobs("documents")
    assert [(job.kind, job.state) for job in reversed(jobs)] == [
        ("ingest", "done"),
        ("verify", "done"),
        ("ingest", "stopped"),
        ("repair", "failed"),
        ("ingest", "working"),
        ("verify", "waiting"),
    ]
    _, half, failed, _, verified, ingested = jobs
    assert (ingested.collection, ingested.chunks, ingested.counts) == ("staff", 1, {"indexed": 1, "refused": 1})
    assert queue.files(ingested.id, "refused")[0].path.endswith("files/staff/rules/broken.pdf")
    assert ingested.queued_at.startswith("2026-11-30T13:")
    assert [found.what for found in verified.findings] == ["An index file is missing"]
    assert failed.error == "No room."
    assert half.counts == {"waiting": 2}


def test_what_was_being_done_is_gone_on_with_before_what_waits(queue: EmbeddedJobQueue) -> None:
    job = queue.take("documents", "new")
    assert job is not None
    assert (job.kind, job.attempts) == ("ingest", 2)


def test_every_training_run_is_there_as_far_as_it_was(queue: EmbeddedJobQueue, home: Path) -> None:
    runs = Runs(queue)
    found = {run.name.rpartition("-")[2]: run for run in runs.all()}
    assert {name: (run.training is not None, run.state) for name, run in found.items()} == {
        "asked": (False, "waiting"),
        "halfcheck": (False, "waiting"),
        "checked": (False, "done"),
        "waits": (True, "waiting"),
        "broke": (True, "interrupted"),
        "stopped": (True, "stopped"),
        "failed": (False, "failed"),
        "done": (True, "done"),
        "hand": (False, "stopped"),
    }
    assert found["checked"].is_ready
    assert (found["checked"].checked["samples"], found["checked"].checked["model"]) == (45, "SmolLM2")
    assert found["failed"].error == "The data hold no samples: failed.csv."
    done = found["done"]
    assert done.is_trained
    assert done.request is not None
    assert (done.request.data, done.request.preset, done.request.values) == (
        ("/data/done.csv",),
        "laptop",
        {"epochs": 6},
    )
    assert (done.report["steps"], len(done.log)) == (18, 18)
    assert (home / "runs/served.json").exists()
    assert not can_go_back(home)  # the settings name another generator
    assert found["hand"].request is None
    for name in ("broke", "stopped"):
        assert found[name].can_go_on
        assert found[name].settings["model"] == "SmolLM2"
    runs.start(found["stopped"].name)
    job = queue.take("training", "new")
    assert job is not None
    assert job.payload["run"] == found["stopped"].name  # it was begun before the one that waits
    assert list(home.glob("runs/*/request.json")) == list(home.glob("runs/*/status.json")) == []


def test_runs_are_taken_over_once_even_where_that_was_interrupted(queue: EmbeddedJobQueue, home: Path) -> None:
    kept = home.parent / "kept"
    shutil.copytree(home / "runs", kept)
    before = [(run.name, run.state) for run in Runs(queue).all()]
    shutil.rmtree(home / "runs")
    kept.rename(home / "runs")  # as if the files had not been removed yet
    assert [(run.name, run.state) for run in Runs(queue).all()] == before
    assert len(queue.jobs("checks")) == 8


def test_the_documents_are_there(home: Path) -> None:
    held = status(home, EVERYTHING)
    assert (held["documents"], held["collections"]) == (1, {"staff": 1})


def test_conversations_keep_their_answers_and_verdicts(home: Path) -> None:
    with closing(ConversationStore(home)) as store:
        failed, long = store.list(LOCAL_OWNER)
        assert failed.title == "What about keys?"
        conversation = store.get(long.id)
    assert conversation is not None
    first, second = conversation.turns
    assert (first.question, first.state) == ("Where are bicycles kept?", "done")
    assert first.answer is not None
    assert first.answer.citations[0].quote == "Bicycles are kept in shed 4."
    assert first.feedback is not None
    assert (first.feedback.rating, first.feedback.right_answer) == ("down", "In shed 5.")
    assert second.state == "stopped"  # whoever answered it is gone
    assert second.answer is not None


def test_forms_keep_what_was_read_and_those_that_waited_are_read(home: Path) -> None:
    with closing(FormStore(home)) as store:
        forms = {form.path.stem: form for form in store.forms()}
        assert {name: form.state for name, form in forms.items()} == {
            "read": "done",
            "failed": "failed",
            "stopped": "stopped",
            "reading": "waiting",
            "waiting": "waiting",
            "example": "waiting",
        }
        assert all(form.path.read_bytes() == f"%PDF {form.name}".encode() for form in forms.values())
        assert forms["failed"].error == "There is no such schema: invoice."
        assert forms["read"].accepted
        read = store.get(forms["read"].id)
        assert read is not None
        assert read.extraction is not None
        assert read.extraction.fields["invoice_number"].value == "INV-7"
        assert read.extraction.layout is not None
        assert read.extraction.layout.title == "Invoice"
        assert store.added() == [forms[name].id for name in ("reading", "waiting", "example")]


def test_the_files_are_whole(home: Path) -> None:
    EmbeddedJobQueue(home).close()
    ConversationStore(home).close()
    FormStore(home).close()
    assert verify_jobs(home) == verify_conversations(home) == verify_forms(home) == []


class LateQueue(EmbeddedJobQueue):
    """Another process takes the former runs over, just before this one does."""

    def adopt(self, jobs: Iterable[Job]) -> None:
        with closing(EmbeddedJobQueue(self.home)) as other:
            Runs(other)
        super().adopt(jobs)


def test_runs_that_two_processes_take_over_at_once_are_there_once(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "alone")
    with closing(EmbeddedJobQueue(tmp_path / "alone")) as alone, closing(LateQueue(home)) as late:
        wanted, found = Runs(alone).all(), Runs(late).all()
        assert [(run.name, run.state) for run in found] == [(run.name, run.state) for run in wanted]
        assert len(late.jobs("checks", "training")) == len(alone.jobs("checks", "training"))
