"""The pages for curators: what they say of runs and trials, and one look at them in a browser."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from rag.evaluation.counterfactual_edits import Counterfactual
from rag.evaluation.tables import SliceRow, SliceTable
from rag.evaluation.types import Item, ReadPassage, Run, Trial
from rag.jobs.types import Job
from tests.ui.conftest import Desk
from tests.ui.curated import HOSTILE_QUESTION
from tests.ui.fake_desk import DROPS
from ui.chat.pages.evaluation.charts import risk_coverage
from ui.chat.pages.evaluation.views import failure_view, measuring_view, slice_view, wrong_view
from ui.chat.pages.what_if.views import changes, counterfactuals_view, flip_rate, trial_view
from ui.chat.views import bar
from vectorstore.types import Chunk

HERE: dict[str, Any] = {"zone": UTC, "locale": "en-GB", "now": datetime(2026, 5, 4, 12, 10, tzinfo=UTC)}


def read(key: int, text: str, marked: str, margin: float, found: int) -> ReadPassage:
    start = text.index(marked)
    chunk = Chunk(key, key, f"Paper {key}", f"{key}.txt", key, 0, len(text), "", text)
    return ReadPassage(chunk, found, margin, (start, start + len(marked)))


DROPS_READ = read(1, "It is treated with eye drops.", "eye drops", 4.0, 2)
LASER_READ = read(2, "A laser may follow.", "A laser", -2.04, 1)
BEFORE = Trial(
    "Why?", 0.5, (DROPS_READ, LASER_READ), 0.9, {"margin": -4.0}, "It is treated with eye drops.", "eye drops", 1
)


def test_a_trial_marks_what_was_read_and_names_what_is_quoted() -> None:
    view: Any = trial_view(BEFORE)
    assert (view["decision"], view["lookedUp"]) == ("Answered", "")
    assert trial_view(replace(BEFORE, looked_up="Why? (glaucoma)"))["lookedUp"] == "Looked up: Why? (glaucoma)"
    assert view["signals"] == [["Margin", "−4.00"]]
    first, second = view["passages"]
    assert [part["text"] for part in first["parts"] if part["mark"]] == ["eye drops"]
    assert (first["place"], first["margin"], first["found"], first["cited"]) == (
        "Paper 1, page 1",
        "+4.0",
        "place 2 in the search",
        True,
    )
    assert (second["margin"], second["cited"], second["was"]) == ("−2.0", False, "")


def test_what_changed_is_said_in_sentences_and_at_each_passage() -> None:
    stronger = replace(LASER_READ, margin=3.0)
    after = replace(BEFORE, passages=(stronger, DROPS_READ), probability=0.8, quote="A laser may follow.", cited=2)
    view: Any = trial_view(replace(after, short_answer="A laser"), BEFORE)
    assert view["changes"] == [
        "The probability was 0.90, now it is 0.80.",
        "Another passage is quoted.",
        "The short answer was “eye drops”.",
        "The order has changed.",
    ]
    assert [passage["was"] for passage in view["passages"]] == ["was rank 2, margin −2.0", "was rank 1"]
    assert changes(BEFORE, BEFORE) == ["Nothing changes."]
    silent = replace(BEFORE, probability=0.2, passages=(DROPS_READ,))
    assert changes(BEFORE, silent) == [
        "Now it is not answered.",
        "The probability was 0.90, now it is 0.20.",
        "1 passage of before not found.",
    ]


def test_what_is_being_measured_says_how_far_it_is() -> None:
    payload = {"what": "questions", "data": "/home/refdesk/evaluations/questions/own.json", "collection": "staff"}
    job = Job(3, "evaluate", payload, "working", "2026-05-04T12:00:00+00:00", stage="Asking", done=3, total=12)
    shown = measuring_view(job, **HERE)
    assert (shown["title"], shown["line"], shown["share"]) == (
        "Asking own.json of staff",
        "Asking · 3 of 12",
        0.25,
    )
    failed = replace(job, state="failed", ended_at="2026-05-04T12:05:00+00:00", error="There are no documents to ask")
    assert (measuring_view(failed, **HERE)["line"], measuring_view(failed, **HERE)["error"]) == (
        "Failed · today at 12:05",
        "There are no documents to ask.",
    )


def test_what_went_wrong_is_told_with_the_answer_and_the_reason() -> None:
    def item(question: str, **details: Any) -> Item:
        scores = {"right": float(details["ok"])}
        return Item(question, question, ("two",), "", scores["right"], scores, details={"certainty": "sure", **details})

    items = (
        item("How long?", ok=True, text="two years", why=[]),
        item("How wide?", ok=False, text="", why=["met with silence"]),
        item("How high?", ok=False, text="eight " * 100, why=["lacks: two", "not from: ^Terms"]),
    )
    run = Run(Path("20260504T120000Z-questions"), "questions", "2026-05-04T12:00:00+00:00", {}, {}, {}, (), items)
    rows: Any = wrong_view(run)["rows"]
    assert [(row[0], row[3]) for row in rows] == [
        ("How wide?", "met with silence"),
        ("How high?", "lacks: two; not from: ^Terms"),
    ]
    assert rows[0][1] == "no answer"
    assert rows[1][1].endswith("eight …")


def test_counterfactuals_say_which_variants_flipped_and_how() -> None:
    same = Counterfactual("sex", "And he?", (("she", "he"),))
    silenced = Counterfactual("age", "And at 80?", (("30", "80"),))
    rows: Any = counterfactuals_view(BEFORE, [(same, BEFORE), (silenced, replace(BEFORE, probability=0.1))])["rows"]
    assert [row[-1] for row in rows] == ["", "no", "other decision"]
    assert [row[4] for row in rows] == ["eye drops", "eye drops", ""]
    assert flip_rate(BEFORE, [BEFORE, replace(BEFORE, probability=0.1)]) == "1 of 2 variants flipped (50%)."
    assert flip_rate(BEFORE, [BEFORE]) == "0 of 1 variant flipped (0%)."


def test_the_weakest_slices_come_first() -> None:
    rows = (SliceRow("what", 9, (0.9, None)), SliceRow("who", 5, (0.2, 1.0)), SliceRow("why", 2, (None, 0.5)))
    view: Any = slice_view(SliceTable("question word", ("f1", "false_answers"), rows, 0))
    assert [row[0] for row in view["rows"]] == ["who", "what", "why"]
    flips = SliceTable("swapped", ("flipped",), (SliceRow("sex", 9, (0.1,)), SliceRow("age", 5, (0.4,))), 0)
    flipped: Any = slice_view(flips)
    assert [row[0] for row in flipped["rows"]] == ["age", "sex"]


def test_a_share_has_a_bar_and_a_count_has_none() -> None:
    assert bar(0.5, (0.4, 0.6)) == {"text": "0.500", "value": 0.5, "low": 0.4, "high": 0.6}
    assert bar(2.5) == "2.500"
    assert bar(None) == "-"


def test_a_failure_shows_expected_given_and_the_passages() -> None:
    details = {"expected_text": "Built in 1889.", "quotes": ["In 1932."], "confidence": 0.7, "unsupported": []}
    item = Item("1", "When?", ("1889",), "", 0.0, {"f1": 0.0}, details=details)
    view: Any = failure_view(item, "answers")
    assert view["rows"] == [["Expected", "1889"], ["Given", "no answer"]]
    assert [passage["label"] for passage in view["passages"]] == ["Where the right answer stands", "Quoted"]
    assert {"text": "1889", "mark": True} in view["passages"][0]["parts"]
    assert view["facts"] == [["F1", "0.000"], ["Confidence", "0.7"]]


def test_the_dot_of_the_curve_stands_where_the_desk_was_set() -> None:
    curve = [
        {"confidence": 0.9, "coverage": 0.1},
        {"confidence": 0.6, "coverage": 0.4},
        {"confidence": 0.2, "coverage": 1},
    ]
    dot = risk_coverage(curve, 0.5)["layer"][-1]["data"]["values"]
    assert [point["coverage"] for point in dot] == [0.4]


@pytest.mark.browser
def test_a_curator_looks_after_the_documents(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    page.get_by_role("link", name="Documents").click()
    expect(page.get_by_text("5,497 documents, last changed yesterday")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.get_by_role("textbox", name="Find").fill("nothing of the kind")
    page.get_by_role("textbox", name="Find").press("Enter")
    expect(page.get_by_text("No document has these words.")).to_be_visible()
    page.get_by_role("tab", name="Removed").click()
    expect(page.get_by_text("Nothing was removed here within the last 7 days.")).to_be_visible()
    page.get_by_role("tab", name="Collections").click()
    page.get_by_role("textbox", name="Notice").fill("Ask the doctor too.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="Ask the doctor too.")).to_be_visible()
    page.get_by_role("tab", name="Check").click()
    page.get_by_role("button", name="Check now").click()
    expect(page.locator(".jobs article")).to_contain_text("Checking everything that is stored")
    page.locator(".jobs article").get_by_role("button", name="Stop").click()
    expect(page.locator(".jobs article")).to_contain_text("Not finished")


@pytest.mark.browser
def test_a_curator_has_questions_of_ones_own_asked(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    page.get_by_role("link", name="Evaluation").click()
    page.get_by_text("Ask your own questions").click()
    upload = page.locator("input[type=file]")
    upload.set_input_files({"name": "own.json", "mimeType": "application/json", "buffer": b'{"questions": [{}]}'})
    expect(page.get_by_text("the key 'ask' is missing or empty")).to_be_visible()
    asked = b'{"questions": [{"ask": "Who is he?", "abstain": true}]}'
    upload.set_input_files({"name": "own.json", "mimeType": "application/json", "buffer": asked})
    page.get_by_role("button", name="Ask them").click()
    card = page.locator(".jobs article")
    expect(card).to_contain_text("Asking own.json of all documents")
    expect(card).to_contain_text("Waits for its turn")
    card.get_by_role("button", name="Stop").click()
    expect(card).to_contain_text("Stopped")
    page.get_by_role("button", name="Add judged answers").click()
    expect(page.get_by_text("0 questions added to own.json.")).to_be_visible()


@pytest.mark.browser
def test_a_curator_reads_a_run_and_tries_a_change(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    page.get_by_role("link", name="Evaluation").click()
    expect(page.locator(".table").first).to_contain_text("F1")
    page.get_by_role("tab", name="Failures").click()
    failure = page.locator(".failures > details").filter(has_text=HOSTILE_QUESTION)
    expect(failure).to_have_count(1)
    failure.locator("summary").first.click()
    expect(failure.locator("mark")).to_have_text("1889")
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option").first.click()
    expect(page.get_by_text("Of 6 questions that both asked, 2 went better and 0 worse.")).to_be_visible()

    page.get_by_role("link", name="What if").click()
    page.get_by_label("Question", exact=True).fill("How is glaucoma treated?")
    page.get_by_label("Question", exact=True).press("Enter")
    now = page.locator(".trial")
    expect(now.locator("blockquote")).to_contain_text(DROPS)
    now.get_by_role("button", name="Change Glaucoma").first.click()
    page.get_by_label("Changed passage").fill("Nobody knows.")
    page.get_by_role("button", name="See what changes").click()
    expect(page.locator(".changes").nth(1)).to_contain_text("The probability was")
    expect(page.locator(".trial").nth(1).locator(".passages")).to_contain_text("Nobody knows.")
