"""What the page says, and the plain data its components draw."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from rag.access.types import LOCAL_OWNER
from rag.conversations.types import Conversation, Feedback, State, Turn
from rag.desk.protocols import Holdings
from rag.types import Answer, Done, Dropped, Event, Quoted, Reranking, Searching, Timings, Writing
from tests.ui.fake_desk import (
    ABSTAINED,
    COMPOSED,
    HOSTILE_ANSWER,
    INVENTED,
    LASER,
    LEFT_OUT,
    QUOTED,
    SHORTER,
    SMALLTALK,
    UNCHECKED,
    WRITTEN,
    WRITTEN_CITATIONS,
    WRITTEN_SENTENCES,
    FakeDesk,
    cite,
)
from ui import texts
from ui.answers import answer_as_json
from ui.chat.pages.ask import views
from ui.chat.views import marked_parts
from vectorstore.types import EVERYTHING


def items_of(view: Any) -> list[Any]:
    return [item for block in view["blocks"] for item in block["items"]]


def shown_text(view: Any) -> str:
    return "".join(part["text"] for item in items_of(view) for piece in item["paragraphs"] for part in piece["parts"])


NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("state", "progress", "said"),
    [
        ("waiting", None, "Waiting for its turn"),
        ("working", None, "Starting"),
        ("working", Searching(24_310), "Searching 24,310 passages"),
        ("working", Searching(1), "Searching 1 passage"),
        ("working", Reranking(12), "Reading the 12 best"),
        ("working", Reranking(1), "Reading the best one"),
        ("working", Quoted(QUOTED), "Writing"),
        ("working", Writing(), "Writing"),
        ("working", Writing(WRITTEN_SENTENCES[:1]), "Writing, 1 sentence checked"),
        ("working", Writing(WRITTEN_SENTENCES[:2]), "Writing, 2 sentences checked"),
        ("working", Done(WRITTEN), "Finishing"),
        ("done", None, ""),
        ("stopped", Writing(), ""),
    ],
)
def test_a_stage_is_named_with_its_real_counts(state: State, progress: Event | None, said: str) -> None:
    assert texts.stage(Turn(1, "?", state, progress=progress)) == said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (WRITTEN, "Written from 4 passages · SmolLM2-135M · 2.1 s"),
        (replace(WRITTEN, citations=WRITTEN_CITATIONS[:1]), "Written from 1 passage · SmolLM2-135M · 2.1 s"),
        (QUOTED, "Quoted from Glaucoma, page 2 · 0.6 s"),
        (replace(QUOTED, citations=(*QUOTED.citations, cite(2, 1, LASER, 3))), "Quoted from Glaucoma · 0.6 s"),
        (replace(QUOTED, citations=WRITTEN_CITATIONS), "Quoted from 2 documents · 0.6 s"),
        (ABSTAINED, "No answer found · 0.4 s"),
        (
            replace(QUOTED, unfitted=("reranking", "answerability")),
            "Quoted from Glaucoma, page 2 · 0.6 s · not fitted to the models in use: reranking, answerability",
        ),
        (UNCHECKED, "Written without looking into the documents · tuned-model · 0.8 s"),
        (SMALLTALK, "Not from the documents · fixed reply · 0.1 s"),
    ],
)
def test_the_status_line_tells_what_an_answer_is(answer: Answer, said: str) -> None:
    assert texts.status(answer) == said


@pytest.mark.parametrize(
    ("milliseconds", "said"), [(3, "0.1 s"), (610, "0.6 s"), (2140, "2.1 s"), (9960, "10 s"), (64_000, "64 s")]
)
def test_seconds(milliseconds: float, said: str) -> None:
    assert texts.seconds(milliseconds) == said


@pytest.mark.parametrize(
    ("iso", "locale", "said"),
    [
        ("2026-11-22T13:05:00+00:00", "en-GB", "today at 14:05"),
        ("2026-11-22T13:05:00+00:00", "en-US", "today at 2:05 PM"),
        ("2026-11-21T23:30:00+00:00", "de-DE", "today at 00:30"),  # already the next day in Paris
        ("2026-11-21T13:05:00+00:00", "", "yesterday at 14:05"),
        ("2026-05-03T13:05:00+00:00", "en-GB", "3 May 2026"),
        ("2026-05-03T13:05:00", "en-US", "May 3, 2026"),
        ("", "en-GB", ""),
        ("soon", "en-GB", ""),
    ],
)
def test_a_moment_is_in_the_readers_form(iso: str, locale: str, said: str) -> None:
    assert texts.moment(iso, zone=PARIS, locale=locale, now=NOW) == said


def test_an_unknown_time_zone_is_utc() -> None:
    assert texts.zone_named("Nowhere/../../etc") is UTC
    assert str(texts.zone_named(None)) == "UTC"


def test_holdings() -> None:
    def line(holdings: Holdings) -> str:
        return texts.holdings_line(holdings, zone=UTC, locale="en-GB", now=NOW)

    assert line(Holdings(1, 4, ("default",), "2026-11-22T09:00:00+00:00")) == "1 document, last changed today at 09:00"
    assert line(Holdings(0, 0, (), "")) == "0 documents"


def test_conversations_stand_under_their_day_in_the_order_given() -> None:
    listed = [
        Conversation(str(days), title, f"2026-11-{22 - days:02}T08:00:00+00:00")
        for days, title in ((0, "a"), (0, ""), (1, "c"), (7, "d"), (8, "e"))
    ]
    groups = views.shelf_groups(listed, "1", zone=UTC, now=NOW)
    assert [group["day"] for group in groups] == ["Today", "Yesterday", "Last seven days", "Earlier"]
    assert groups[0]["conversations"] == [
        {"id": "0", "title": "a", "current": False},
        {"id": "0", "title": "Untitled", "current": False},
    ]
    assert groups[1]["conversations"] == [{"id": "1", "title": "c", "current": True}]


def test_the_answering_words_are_marked_inside_their_sentence() -> None:
    assert marked_parts("It costs 5 euros.", "5 euros") == [
        {"text": "It costs ", "mark": False},
        {"text": "5 euros", "mark": True},
        {"text": ".", "mark": False},
    ]
    assert marked_parts("It costs 5 euros.", "6 euros") == [{"text": "It costs 5 euros.", "mark": False}]
    assert marked_parts("five", "five") == [{"text": "five", "mark": True}]


def test_a_copied_answer_brings_its_sources() -> None:
    copied = texts.copied(QUOTED)
    assert copied.startswith(
        "Nearly everyone with open-angle glaucoma is treated first with eye drops. [1]\n\nSources\n"
    )
    assert "[1] Glaucoma, page 2: “Nearly everyone" in copied
    assert texts.copied(ABSTAINED).startswith(
        "I found nothing in the documents that answers this.\n\nClosest passages\n[1] Eye pressure"
    )
    assert "(Not checked against the documents)" in texts.copied(UNCHECKED)
    assert "\n" not in texts.copied(HOSTILE_ANSWER).split("Sources\n")[1]  # a quote stays on its line


def test_a_working_turn_shows_the_quoted_answer_and_what_is_written_so_far() -> None:
    progress = Writing(WRITTEN_SENTENCES[:1], WRITTEN_CITATIONS)
    turn = Turn(1, "How?", "working", QUOTED, progress)
    view = views.turn_view(turn, "")
    assert view["stage"] == "Writing, 1 sentence checked"
    assert isinstance(view["answer"], dict)
    assert view["answer"]["status"] == "Quoted from Glaucoma, page 2 · 0.6 s"
    assert isinstance(view["writing"], list)
    assert [chip["n"] for chip in view["writing"][0]["chips"]] == [1, 3]
    # Stopped, it keeps both; done, what was written is an answer, and its sources keep the keys they were open under.
    assert views.turn_view(replace(turn, state="stopped"), "")["writing"] == view["writing"]
    done = replace(turn, state="done", answer=WRITTEN, progress=None)
    assert views.turn_view(done, "")["writing"] == []
    assert list(views.citations_of(turn)) == [views.source_key(citation) for citation in WRITTEN_CITATIONS]
    assert list(views.citations_of(done)) == list(views.citations_of(turn))


def test_a_quote_stays_above_what_was_written_from_it() -> None:
    by_itself: Any = views.turn_view(Turn(1, "How?", "done", WRITTEN, beside=QUOTED), "", can_write=True)
    asked_for: Any = views.turn_view(Turn(1, "How?", "done", QUOTED, beside=SHORTER), "", can_write=True)
    for view, title, judged in ((by_itself, "Written answer", "beside"), (asked_for, "In short", "answer")):
        assert shown_text(view["answer"]) == QUOTED.text
        assert (view["beside"]["title"], view["judged"], view["shorter"]) == (title, judged, "")
        assert view["beside"]["status"].startswith("Written from")
    both = Turn(1, "How?", "done", WRITTEN, beside=QUOTED)
    assert list(views.citations_of(both)) == [views.source_key(citation) for citation in WRITTEN_CITATIONS]
    failed = Turn(1, "How?", "done", QUOTED, beside=Answer("abstained", "a model", dropped=LEFT_OUT.dropped))
    view = views.turn_view(failed, "")["beside"]
    assert (view["blocks"], view["status"]) == ([], "No shorter version stood up to the check.")
    assert view["leftOut"]["summary"] == "2 sentences were left out: no passage supports them"


@pytest.mark.parametrize(
    ("answer", "state", "can_write", "offered"),
    [
        (COMPOSED, "done", True, "Shorter"),
        (COMPOSED, "stopped", True, "Shorter"),
        (COMPOSED, "working", True, ""),
        (COMPOSED, "done", False, ""),
        (QUOTED, "done", True, ""),  # is short
        (WRITTEN, "done", True, ""),
        (ABSTAINED, "done", True, ""),
    ],
)
def test_a_long_quote_can_be_said_shorter_where_there_is_a_generator(
    answer: Answer, state: State, can_write: bool, offered: str
) -> None:
    assert views.turn_view(Turn(1, "How?", state, answer), "", can_write=can_write)["shorter"] == offered


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ([], ""),
        (["number"], "1 sentence was left out: no passage supports it"),
        (["number", "not said"], "2 sentences were left out: no passage supports them"),
        (["beside the question"], "1 sentence was left out: beside the question"),
        (["beside the question", "name"], "2 sentences were left out"),
    ],
)
def test_how_many_sentences_were_left_out_and_why(reasons: list[Any], said: str) -> None:
    assert texts.left_out([Dropped("Text.", reason) for reason in reasons]) == said


def test_a_reason_of_another_version_is_no_reason() -> None:
    assert texts.why_left_out(Dropped("Text.", cast(Any, "a reason of tomorrow"))) == ""


def test_what_was_left_out_is_shown_apart_and_never_copied_or_exported() -> None:
    view = views.answer_view(LEFT_OUT)
    assert view["leftOut"] == {
        "summary": "2 sentences were left out: no passage supports them",
        "sentences": [
            {"text": INVENTED, "why": "it gives a number that no passage gives"},
            {"text": "They were first made by Albrecht von Graefe.", "why": "it gives a name that no passage gives"},
        ],
    }
    assert view["blocks"] == views.answer_view(QUOTED)["blocks"]
    assert view["copy"] == texts.copied(QUOTED)
    assert answer_as_json(LEFT_OUT) == answer_as_json(QUOTED)


def test_only_what_can_be_right_or_wrong_is_judged() -> None:
    judged = {
        answer.kind: views.turn_view(Turn(1, "?", "done", answer), "")["feedback"] is not None
        for answer in (QUOTED, WRITTEN, ABSTAINED, SMALLTALK, UNCHECKED)
    }
    assert judged == {"extractive": True, "generated": True, "abstained": True, "smalltalk": False, "unchecked": False}


def test_a_remark_says_what_the_reader_wrote() -> None:
    assert texts.remark(None) == texts.remark(Feedback("down", "", "", "")) == "Say what would be right"
    assert texts.remark(Feedback("down", "1932", "", "")) == "Right answer: 1932"
    assert texts.remark(Feedback("down", "1932", "Too late.", "")) == "Right answer: 1932 · Note: Too late."


def test_a_failed_turn_says_what_is_safe() -> None:
    turn = Turn(1, "?", "failed", error="The model was stopped")
    assert views.failure_view(turn) == {
        "what": "This question was not answered.",
        "why": "The model was stopped.",
        "safe": "The question, the conversation and the documents are kept as they were.",
    }
    assert views.failure_view(replace(turn, answer=QUOTED))["what"] == "Writing the answer failed."


def test_an_abstention_shows_the_closest_passages_apart_from_support() -> None:
    view = views.answer_view(ABSTAINED)
    assert shown_text(view) == "I found nothing in the documents that answers this."
    assert view["closest"] == "Closest passages"
    assert isinstance(view["related"], list)
    assert [near["place"] for near in view["related"]] == ["Eye pressure", "Glaucoma, page 3"]
    assert all(str(near["key"]).startswith("r") for near in view["related"])


def test_small_talk_is_plain_text_without_sources() -> None:
    view = views.answer_view(SMALLTALK)
    assert shown_text(view) == SMALLTALK.text
    assert (view["label"], view["related"], view["copy"]) == ("", [], SMALLTALK.text)


def test_a_citation_that_does_not_exist_gets_no_chip() -> None:
    answer = replace(QUOTED, citations=(), timings=Timings())
    view = views.answer_view(answer)
    assert [item["chips"] for item in items_of(view)] == [[]]


def test_steps_lead_to_the_neighbours() -> None:
    keys = ["s1-0-5", "s1-9-12", "s2-0-4"]
    middle = views.steps_view("s1-9-12", keys)
    assert (middle["previous"], middle["next"], middle["position"]) == ("s1-0-5", "s2-0-4", "2 of 3")
    assert views.steps_view("s1-0-5", keys)["previous"] == ""
    assert views.steps_view("s2-0-4", keys)["next"] == ""


def test_a_source_is_a_contiguous_piece_of_its_document() -> None:
    citation = WRITTEN_CITATIONS[0]
    view = views.source_view(FakeDesk().documents.source(LOCAL_OWNER, EVERYTHING, citation), citation)
    assert view["marked"] == citation.quote
    assert view["copy"] == f"“{citation.quote}”\nGlaucoma, page 2"
