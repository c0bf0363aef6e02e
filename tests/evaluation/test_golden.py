"""From a thumb in the chat to a figure: the questions that were judged, exported and asked again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag.conversations.store import ConversationStore
from rag.conversations.types import Rating
from rag.evaluation.forgetting import forget_turns
from rag.evaluation.golden import evaluate_golden
from rag.evaluation.golden_set import GOLDEN_FILE, export_golden, golden_questions
from rag.evaluation.judged_questions import add_judged, keep_question_file, question_files
from rag.evaluation.question_file import load_own_questions
from rag.evaluation.questions import evaluate_questions
from rag.evaluation.runs import load_run, runs_folder, store_run
from rag.evaluation.squad import load_squad
from rag.evaluation.types import Evaluation, Item
from rag.types import Answer, Citation, Done, Event, Exchange, Searching, Sentence, Timings
from tests.evaluation.conftest import quiet
from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.errors import UsageError

HOURS = "The library opens at nine o'clock on weekdays. It closes at six."
BRIDGE = "The bridge opened in 1932. It carries eight lanes of traffic."
NINE = "The library opens at nine o'clock on weekdays."
LANES = "It carries eight lanes of traffic."


def cite(n: int, document: int, text: str, quote: str) -> Citation:
    start = text.index(quote)
    return Citation(n, document, f"Paper {document}", None, start, start + len(quote), quote, 0.9)


def quoted(document: int, text: str, quote: str, short: str | None = None) -> Answer:
    sentence = Sentence(quote, (1,))
    return Answer("extractive", "reader", (sentence,), (cite(1, document, text, quote),), (), short, Timings(total=5.0))


OPENS = quoted(1, HOURS, NINE, "nine o'clock")
CLOSES = quoted(1, HOURS, "It closes at six.", "six")
OPENED = quoted(2, BRIDGE, "The bridge opened in 1932.", "1932")
CARRIES = quoted(2, BRIDGE, LANES)
SILENT = Answer("abstained", "reader", related=(cite(1, 1, HOURS, HOURS),))
WRITTEN = Answer(
    "generated",
    "writer",
    (Sentence("It opened in 1932 and carries eight lanes.", (1, 2)),),
    (cite(1, 2, BRIDGE, "The bridge opened in 1932."), cite(2, 2, BRIDGE, LANES)),
    short_answer="in the thirties",  # the reader's words, from a passage that the written answer does not cite
)


class Chat:
    """Conversations as the chat stores them."""

    def __init__(self, home: Path) -> None:
        self._store = ConversationStore(home)

    def judged(
        self, question: str, answer: Answer, rating: Rating | None, conversation: str | None = None, **remarks: str
    ) -> str:
        conversation, turn = self._store.add_turn(conversation, question)
        self._store.set_turn(turn, "done", answer)
        self._store.rate(conversation, turn, rating, **remarks)
        return conversation

    def close(self) -> None:
        self._store.close()


class ScriptedDesk:
    """Answers as it is told to, and else not at all; ``before`` holds the questions that came before each one."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self._answers = answers
        self.before: dict[str, list[str]] = {}

    def ask(self, question: str, before: Sequence[Exchange]) -> Iterator[Event]:
        self.before[question] = [exchange.question for exchange in before]
        yield Searching(2)
        yield Done(self._answers.get(question, SILENT))


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    with closing(Chat(tmp_path)) as made:
        yield made


def asked_again(home: Path, answers: Mapping[str, Answer]) -> tuple[Evaluation, dict[str, Item]]:
    evaluation = evaluate_golden(golden_questions(home), ScriptedDesk(answers).ask, quiet)
    return evaluation, {item.question: item for item in evaluation.items}


def test_answers_judged_right_should_stand_on_the_same_words(tmp_path: Path, chat: Chat) -> None:
    chat.judged("When does it open?", OPENS, "up")
    chat.judged("What of the bridge?", WRITTEN, "up")
    chat.judged("When does it close?", CLOSES, "up")
    chat.judged("Who reads there?", SILENT, "up")
    chat.judged("Who built it?", SILENT, "up")
    chat.judged("Nobody judged this?", OPENS, None)
    evaluation, items = asked_again(
        tmp_path,
        {
            # taken in anew: another number, another place, and a longer quote that holds the words
            "When does it open?": quoted(7, f"Hours. {HOURS}", HOURS),
            "What of the bridge?": CARRIES,
            "Who built it?": OPENED,
        },
    )
    assert {question: item.quality for question, item in items.items()} == {
        "When does it open?": 1.0,
        "What of the bridge?": 0.5,
        "When does it close?": 0.0,
        "Who reads there?": 1.0,
        "Who built it?": 0.0,
    }
    figures = evaluation.figures
    assert figures["answered"] == pytest.approx(2 / 3)
    assert figures["same_words"] == pytest.approx(0.5)
    assert figures["abstained"] == 0.5
    assert (figures["judged_right"], figures["judged_wrong"], figures["changed"]) == (5, 0, None)


def test_answers_judged_wrong_should_change(tmp_path: Path, chat: Chat) -> None:
    chat.judged("When did it open?", OPENS, "down", right_answer="in 1932")
    chat.judged("How many lanes?", OPENED, "down", right_answer="Twelve lanes")
    chat.judged("When does it close?", OPENS, "down", note="That is the opening.")
    chat.judged("Is it open?", SILENT, "down")
    evaluation, items = asked_again(
        tmp_path, {"When did it open?": OPENED, "How many lanes?": CARRIES, "When does it close?": OPENS}
    )
    assert {question: dict(item.scores) for question, item in items.items()} == {
        "When did it open?": {"changed": 1.0, "corrected": 1.0},
        "How many lanes?": {"changed": 1.0, "corrected": 0.0},
        "When does it close?": {"changed": 0.0},
        "Is it open?": {"changed": 0.0},
    }
    assert (evaluation.figures["changed"], evaluation.figures["corrected"]) == (0.5, 0.5)
    assert items["When did it open?"].gold == ("in 1932",)
    assert items["When does it close?"].gold == (f"not: {NINE}",)


def test_a_follow_up_is_asked_in_its_conversation(tmp_path: Path, chat: Chat) -> None:
    conversation = chat.judged("When does the library open?", OPENS, None)
    chat.judged("And when does it close?", CLOSES, "up", conversation)
    desk = ScriptedDesk({})
    evaluate_golden(golden_questions(tmp_path), desk.ask, quiet)
    assert desk.before == {"And when does it close?": ["When does the library open?"]}


def test_weak_spots_are_told_by_the_document_that_was_shown(tmp_path: Path, chat: Chat) -> None:
    with closing(open_store(tmp_path, HashEmbedder())) as knowledge:
        put_text(knowledge, "hours.PDF", HOURS)
        put_text(knowledge, "bridge", BRIDGE)
    chat.judged("When does it open?", OPENS, "up")
    chat.judged("Who reads there?", SILENT, "down")
    chat.judged("What of the bridge?", OPENED, "up")
    chat.judged("What of the tower?", replace(OPENED, citations=(replace(OPENED.citations[0], document=9),)), "up")
    _, items = asked_again(tmp_path, {})
    found = {
        question: (item.slices.get("collection"), item.slices.get("document type")) for question, item in items.items()
    }
    assert found == {
        "When does it open?": ("default", "pdf"),
        "Who reads there?": ("default", "pdf"),
        "What of the bridge?": ("default", "without an ending"),
        "What of the tower?": (None, None),
    }


def test_a_deleted_conversation_is_forgotten_by_set_and_evaluations(tmp_path: Path, chat: Chat) -> None:
    with closing(open_store(tmp_path, HashEmbedder())) as knowledge:
        put_text(knowledge, "hours.txt", HOURS)
        put_text(knowledge, "bridge.txt", BRIDGE)
    secret = chat.judged("Is my\u2028neighbour's library open?", OPENS, "up")
    chat.judged("When does my neighbour leave?", CLOSES, "down", secret, right_answer="six")
    chat.judged("What of the bridge?", OPENED, "up")
    chat.judged("How long is it?", OPENED, "down")
    questions = golden_questions(tmp_path)
    export_golden(tmp_path, questions, runs_folder(tmp_path) / GOLDEN_FILE)
    run = store_run(tmp_path, evaluate_golden(questions, ScriptedDesk({}).ask, quiet), datetime.now(UTC), {})
    (run.folder / "report.html").write_text("neighbour")
    with closing(ConversationStore(tmp_path)) as store:
        turns = store.get(secret)
    assert turns is not None

    forget_turns(tmp_path, [turn.id for turn in turns.turns])

    kept = [path.read_text(encoding="utf-8") for path in (tmp_path / "evaluations").rglob("*") if path.is_file()]
    assert not any("neighbour" in text for text in kept)
    left = load_run(tmp_path, run.id)
    assert [item.question for item in left.items] == ["What of the bridge?", "How long is it?"]
    assert left.figures == run.figures
    assert [question.text for question in load_squad(runs_folder(tmp_path) / GOLDEN_FILE).questions] == [
        "What of the bridge?"
    ]


def test_a_damaged_golden_set_does_not_keep_a_conversation_from_being_deleted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = runs_folder(tmp_path) / GOLDEN_FILE
    file.write_text('{"data": 1')
    forget_turns(tmp_path, [1])
    assert file.read_text() == '{"data": 1'
    assert "golden.json may still hold questions" in caplog.text


def test_the_set_is_a_squad_file(tmp_path: Path, chat: Chat) -> None:
    with closing(open_store(tmp_path, HashEmbedder())) as knowledge:
        assert put_text(knowledge, "hours.txt", HOURS, title="Hours") == 1
        assert put_text(knowledge, "bridge.txt", BRIDGE, title="Bridge") == 2
    conversation = chat.judged("When does the library open?", OPENS, "up")
    chat.judged("And when does it close?", CLOSES, "up", conversation)
    chat.judged("What of the bridge?", WRITTEN, "up")
    chat.judged("What of the tower?", replace(OPENED, citations=(replace(OPENED.citations[0], document=9),)), "up")
    chat.judged("Who reads there?", SILENT, "up")
    chat.judged("How many lanes?", OPENED, "down", right_answer="EIGHT lanes", note="That is the year.")
    chat.judged("How long is it?", OPENED, "down", right_answer="a mile")
    file = tmp_path / "golden.json"
    export_golden(tmp_path, golden_questions(tmp_path), file)

    data = load_squad(file)
    found = {
        question.text: (data.paragraphs[question.paragraph].text, [answer.text for answer in question.answers])
        for question in data.questions
    }
    assert found == {
        "When does the library open?": (HOURS, ["nine o'clock"]),
        "And when does it close?": (HOURS, ["six"]),
        "What of the bridge?": (BRIDGE, ["The bridge opened in 1932."]),
        "What of the tower?": ("The bridge opened in 1932.", ["1932"]),  # its document is gone
        "Who reads there?": (HOURS, []),
        "How many lanes?": (BRIDGE, ["eight lanes"]),
    }
    stored = json.loads(file.read_text(encoding="utf-8"))
    for article in stored["data"]:
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                assert asked["is_impossible"] == (not asked["answers"])
                for answer in asked["answers"]:
                    start = answer["answer_start"]
                    assert paragraph["context"][start : start + len(answer["text"])] == answer["text"]
    assert stored["data"][0]["paragraphs"][0]["qas"][1]["before"] == ["When does the library open?"]
    assert [(wrong["question"], wrong["answer"], wrong["note"]) for wrong in stored["judged_wrong"]] == [
        ("How many lanes?", "The bridge opened in 1932.", "That is the year."),
        ("How long is it?", "The bridge opened in 1932.", ""),
    ]


def test_judged_answers_become_questions_that_they_themselves_answer_rightly(tmp_path: Path, chat: Chat) -> None:
    conversation = chat.judged("When does the library open?", OPENS, "up")
    chat.judged("And when does it close?", CLOSES, "up", conversation)
    chat.judged("Who reads there?", SILENT, "up")
    chat.judged("How many lanes?", OPENED, "down", right_answer="EIGHT lanes", note="That is the year.")
    chat.judged("How long is it?", OPENED, "down")
    file = tmp_path / "own.json"
    assert add_judged(file, golden_questions(tmp_path)) == (4, 1)
    assert add_judged(file, golden_questions(tmp_path)) == (0, 1)
    questions = load_own_questions(file)
    assert [(question.ask, question.abstain) for question in questions] == [
        ("When does the library open?", False),
        ("And when does it close?", False),
        ("Who reads there?", True),
        ("How many lanes?", False),
    ]
    assert questions[1].before == ("When does the library open?",)

    right = {
        "When does the library open?": OPENS,
        "And when does it close?": CLOSES,
        "How many lanes?": CARRIES,
    }
    assert evaluate_questions(questions, ScriptedDesk(right).ask, quiet).figures["right"] == 1.0
    wrong = {"When does the library open?": CLOSES, "How many lanes?": OPENED, "Who reads there?": OPENED}
    figures = evaluate_questions(questions, ScriptedDesk(wrong).ask, quiet).figures
    assert (figures["right"], figures["rightly_silent"]) == (0.0, 0.0)


def test_a_file_of_ones_own_grows_by_judged_answers(tmp_path: Path, chat: Chat) -> None:
    file = tmp_path / "own.json"
    file.write_text('{"corpus": "town", "questions": [{"ask": "When does the library open?", "must": ["ten"]}]}')
    chat.judged("When does the library open?", OPENS, "up")
    chat.judged("Who reads there?", SILENT, "up")
    assert add_judged(file, golden_questions(tmp_path)) == (1, 0)
    stored = json.loads(file.read_text())
    assert (stored["corpus"], [asked["ask"] for asked in stored["questions"]]) == (
        "town",
        ["When does the library open?", "Who reads there?"],
    )
    with pytest.raises(UsageError, match="Only a JSON file grows"):
        add_judged(tmp_path / "own.yaml", golden_questions(tmp_path))


def test_a_deleted_conversation_is_forgotten_by_question_files_and_their_evaluations(
    tmp_path: Path, chat: Chat
) -> None:
    file = keep_question_file(tmp_path, "own.json", b'{"questions": [{"ask": "What of the bridge?", "abstain": true}]}')
    secret = chat.judged("Is my neighbour's library open?", OPENS, "up")
    assert add_judged(file, golden_questions(tmp_path)) == (1, 0)
    evaluation = evaluate_questions(load_own_questions(file), ScriptedDesk({}).ask, quiet)
    run = store_run(tmp_path, evaluation, datetime.now(UTC), {})
    with closing(ConversationStore(tmp_path)) as store:
        turns = store.get(secret)
    assert turns is not None

    forget_turns(tmp_path, [turn.id for turn in turns.turns])

    assert [item.question for item in load_run(tmp_path, run.id).items] == ["What of the bridge?"]
    assert [question.ask for question in load_own_questions(file)] == ["What of the bridge?"]


def test_a_file_without_questions_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no questions"):
        keep_question_file(tmp_path, "own.json", b'{"questions": []}')
    with pytest.raises(UsageError, match="Not a JSON or YAML file"):
        keep_question_file(tmp_path, "own.txt", b"")
    assert question_files(tmp_path) == []
