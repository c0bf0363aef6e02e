"""What is said of a reader's data before it is trained on them, on the command line and by a job of the page."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.types import Lane
from rag.jobs.worker import Worker
from rag.settings.model import load_settings
from rag.training.encoder_settings import ReaderTraining
from rag.training.generator.serving import serve_run
from rag.training.reader.checking import check_reader_data
from rag.training.reader.document_rows import DOCUMENTS
from rag.training.runs.store import Runs
from rag.training.runs.types import Request
from rag.worker.training import training_work
from tests.training.conftest import WriteData
from ui.chat.pages.training import reader_views
from ui.chat.pages.training.views import checked_view, verdict, warnings_view
from ui.cli.main import main
from vectorstore.errors import UsageError
from vectorstore.models import ResolvedModel, resolve_model

pytestmark = pytest.mark.torch

PACKED = ResolvedModel("all tasks", Path("nothing.bin"), "package", "not read here")
"""Whose kind alone is asked for."""


@pytest.fixture
def doubtful(tmp_path: Path, write_data: WriteData) -> Path:
    """Data in which nearly everything is wrong that can be."""
    folder = tmp_path / "data"
    folder.mkdir()
    data = json.loads(write_data(articles=8).read_text())
    asked = data["data"][0]["paragraphs"][0]["qas"]
    asked.append(asked[0] | {"id": "twice"})
    asked.append({"id": "unplaced", "question": "Where?", "answers": [{"text": "nowhere here", "answer_start": 1}]})
    asked.append({"id": "mine", "question": "Whom do I ask? Write to ada@example.org, please.", "answers": []})
    (folder / "things.json").write_text(json.dumps(data))
    said = {"passage": "The mill was built in 1812.", "sentence": "The mill is from 1812.", "label": "supported"}
    lines: list[dict[str, Any]] = [said, said | {"label": "contradicted"}, said | {"sentence": ""}]
    (folder / "both.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "one.jsonl").write_text("\n".join([json.dumps(said)] * 30))
    return folder


def test_what_is_wrong_with_the_data_is_said(doubtful: Path) -> None:
    found = check_reader_data([doubtful], PACKED, ReaderTraining(held_out=0.0))
    assert found["files"]["both"] | {"sha256": "", "share_of_rows": 0} == {
        "form": "support",
        "sha256": "",
        "training": 2,
        "held_out": 0,
        "left_out": 1,
        "share_of_rows": 0,
    }
    assert found["problems"] == [
        "both.jsonl:3: sentence is empty",
        "things.json, unplaced: its answer does not stand in its paragraph",
    ]
    assert found["samples"] == 2 + 30 + 82
    said = "\n".join(found["warnings"])
    for doubt in (
        "both: sentences with two labels beside the same passage: 1",
        "one: every sentence is supported; it would learn to say so of all",
        "things: questions asked twice of the same paragraph: 1",
        "A person's data, perhaps (e-mail address): 1 sample (things:",
    ):
        assert doubt in said
    assert found["steps"] == 12  # three epochs of 114 rows, 32 a step
    shown = dict(checked_view(found | {"model": "all tasks"})["rows"])
    assert shown["both"] == "sentences that a passage supports or not: 2 learned, 0 held out, " + (
        f"{found['files']['both']['share_of_rows']:.0%} of what is shown"
    )
    assert warnings_view(found) is not None


def test_what_a_model_has_no_use_for_is_said_and_little_data_too(doubtful: Path, tiny: Path) -> None:
    training = ReaderTraining(held_out=0.0)
    found = check_reader_data([doubtful], resolve_model(str(tiny)), training)
    assert list(found["files"]) == ["things"]
    assert "one: this model marks words alone, and learns from questions only" in found["warnings"]
    few = check_reader_data([doubtful / "one.jsonl"], PACKED, training)
    assert "Only 30 rows to learn from: a reader learns little from fewer than some hundred" in few["warnings"]


def test_the_commands_say_it(doubtful: Path, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refdesk(*words: object) -> str:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in ("finetune", *words, "--model", tiny, "--home", tmp_path / "home")])
        assert not end.value.code
        told = capsys.readouterr()
        return " ".join((told.out + told.err).split())

    for said in (refdesk("check", "--reader", doubtful), refdesk("reader", doubtful, "--max-steps", 1)):
        assert "1 rows are left out: things.json, unplaced: its answer does not stand in its paragraph." in said
        assert "Note: things: questions asked twice of the same paragraph: 1." in said


def test_the_page_has_it_learn_from_documents_too(tmp_path: Path, write_data: WriteData) -> None:
    manual = tmp_path / "manual"
    manual.mkdir()
    sections = [
        f"## How to clean the {part}\n\nWhen it is dirty, unplug the machine and wipe the {part} with a wet cloth.\n"
        "Let it dry for an hour before it is used again.\n"
        for part in ("lid", "blade", "motor")
    ]
    (manual / "care.md").write_text("# Care\n\n" + "\n".join(sections))
    with closing(EmbeddedJobQueue(tmp_path / "home")) as queue:
        runs = Runs(queue)
        values = {"held_out": 0.0}
        name = runs.add(Request((str(write_data()),), "reader", values, (str(manual),)))
        Worker(queue, "checks", "test", lambda: training_work(load_settings(queue.home))).run()
        run = runs.get(name)
        assert run
        assert not run.error
        assert run.request == Request((str(tmp_path / "things.json"),), "reader", values, (str(manual),))
        assert run.checked["files"][DOCUMENTS]["training"] >= 3
        shown = dict(checked_view(run.checked)["rows"])
        assert shown[DOCUMENTS].startswith("questions that documents ask of themselves")


def test_the_page_has_a_reader_checked_and_trained(tmp_path: Path, write_data: WriteData, tiny: Path) -> None:
    with closing(EmbeddedJobQueue(tmp_path / "home")) as queue:
        runs = Runs(queue)

        def do(lane: Lane) -> None:
            Worker(queue, lane, "test", lambda: training_work(load_settings(queue.home))).run()

        values = {"model": str(tiny), "max_steps": 2, "batch": 4, "held_out": 0.25}
        name = runs.add(Request((str(write_data()),), "reader", values))
        do("checks")
        run = runs.get(name)
        assert run
        assert run.is_ready
        assert run.checked["files"]["things"]["form"] == "questions"
        runs.start(name)
        do("training")
        run = runs.get(name)
        assert run
        assert run.is_trained
        assert (run.folder / "model/config.json").exists()
        assert reader_views.is_reader(run.report)
        rows = {row[0]: row[1:] for row in reader_views.figures_view(run.report)["rows"]}
        assert rows["things"][0] == "15"  # with near misses
        assert float(rows["things"][1]) >= 0
        assert verdict(run.report)[0].startswith("The reader is in model/")
        with pytest.raises(UsageError, match="trained a reader"):
            serve_run(queue.home, run)
