import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.access.types import LOCAL_OWNER
from rag.conversations.store import ConversationStore
from rag.conversations.types import Turn
from rag.desk.answers import AnsweringService
from rag.jobs.types import LEASE_SECONDS
from rag.types import Writing
from tests.jobs.clock import Clock
from tests.rag.stepped_flow import QUOTED, WRITTEN, SteppedFlow
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.types import EVERYTHING


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
    conversation = service.ask(LOCAL_OWNER, EVERYTHING, None, "  What is it?  ")
    assert flow.reached.wait(10)
    turn = last(service, conversation)
    assert (turn.question, turn.state, turn.answer) == ("What is it?", "working", QUOTED)
    assert isinstance(turn.progress, Writing)
    flow.go.set()
    turn = settled(service, conversation)
    assert (turn.state, turn.answer, turn.progress) == ("done", WRITTEN, None)
    assert turn.beside == QUOTED  # what was read is not taken away


def quoted(service: AnsweringService, flow: SteppedFlow) -> tuple[str, Turn]:
    """A conversation whose one answer was stopped before anything was written."""
    conversation = service.ask(LOCAL_OWNER, EVERYTHING, None, "What is it?")
    assert flow.reached.wait(10)
    service.stop(conversation)
    return conversation, settled(service, conversation)


def test_a_shorter_version_stands_beside_the_answer(service: AnsweringService, flow: SteppedFlow) -> None:
    conversation, turn = quoted(service, flow)
    service.shorten(EVERYTHING, conversation, turn)
    shortened = settled(service, conversation)
    assert (shortened.state, shortened.answer, shortened.beside) == ("done", QUOTED, WRITTEN)


def test_that_nothing_shorter_stood_is_kept_too(service: AnsweringService, flow: SteppedFlow) -> None:
    conversation, turn = quoted(service, flow)
    flow.short = None
    service.shorten(EVERYTHING, conversation, turn)
    shortened = settled(service, conversation)
    assert shortened.answer == QUOTED
    assert shortened.beside is not None
    assert (shortened.beside.kind, shortened.beside.sentences) == ("abstained", ())


def test_an_answer_stays_when_shortening_it_fails(service: AnsweringService, flow: SteppedFlow) -> None:
    conversation, turn = quoted(service, flow)
    flow.failure = RefdeskError("The model ended", remedy="Ask again.")
    service.shorten(EVERYTHING, conversation, turn)
    failed = settled(service, conversation)
    assert (failed.state, failed.answer, failed.beside) == ("failed", QUOTED, None)
    flow.failure = None
    service.shorten(EVERYTHING, conversation, failed)
    again = settled(service, conversation)
    assert (again.state, again.beside, again.error) == ("done", WRITTEN, "")


def test_stopping_keeps_what_was_checked(service: AnsweringService, flow: SteppedFlow) -> None:
    conversation = service.ask(LOCAL_OWNER, EVERYTHING, None, "What is it?")
    assert flow.reached.wait(10)
    service.stop(conversation)
    turn = settled(service, conversation)
    assert (turn.state, turn.answer) == ("stopped", QUOTED)


def opened(home: Path, flow: SteppedFlow, clock: Clock) -> tuple[AnsweringService, ConversationStore]:
    store = ConversationStore(home, clock)
    return AnsweringService(flow, store, queue_size=2, workers=1, max_question_characters=100), store


def state(service: AnsweringService, conversation: str) -> str:
    return last(service, conversation).state


def test_what_a_program_was_answering_is_stopped_once_it_is_gone(tmp_path: Path, flow: SteppedFlow) -> None:
    clock = Clock()
    gone = ConversationStore(tmp_path, clock)
    conversation, turn = gone.add_turn(None, "What is it?")
    gone.set_turn(turn, "working", QUOTED)
    gone.close()
    service, store = opened(tmp_path, flow, clock)
    assert state(service, conversation) == "working"
    clock.now += LEASE_SECONDS + 1
    found = last(service, conversation)
    assert (found.question, found.state, found.answer) == ("What is it?", "stopped", QUOTED)
    store.rate(conversation, turn, "up")
    assert last(service, conversation).feedback is not None
    service.close()
    store.close()


def test_a_second_service_on_the_same_home_leaves_the_answers_of_the_first_alone(
    tmp_path: Path, flow: SteppedFlow
) -> None:
    clock = Clock()
    first, first_store = opened(tmp_path, flow, clock)
    conversation = first.ask(LOCAL_OWNER, EVERYTHING, None, "What is it?")
    assert flow.reached.wait(10)
    waiting = first.ask(LOCAL_OWNER, EVERYTHING, None, "And what waits?")
    other_flow = SteppedFlow()
    other_flow.go.set()
    second, second_store = opened(tmp_path, other_flow, clock)
    assert (state(second, conversation), state(second, waiting)) == ("working", "waiting")
    assert settled(second, second.ask(LOCAL_OWNER, EVERYTHING, None, "Meanwhile?")).state == "done"
    clock.now += LEASE_SECONDS - 1
    first_store.renew()
    clock.now += LEASE_SECONDS - 1
    assert (state(second, conversation), state(second, waiting)) == ("working", "waiting")
    second.close()
    second_store.close()
    flow.go.set()
    for one in (conversation, waiting):
        assert settled(first, one).state == "done"
    first.close()
    first_store.close()


def test_a_second_service_can_have_an_answer_of_the_first_stopped(tmp_path: Path, flow: SteppedFlow) -> None:
    store, other_store = ConversationStore(tmp_path), ConversationStore(tmp_path)
    first = AnsweringService(flow, store, queue_size=2, workers=1, max_question_characters=100, renew_seconds=0.01)
    second = AnsweringService(SteppedFlow(), other_store, queue_size=2, workers=1, max_question_characters=100)
    conversation = first.ask(LOCAL_OWNER, EVERYTHING, None, "What is it?")
    assert flow.reached.wait(10)
    second.stop(conversation)
    assert (settled(second, conversation).state, last(first, conversation).answer) == ("stopped", QUOTED)
    for one in (first, second, store, other_store):
        one.close()


def test_two_processes_answer_from_one_home(tmp_path: Path, flow: SteppedFlow, service: AnsweringService) -> None:
    conversation = service.ask(LOCAL_OWNER, EVERYTHING, None, "What is it?")
    assert flow.reached.wait(10)
    other = subprocess.run(
        [sys.executable, "-m", "tests.rag.another_service", str(tmp_path), conversation],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert other.stdout.split() == ["working", "done"]
    assert state(service, conversation) == "working"
    flow.go.set()
    assert settled(service, conversation).answer == WRITTEN


def test_a_failure_is_shown_and_the_next_question_answered(service: AnsweringService, flow: SteppedFlow) -> None:
    flow.failure = RefdeskError("The disk is full", where="/home", remedy="Make room.")
    turn = settled(service, service.ask(LOCAL_OWNER, EVERYTHING, None, "What is it?"))
    assert (turn.state, turn.error) == ("failed", "The disk is full: /home. Make room.")
    flow.failure = ZeroDivisionError("internal detail")
    turn = settled(service, service.ask(LOCAL_OWNER, EVERYTHING, None, "And now?"))
    assert turn.state == "failed"
    assert "internal detail" not in turn.error
    flow.failure = None
    flow.go.set()
    assert settled(service, service.ask(LOCAL_OWNER, EVERYTHING, None, "And then?")).state == "done"


@pytest.mark.parametrize(
    ("question", "message"), [("", "empty"), (" \n\t", "empty"), ("x" * 50_000, "50,000 characters")]
)
def test_an_empty_or_endless_question_is_refused_and_not_stored(
    service: AnsweringService, question: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        service.ask(LOCAL_OWNER, EVERYTHING, None, question)


def test_too_many_waiting_questions_are_refused(service: AnsweringService, flow: SteppedFlow) -> None:
    service.ask(LOCAL_OWNER, EVERYTHING, None, "One?")
    assert flow.reached.wait(10)
    service.ask(LOCAL_OWNER, EVERYTHING, None, "Two?")
    service.ask(LOCAL_OWNER, EVERYTHING, None, "Three?")
    with pytest.raises(RefdeskError, match="Too many questions"):
        service.ask(LOCAL_OWNER, EVERYTHING, None, "Four?")


def test_a_follow_up_comes_with_the_conversation_so_far(service: AnsweringService, flow: SteppedFlow) -> None:
    flow.go.set()
    conversation = service.ask(LOCAL_OWNER, EVERYTHING, None, "What is glaucoma?")
    settled(service, conversation)
    service.ask(LOCAL_OWNER, EVERYTHING, conversation, "How is it treated?")
    settled(service, conversation)
    assert [[exchange.question for exchange in before] for before in flow.before] == [[], ["What is glaucoma?"]]
    assert flow.before[1][0].answer is not None


def test_deleting_a_conversation(service: AnsweringService, flow: SteppedFlow) -> None:
    flow.go.set()
    conversation = service.ask(LOCAL_OWNER, EVERYTHING, None, "What is it?")
    settled(service, conversation)
    service.delete(conversation)
    assert service.conversation(conversation) is None
    assert service.ask(LOCAL_OWNER, EVERYTHING, conversation, "Again?") != conversation
