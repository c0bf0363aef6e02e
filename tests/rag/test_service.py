import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rag.conversations.store import ConversationStore
from rag.conversations.types import Turn
from rag.desk.answers import AnsweringService
from rag.types import Answer, Citation, Done, Event, Exchange, Quoted, Searching, Sentence, Timings, Writing
from vectorstore.errors import RefdeskError, UsageError

QUOTED = Answer("extractive", "reader", (Sentence("Quoted.", (1,)),), (Citation(1, 1, "T", 2, 0, 7, "Quoted.", 0.5),))
WRITTEN = Answer(
    "generated", "writer", (Sentence("Written.", (1,)),), QUOTED.citations, (), "x", Timings(1.0, 2.0, 3.0, None, 5.0)
)


class SteppedFlow:
    """Answers in steps; ``go`` lets it past the quoted answer."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.before: list[list[Exchange]] = []
        self.go = threading.Event()
        self.reached = threading.Event()
        self.failure: Exception | None = None

    def events(
        self, question: str, *, before: Sequence[Exchange] = (), stop: threading.Event | None = None
    ) -> Iterator[Event]:
        self.asked.append(question)
        self.before.append(list(before))
        yield Searching(10)
        if self.failure:
            raise self.failure
        yield Quoted(QUOTED)
        yield Writing()
        self.reached.set()
        while not self.go.wait(0.005):
            if stop is not None and stop.is_set():
                yield Done(QUOTED)
                return
        yield Done(WRITTEN)


@pytest.fixture
def flow() -> SteppedFlow:
    return SteppedFlow()


@pytest.fixture
def service(tmp_path: Path, flow: SteppedFlow) -> Iterator[AnsweringService]:
    store = ConversationStore(tmp_path)
    made = AnsweringService(flow, store, queue_size=2, workers=1, max_question_characters=100)
    yield made
    flow.go.set()
    made.close()
    store.close()


def last(service: AnsweringService, conversation: str) -> Turn:
    found = service.conversation(conversation)
    assert found is not None
    return found.turns[-1]


def settled(service: AnsweringService, conversation: str) -> Turn:
    pause = threading.Event()
    for _ in range(2000):
        turn = last(service, conversation)
        if turn.state not in {"waiting", "working"}:
            return turn
        pause.wait(0.005)
    raise AssertionError("no answer came")


def test_the_quoted_answer_shows_while_the_written_one_is_made(service: AnsweringService, flow: SteppedFlow) -> None:
    conversation = service.ask(None, "  What is it?  ")
    assert flow.reached.wait(10)
    turn = last(service, conversation)
    assert (turn.question, turn.state, turn.answer) == ("What is it?", "working", QUOTED)
    assert isinstance(turn.progress, Writing)
    flow.go.set()
    turn = settled(service, conversation)
    assert (turn.state, turn.answer, turn.progress) == ("done", WRITTEN, None)


def test_stopping_keeps_what_was_checked(service: AnsweringService, flow: SteppedFlow) -> None:
    conversation = service.ask(None, "What is it?")
    assert flow.reached.wait(10)
    service.stop(conversation)
    turn = settled(service, conversation)
    assert (turn.state, turn.answer) == ("stopped", QUOTED)


def test_conversations_survive_a_restart_and_unfinished_turns_are_stopped(tmp_path: Path, flow: SteppedFlow) -> None:
    store = ConversationStore(tmp_path)
    conversation, turn = store.add_turn(None, "What is it?")
    store.set_turn(turn, "working", QUOTED)
    store.close()
    again = ConversationStore(tmp_path)
    AnsweringService(flow, again, queue_size=1, workers=0, max_question_characters=100)
    found = again.get(conversation)
    assert found is not None
    assert (found.title, found.turns[0].state, found.turns[0].answer) == ("What is it?", "stopped", QUOTED)
    again.close()


def test_a_failure_is_shown_and_the_next_question_answered(service: AnsweringService, flow: SteppedFlow) -> None:
    flow.failure = RefdeskError("The disk is full", where="/home", remedy="Make room.")
    turn = settled(service, service.ask(None, "What is it?"))
    assert (turn.state, turn.error) == ("failed", "The disk is full: /home. Make room.")
    flow.failure = ZeroDivisionError("internal detail")
    turn = settled(service, service.ask(None, "And now?"))
    assert turn.state == "failed"
    assert "internal detail" not in turn.error
    flow.failure = None
    flow.go.set()
    assert settled(service, service.ask(None, "And then?")).state == "done"


@pytest.mark.parametrize(
    ("question", "message"), [("", "empty"), (" \n\t", "empty"), ("x" * 50_000, "50,000 characters")]
)
def test_an_empty_or_endless_question_is_refused_and_not_stored(
    service: AnsweringService, question: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        service.ask(None, question)


def test_too_many_waiting_questions_are_refused(service: AnsweringService, flow: SteppedFlow) -> None:
    service.ask(None, "One?")
    assert flow.reached.wait(10)
    service.ask(None, "Two?")
    service.ask(None, "Three?")
    with pytest.raises(RefdeskError, match="Too many questions"):
        service.ask(None, "Four?")


def test_a_follow_up_comes_with_the_conversation_so_far(service: AnsweringService, flow: SteppedFlow) -> None:
    flow.go.set()
    conversation = service.ask(None, "What is glaucoma?")
    settled(service, conversation)
    service.ask(conversation, "How is it treated?")
    settled(service, conversation)
    assert [[exchange.question for exchange in before] for before in flow.before] == [[], ["What is glaucoma?"]]
    assert flow.before[1][0].answer is not None


def test_deleting_a_conversation(service: AnsweringService, flow: SteppedFlow) -> None:
    flow.go.set()
    conversation = service.ask(None, "What is it?")
    settled(service, conversation)
    service.delete(conversation)
    assert service.conversation(conversation) is None
    assert service.ask(conversation, "Again?") != conversation


def test_another_flow_answers_from_the_next_question_on(service: AnsweringService, flow: SteppedFlow) -> None:
    other = SteppedFlow()
    other.go.set()
    first = service.ask(None, "First?")
    assert flow.reached.wait(10)
    service.answer_with(other)
    second = service.ask(None, "Second?")
    flow.go.set()
    assert settled(service, second).answer == WRITTEN
    assert settled(service, first).answer == WRITTEN
    assert (flow.asked, other.asked) == (["First?"], ["Second?"])
