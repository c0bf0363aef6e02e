"""Retrieval beside fine-tuning, on a generator so small that it takes no time; and the command."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from rag.jobs.types import OnProgress
from rag.rag_vs_finetuning.comparison import Plan, budgeted, compare_rag_vs_finetuning
from rag.rag_vs_finetuning.configurations import CONFIGURATIONS, RETRIEVAL, STALE
from rag.settings.model import load_settings
from tests.command import refdesk
from tests.evaluation.conftest import quiet
from vectorstore.errors import RefdeskError
from vectorstore.models import resolve_model

NAMES = {one.name for one in CONFIGURATIONS}

pytestmark = [pytest.mark.torch, pytest.mark.timeout(600)]  # real ingestion and training, and the models that they need


class Here:
    """Does in this process what would be done apart, which would take seconds to start; ``done`` says what.

    At the ``fails``-th call it ends as a process that was killed would.
    """

    def __init__(self, fails: int | None = None) -> None:
        self.done: list[str] = []
        self._fails = fails

    def __call__(self, work: Callable[..., Any], *arguments: Any, on_progress: OnProgress) -> Any:
        self.done.append(work.__name__.strip("_"))
        if len(self.done) == self._fails:
            raise RefdeskError("The process that did this ended with exit code -9 (out of memory?)")
        return work(*arguments, on_progress=on_progress)


@pytest.fixture(scope="module", autouse=True)
def short_answers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REFDESK_GENERATOR__MAX_NEW_TOKENS", "6")
        yield


def compared(apart: Here, question_file: Path, small: Path, home: Path, unseen: float = 0.5) -> dict[str, Any]:
    settings = load_settings(home, generator={"engine": "auto", "model": str(small), "adapter": None})
    plan = Plan(question_file, (), 60, unseen, 2, budgeted(method="lora", max_steps=2, batch=8, seed=0))
    folder = home / "comparisons" / question_file.stem
    report = compare_rag_vs_finetuning(plan, resolve_model(str(small)), settings, folder, quiet, apart)
    printed: dict[str, Any] = json.loads(json.dumps(report))
    return printed


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def report(question_file: Path, small: Path, home: Path) -> dict[str, Any]:
    """Of a comparison that was interrupted before the last training, and went on."""
    first, second = Here(fails=3), Here()
    with pytest.raises(RefdeskError, match="exit code -9"):
        compared(first, question_file, small, home)
    assert first.done == ["take_in", "teach", "teach"]
    found = compared(second, question_file, small, home)
    assert second.done == ["teach"]  # what was done is not done again
    return found


def test_all_four_configurations_answer_the_same_questions(report: dict[str, Any]) -> None:
    assert report["questions"]["asked"] == 7
    assert set(report["configurations"]) == NAMES
    assert all(set(one["answers"]) == NAMES for one in report["answers"])
    desk = report["configurations"][RETRIEVAL.name]
    assert desk["right"] >= 0.5  # it looks them up; two narrow layers of random weights know nothing
    assert report["configurations"]["model alone"]["right"] == 0.0
    assert desk["kinds"].keys() <= {"generated", "extractive", "abstained"}
    assert report["configurations"]["fine-tuned alone"]["kinds"] == {"unchecked": 7}
    assert desk["grounded"] == 1.0


def test_what_it_cost_was_measured(report: dict[str, Any]) -> None:
    assert report["documents"]["documents"] == 6
    assert report["training"]["steps"] == 2
    for name in NAMES - {"model alone"}:
        assert report["adapting"][name]["seconds"] > 0
        assert report["adapting"][name]["peak_memory_mb"] > 100


def test_a_change_is_really_made_in_the_documents_and_in_the_training(report: dict[str, Any], home: Path) -> None:
    change = report["change"]
    assert change["facts"] == change["found"] == 2
    assert set(change["configurations"]) == NAMES - {"model alone"} | {STALE}
    assert change["configurations"][RETRIEVAL.name]["new"] >= 1
    assert change["configurations"][RETRIEVAL.name]["old"] == 0
    folder = home / "comparisons" / "harbour"
    taught = [(folder / f"{name}.jsonl").read_text() for name in ("tuned", "tuned-anew")]
    for one in change["changes"]:
        assert one["old"] in taught[0]
        assert one["new"] in taught[1]
    assert (folder / "tuned-anew" / "adapter" / "adapter_model.safetensors").is_file()


def test_the_page_says_what_the_json_says(report: dict[str, Any], home: Path) -> None:
    folder = home / "comparisons" / "harbour"
    assert json.loads((folder / "report.json").read_text()) == report
    page = html.fromstring((folder / "report.html").read_text())
    text = page.text_content()
    assert report["recommendation"]["verdict"] in text
    assert "Only 6 questions have an answer" in text
    assert "The facts that were changed" in text
    assert page.xpath("//table//th")[3].text == RETRIEVAL.name
    assert page.xpath("//*[local-name()='svg']")


def test_the_command_with_the_same_budget_finds_all_done_and_prints_it(
    report: dict[str, Any], question_file: Path, small: Path, home: Path
) -> None:
    call = ["compare", "rag-vs-finetuning", question_file, "--model", small, "--home", home]
    assert refdesk(*call, "--max-steps", 2, "--changes", 2, "--json").json == report


def test_a_comparison_of_something_else_does_not_mix_in(
    report: dict[str, Any], question_file: Path, small: Path, home: Path
) -> None:
    with pytest.raises(RefdeskError, match=r"The run was begun with unseen = 0\.5, not 0\.25"):
        compared(Here(), question_file, small, home, unseen=0.25)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file: questions.json. Name a question file in the form of SQuAD."),
        ("[]", "Not a SQuAD file"),
        ('{"data": []}', "There are no questions in it: questions.json."),
        (
            '{"data": [{"paragraphs": [{"context": "A.", "qas": [{"id": "1", "question": "B?", "answers": []}]}]}]}',
            "No question that has an answer is left to teach: questions.json.",
        ),
    ],
)
def test_questions_that_cannot_be_used_are_a_clear_error(
    content: str | None,
    problem: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("questions.json").write_text(content)
    called = refdesk("compare", "rag-vs-finetuning", "questions.json", "--home", tmp_path / "home")
    assert called.code == 2
    assert problem in called.err
    assert len(called.err.strip().splitlines()) == 1
