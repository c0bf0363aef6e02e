"""Training runs on the page: what is said of them, and the page itself."""

import ast
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.testclient import TestClient

import rag.training
from rag.jobs.queue import EmbeddedJobQueue
from rag.training.runs.store import Runs
from tests.ui.conftest import Desk
from tests.ui.fake_desk import FakeDesk
from tests.ui.trained import CHECKED, HOSTILE, asked, known, trained
from ui.api.uploads import upload_routes
from ui.chat.pages.training.charts import loss_curves
from ui.chat.pages.training.views import (
    answers_view,
    card,
    checked_view,
    curve_points,
    differences_view,
    left_out_view,
    names_apart,
    results_view,
    runs_view,
    trouble,
    verdict,
    warnings_view,
)


def rows_of(view: Any) -> list[list[str]]:
    rows: list[list[str]] = view["rows"]
    return rows


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[EmbeddedJobQueue]:
    with closing(EmbeddedJobQueue(tmp_path)) as queue:
        yield queue


def test_a_run_under_way_says_how_far_it_is_and_how_long_it_will_take(queue: EmbeddedJobQueue) -> None:
    runs, run = Runs(queue), asked(queue, {})
    log = [{"step": step, "loss": 2.0, "seconds": 3.0 * step} for step in range(1, 41)]

    def shown() -> dict[str, object]:
        at_work = known(runs, run.name)
        assert at_work.job is not None
        return card(at_work, at_work.job, log)

    runs.start(run.name)
    assert shown()["line"] == "Waits for its turn"
    job = queue.take("training", "worker")
    assert job is not None
    queue.report(job.id, "worker", "Training", 40, 100)
    assert shown()["line"] == "Training · step 40 of 100 · loss 2.00 · about 3 minutes left"
    assert shown()["share"] == 0.4
    runs.stop(run.name)
    assert shown()["line"] == "Stopping after this step"


def test_what_was_found_in_the_data_is_said_in_words() -> None:
    said = dict(rows_of(checked_view(CHECKED)))
    assert said["What they are"] == "prompts with answers, to write such answers"
    assert said["Length"] == "55 tokens in the middle, 600 at most; 1 cut at 512"
    assert said["Languages"] == "English 98%, German 2%"
    assert rows_of(left_out_view(CHECKED))[0] == ["faq.csv:50", "answer is empty"]
    warnings = [row[0] for row in rows_of(warnings_view(CHECKED))]
    marks = "With the chat marks of Llama 2: 2 samples (faq.csv:3, faq.csv:4)."
    assert warnings[1] == marks  # the page has a button for the option
    assert warnings_view(CHECKED | {"warnings": []}) is None


def test_runs_stand_side_by_side_in_what_differs(queue: EmbeddedJobQueue) -> None:
    runs = [trained(queue, 1.9, {}), trained(queue, 1.4, {"epochs": 6})]
    names = names_apart(runs)
    assert list(names.values()) == ["faq.csv · laptop", "faq.csv · laptop · epochs 6"]
    assert rows_of(differences_view(runs, names)) == [["Epochs", "3", "6"]]
    assert ["Loss, held-out samples", "1.900", "1.400"] in rows_of(results_view(runs, names))
    answers = answers_view({names[run.name]: run.report for run in runs})
    assert rows_of(answers) == [[HOSTILE, "A lamp.", "A cat.", "A lamp, 1.9.", "A lamp, 1.4."]]
    points = [point for run in runs for point in curve_points(run.log, names[run.name])]
    assert {(point["run"], point["curve"]) for point in points} == {
        (name, curve) for name in names.values() for curve in ("training", "held out")
    }
    assert loss_curves(list(names.values()))["encoding"]["color"]["field"] == "run"


def test_two_runs_of_the_same_settings_have_different_names(queue: EmbeddedJobQueue) -> None:
    newest, first = asked(queue, {}), asked(queue, {})
    assert list(names_apart([newest, first]).values()) == ["faq.csv · laptop · 2", "faq.csv · laptop"]


def test_the_list_says_which_run_the_chat_uses(queue: EmbeddedJobQueue) -> None:
    run = trained(queue, 1.9, {})
    shown = runs_view([run], run.name, zone=UTC, locale="en-GB", now=datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert rows_of(shown)[0][:3] == ["faq.csv · laptop", "Done, in use", "2.400 → 1.900"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "The held-out loss is 21% lower than before."),
        ({"held_out": {}}, "Nothing was held out, so nothing says how good it is on what it has not seen."),
        ({"overfitting": 0.8}, "It knows its samples much better than others"),
        ({"forgotten": 0.3}, "It has become worse at general questions"),
        ({"steps": 9}, "It ended after 9 of 18 steps"),
    ],
)
def test_the_figures_are_put_into_words(queue: EmbeddedJobQueue, changed: dict[str, Any], said: str) -> None:
    report = trained(queue, 1.9, {}).report | changed
    assert any(sentence.startswith(said) for sentence in verdict(report))


def _messages() -> Iterator[tuple[str, str]]:
    """Every error that a run on the page can end with, where its remedy names an option, and its module."""
    folder = Path(rag.training.__file__).parent
    modules = (
        "runs/loop",
        "../files",
        "generator/checking",
        "generator/tasks",
        "generator/preferences",
        "generator/methods",
    )
    for name in modules:
        for call in ast.walk(ast.parse((folder / f"{name}.py").read_text())):
            if isinstance(call, ast.keyword) and call.arg in ("where", "remedy"):
                told = "".join(
                    part.value for part in ast.walk(call.value) if isinstance(part, ast.Constant) and "--" in part.value
                )
                if told and told != "--augment":  # there is no such setting on the page
                    yield name, f": {told}" if call.arg == "where" else told


def test_an_error_names_what_helps_on_the_page_and_no_option() -> None:
    messages = list(_messages())
    assert len(messages) >= 6
    for name, message in messages:
        assert "--" not in trouble(f"It went wrong{message}"), name
    assert trouble("The disk is full. A run goes on.") == "The disk is full. A run goes on."


def test_files_to_train_on_come_into_a_folder_of_their_own(tmp_path: Path, queue: EmbeddedJobQueue) -> None:
    desk = FakeDesk(home=tmp_path, runs=Runs(queue))
    client = TestClient(Starlette(routes=upload_routes(desk)))
    assert client.put("/training-files?path=set/faq.csv", content=b"text\nA lamp.\n").status_code == 201
    assert (tmp_path / "training-data/set/faq.csv").read_bytes() == b"text\nA lamp.\n"
    for path in ("../faq.csv", "/etc/faq.csv", ""):
        assert client.put("/training-files", params={"path": path}, content=b"x").status_code == 400
    assert (
        client.put("/training-files?path=long.csv", content=b"x" * (desk.documents.longest_file + 1)).status_code == 400
    )
    assert [file.name for file in tmp_path.rglob("*.csv")] == ["faq.csv"]


@pytest.mark.browser
def test_a_curator_checks_starts_stops_and_compares(desk: Desk, page: Page, tmp_path: Path) -> None:
    page.goto(desk.url)
    page.get_by_role("link", name="Fine-tuning").click()
    expect(page.locator(".table").filter(has_text="To look at first")).to_contain_text("e-mail address")
    page.get_by_role("button", name="Start training").click()
    running = page.locator(".jobs article")
    expect(running).to_contain_text("Waits for its turn")
    running.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()

    page.get_by_role("combobox", name="Open a run").click()
    page.get_by_role("option", name="epochs 6").click()
    page.get_by_role("option").last.click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Settings that differ")).to_be_visible()
    expect(page.locator(".table").filter(has_text="Wanted")).to_contain_text(HOSTILE)

    page.get_by_text("New run").click()
    page.get_by_role("button", name="Take these examples").click()
    expect(page.get_by_text("bicycle-shop.jsonl")).to_be_visible()
    data = tmp_path / "lamps.csv"
    data.write_text("text\nA lamp.\n")
    page.locator("input[type=file]").first.set_input_files(data)
    expect(page.get_by_text("lamps.csv")).to_be_visible()
    page.get_by_role("button", name="Check the data").click()
    expect(page.locator(".jobs article")).to_contain_text("lamps.csv · laptop")
