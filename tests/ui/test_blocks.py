"""Answers in their form: on the page, as plain text, and in a browser."""

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from rag.conversations.types import Feedback
from rag.types import Answer, Citation, Form, Sentence
from tests.ui.composed import BETA, CODE, ELSEWHERE, FRAME, MILD, ONCE
from tests.ui.conftest import Desk
from tests.ui.fake_desk import COMPOSED, DROPS, QUOTED, SHORTER, UNSURE
from ui import texts
from ui.blocks import blocks_of, cells, columns, keeps_lines, marked, plain_text, words
from ui.chat.pages.ask import views
from ui.chat.pages.ask.blocks import block_views


def said(*told: tuple[Form, str], label: str = "") -> tuple[Sentence, ...]:
    return tuple(Sentence(text, (), form, label) for form, text in told)


def answer_of(sentences: tuple[Sentence, ...], mark: str | None = None) -> Answer:
    return Answer("extractive", "extractive", sentences, short_answer=mark)


def view_of(*told: tuple[Form, str], mark: str | None = None) -> list[Any]:
    return list(block_views(answer_of(said(*told), mark)))


def text_of(item: Any) -> str:
    return "\n\n".join("".join(part["text"] for part in piece["parts"]) for piece in item["paragraphs"])


def test_sentences_of_one_form_and_of_one_thing_stand_together() -> None:
    shown = [(block.form, block.label, len(block.sentences)) for block in blocks_of(COMPOSED)]
    assert shown == [
        ("prose", "", 1),
        ("step", "Putting them in", 3),
        ("item", "Kinds", 2),
        ("row", "", 2),  # of the kinds still
        ("entry", "", 1),
        ("code", "", 1),
        ("prose", "Side effects", 2),
    ]
    again = said(("prose", "One."), label="A") + said(("prose", "Two.")) + said(("prose", "Three."), label="A")
    assert [block.label for block in blocks_of(answer_of(again))] == ["A", "", "A"]


@pytest.mark.parametrize(
    ("text", "number", "rest"),
    [
        ("3. Wait.", "3.", "Wait."),
        ("b) Wait.", "b)", "Wait."),
        ("iv. Wait.", "iv.", "Wait."),
        ("• Wait.", "", "Wait."),
        ("No. 5 waits.", "", "No. 5 waits."),
        ("-5 degrees", "", "-5 degrees"),
        ("1.5 litres", "", "1.5 litres"),
    ],
)
def test_an_item_has_its_own_number_or_none(text: str, number: str, rest: str) -> None:
    assert marked(text) == (number, rest)


def test_rows_that_share_their_names_are_a_table_and_others_are_names_and_values() -> None:
    first = cells("Port: 80; Host: a; b.")
    assert columns([first, cells("Port: 81; Host: c.")]) == ["Port", "Host"]
    assert columns([first, cells("Port: 81.")]) == ["Port", "Host"]  # a cell was empty
    assert columns([first, cells("Name: c; Age: 3.")]) == []  # of two tables
    assert columns([first]) == []
    assert columns([cells("ask; answers."), cells("show; prints.")]) == ["", ""]  # without a header
    assert columns([cells("ask; answers."), cells("show; prints; more.")]) == []
    assert cells("Time: 9:30 to 17:00; Day: Monday.") == [("Time", "9:30 to 17:00"), ("Day", "Monday.")]
    assert columns([cells("A: 1; A: 2."), cells("A: 3; A: 4.")]) == []
    (table,) = view_of(("row", "Port: 80; Host: a."), ("row", "Port: 81; Host: b."), mark="b")
    assert table["columns"] == ["Port", "Host"]
    assert [[cell["parts"][0] for cell in row["cells"]] for row in table["items"]] == [
        [{"text": "80", "mark": False}, {"text": "a", "mark": False}],
        [{"text": "81", "mark": False}, {"text": "b", "mark": True}],
    ]
    (single,) = view_of(("row", "Port: 80; Host: a."))
    assert single["columns"] == []
    assert [(cell["name"], cell["parts"][0]["text"]) for cell in single["items"][0]["cells"]] == [
        ("Port", "80"),
        ("Host", "a."),
    ]


def test_an_entry_has_its_term_set_off_and_code_keeps_its_lines() -> None:
    entry, code = (block["items"][0] for block in view_of(("entry", FRAME), ("code", CODE)))
    assert (entry["term"], text_of(entry)) == (
        [{"text": "trial frame", "mark": False}],
        FRAME.removeprefix("trial frame\n\n"),
    )
    assert (text_of(code), code["paragraphs"][0]["lines"]) == (CODE, True)
    assert not keeps_lines("One line that was\nwrapped by its author.")
    assert keeps_lines("Values:\n- one\n- two")


def test_the_short_answer_is_marked_once() -> None:
    blocks = view_of(("prose", "Take two drops."), ("item", "- Two drops"), ("item", "- two drops"), mark="two drops")
    marks = [part["mark"] for block in blocks for item in block["items"] for part in item["paragraphs"][0]["parts"]]
    assert marks == [False, True, False, False, False]


def test_a_long_answer_is_folded_where_it_has_said_enough() -> None:
    def beyond(*lengths: int, mark: str | None = None) -> list[bool]:
        told: list[tuple[Form, str]] = [
            ("item", f"- {chr(65 + n)} {'word ' * (length - 1)}") for n, length in enumerate(lengths)
        ]
        return [item["beyond"] for block in view_of(*told, mark=mark) for item in block["items"]]

    assert beyond(60, 60, 60) == [False, False, True]
    assert beyond(60, 60, 20) == [False, False, False]  # not worth a fold
    assert beyond(200, 60) == [False, True]  # what comes first is never folded away
    assert beyond(60, 60, 60, 5, 60) == [False, False, True, True, True]
    assert beyond(60, 60, 60, 60, mark="C word") == [False, False, False, True]  # nor is the short answer
    assert words("目の圧力を下げる目薬です") == 6
    long = "term\n\n" + "\n\n".join("word " * 50 for _ in range(4))
    (entry,) = view_of(("entry", long))
    assert [piece["beyond"] for piece in entry["items"][0]["paragraphs"]] == [False, False, True, True]


def test_what_is_copied_reads_as_it_stands() -> None:
    copied = texts.copied(COMPOSED)
    assert copied.startswith(
        f"{DROPS} [1]\n\n"
        "Putting them in:\n1. Wash your hands. [2]\n2. Look up, and let one drop fall into the lower lid. [3]\n"
        "3. Keep the eye closed for two minutes. [4]\n\n"
        f"Kinds:\n{ONCE} [5]\n{BETA} [6]\n\nDrops: Latanoprost; A day: 1; Sting: a little. [7]\n"
    )
    assert "\n\n    if pressure > 21:\n        measure(again=True)\n    [10]\n\n" in copied
    assert f"\n\nSide effects: {MILD} [11] {ELSEWHERE} [12]\n\nSources\n[1] Glaucoma, page 2" in copied
    assert plain_text(answer_of(said(("item", "Ring."), ("step", "2) Wait.")))) == "- Ring.\n\n2) Wait."


def test_what_is_quoted_in_a_row_has_its_number_once() -> None:
    row = (Sentence("One.", (1,)), Sentence("Two.", (1,)), Sentence("Three.", (2,)), Sentence("Four.", (1,)))
    quoted = replace(QUOTED, sentences=row)
    assert plain_text(quoted) == "One. Two. [1] Three. [2] Four. [1]"
    assert plain_text(replace(quoted, kind="generated")) == "One. [1] Two. [1] Three. [2] Four. [1]"


def test_the_number_of_what_is_quoted_in_a_row_is_not_folded_away() -> None:
    items = tuple(Sentence(f"{name} " + "word " * 60, (1,), "item") for name in "abcde")
    (block,) = block_views(replace(QUOTED, sentences=items))
    shown: Any = block["items"]
    assert [(item["beyond"], len(item["chips"])) for item in shown] == [
        (False, 1),
        (True, 0),
        (True, 0),
        (True, 0),
        (True, 1),
    ]


def test_prose_keeps_the_paragraphs_of_its_document() -> None:
    told = ("One is here.", "Two is there.", "Three.", "Four.", "Five.")
    quote = "One is here. Two is there.\n\nThree."
    first = Citation(1, 1, "A", None, 10, 10 + len(quote), quote, 0.9)
    near, far = (
        replace(first, n=n, start=start, end=start + 5, quote=text)
        for n, start, text in ((2, first.end + 40, "Four."), (3, first.end + 4_000, "Five."))
    )
    numbers = (1, 1, 1, 2, 3)
    answer = replace(
        QUOTED,
        sentences=tuple(Sentence(text, (n,)) for text, n in zip(told, numbers, strict=True)),
        citations=(first, near, far),
    )
    assert plain_text(answer) == "One is here. Two is there. [1]\n\nThree. [1] Four. [2]\n\nFive. [3]"
    written = replace(answer, kind="generated")
    assert plain_text(written) == "One is here. [1] Two is there. [1] Three. [1] Four. [2] Five. [3]"


def test_what_is_left_open_is_said() -> None:
    half = replace(UNSURE, unanswered=("How is it prevented?",))
    assert views.answer_view(half)["leftOpen"] == "I found nothing on: How is it prevented?"
    assert "\n\nI found nothing on: How is it prevented?\n\nSources" in texts.copied(half)
    assert views.answer_view(UNSURE)["leftOpen"] == ""


def test_an_answer_that_is_not_sure_says_so_until_the_reader_does() -> None:
    view: Any = views.answer_view(UNSURE)
    assert view["unsure"]["leads"][""] == "This may answer it:"
    assert (view["unsure"]["yes"], view["unsure"]["no"]) == ("Yes, that is it", "No")
    assert view["blocks"] == views.answer_view(QUOTED)["blocks"]
    assert views.answer_view(QUOTED)["unsure"] is None
    assert texts.copied(UNSURE) == f"This may answer it:\n\n{texts.copied(QUOTED)}"
    assert texts.copied(UNSURE, Feedback("up", "", "", "")).startswith("This answers it, as you said:\n\n")


def ask(page: Page, question: str) -> Locator:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    return page.locator(".turn").filter(has=page.locator("h2", has_text=question)).last


@pytest.mark.browser
def test_an_answer_is_drawn_in_its_form_and_the_rest_is_a_click_away(
    desk: Desk, context: BrowserContext, page: Page
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(desk.url)
    turn = ask(page, "Tell me all about drops.")
    desk.step(3)
    answer = turn.locator(".answer")
    expect(answer.locator(".step .number")).to_have_text(["1.", "2.", "3."])
    expect(answer.locator(".step li").nth(1)).to_contain_text("Look up, and let one drop fall")
    expect(answer.locator(".item li")).to_have_count(2)
    expect(answer.locator("th")).to_have_text(["Drops", "A day", "Sting"])
    expect(answer.get_by_role("cell", name="Timolol")).to_be_visible()
    expect(answer.locator(".term")).to_have_text("trial frame")
    assert answer.locator("pre").inner_text() == CODE
    expect(answer.locator(".whose")).to_have_text(["Putting them in:", "Kinds:", "Side effects:"])
    expect(answer.locator("mark")).to_have_text("eye drops")

    more = turn.get_by_role("button", name="Show more")
    hidden = answer.get_by_text(ELSEWHERE[:40])
    expect(hidden).to_be_hidden()
    more.click()
    expect(hidden).to_be_visible()
    turn.get_by_role("button", name="Show less").click()
    expect(hidden).to_be_hidden()

    # Each citation opens its own words, and the panel's steps unfold what they lead to.
    turn.get_by_role("button", name="Source 8: Glaucoma").click()
    panel = page.locator(".source")
    expect(panel.locator("mark")).to_have_text("Drops: Timolol; A day: 2; Sting: no.")
    for place in range(9, 13):
        panel.get_by_role("button", name="Next source").click()
        expect(panel.locator(".position")).to_have_text(f"Source {place} of 12")
    expect(panel.locator("mark")).to_have_text(ELSEWHERE)
    expect(hidden).to_be_visible()

    turn.get_by_role("button", name="Copy").click()
    expect(turn.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == texts.copied(COMPOSED)


@pytest.mark.browser
def test_an_answer_that_is_not_sure_asks_and_keeps_what_the_reader_says(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    turn = ask(page, "Is it perhaps drops?")
    desk.step(3)
    lead, answer = turn.locator(".lead"), turn.locator(".answer")
    expect(lead).to_have_text("This may answer it:")
    expect(answer).to_contain_text(DROPS)
    expect(answer).to_have_css("border-left-style", "dashed")
    expect(turn.get_by_role("button", name="Right")).to_have_count(0)
    yes, no = turn.get_by_role("button", name="Yes, that is it"), turn.get_by_role("button", name="No", exact=True)
    yes.click()
    expect(lead).to_have_text("This answers it, as you said:")
    expect(yes).to_have_attribute("aria-pressed", "true")
    expect(answer).not_to_have_css("border-left-style", "dashed")
    page.reload()
    expect(lead).to_have_text("This answers it, as you said:")
    no.click()
    expect(lead).to_have_text("This does not answer it, as you said:")
    turn.get_by_label("Right answer").fill("a laser")
    turn.get_by_label("Right answer").press("Enter")
    expect(turn.locator(".remark summary")).to_have_text("Right answer: a laser")
    no.click()
    expect(lead).to_have_text("This may answer it:")
    expect(no).to_have_attribute("aria-pressed", "false")


@pytest.mark.browser
def test_a_quote_is_said_shorter_and_stays(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    turn = ask(page, "Tell me all about drops, please.")
    desk.step(3)
    turn.locator("h2").evaluate("node => { node.survivor = true }")
    turn.get_by_role("button", name="Shorter").click()
    expect(turn.locator(".stage .words")).to_have_text("Waiting for its turn")
    expect(turn.locator(".answer")).to_contain_text(DROPS)
    desk.step(2)
    expect(turn.locator(".writing")).to_contain_text(SHORTER.text)
    desk.step()
    beside = turn.locator(".beside")
    expect(beside.locator("h3")).to_have_text("In short")
    expect(beside).to_contain_text(SHORTER.text)
    expect(beside.locator(".status")).to_have_text("Written from 1 passage · SmolLM2-135M · 1.8 s")
    expect(turn.locator(".answer")).to_contain_text(DROPS)
    expect(turn.get_by_role("button", name="Shorter")).to_have_count(0)
    assert turn.locator("h2").evaluate("node => node.survivor") is True, "the turn was built anew: it flickered"
    page.reload()
    expect(beside).to_contain_text(SHORTER.text)
    expect(turn.locator(".answer")).to_contain_text(DROPS)


@pytest.mark.browser
def test_saying_it_shorter_is_stopped_or_fails_and_the_quote_stays(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    turn = ask(page, "What is the one word for it?")
    desk.step(3)
    shorter = turn.get_by_role("button", name="Shorter")
    shorter.click()
    turn.get_by_role("button", name="Stop").click()
    expect(turn.locator(".answer")).to_contain_text(DROPS)
    shorter.click()
    expect(turn.locator(".stage .words")).to_have_text("Waiting for its turn")
    desk.step(3)
    expect(turn.locator(".beside .status")).to_have_text("No shorter version stood up to the check.")
    expect(turn.get_by_text("1 sentence was left out: no passage supports it")).to_be_visible()
    expect(turn.locator(".answer")).to_contain_text(DROPS)
