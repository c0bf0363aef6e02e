"""A generator that speaks alone, in the chat's service."""

import threading
import time
from pathlib import Path

from rag.access.types import LOCAL_OWNER
from rag.answering.unchecked import Alone
from rag.conversations.store import ConversationStore
from rag.conversations.types import Turn
from rag.desk.answers import AnsweringService
from rag.generators.types import Generator
from tests.fakes import FakeChat
from vectorstore.types import EVERYTHING


def finished(service: AnsweringService, conversation: str) -> Turn:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = service.conversation(conversation)
        assert found is not None
        if found.turns[-1].state not in ("waiting", "working"):
            return found.turns[-1]
    raise AssertionError("it does not end")


def test_without_retrieval_the_chat_shows_what_the_generator_says_as_unchecked(tmp_path: Path) -> None:
    chat = FakeChat("It is in the attic.")
    store = ConversationStore(tmp_path)
    service = AnsweringService(
        Alone(Generator(lambda: chat, "tuned", 100)), store, queue_size=2, workers=1, max_question_characters=100
    )
    turn = finished(service, service.ask(LOCAL_OWNER, EVERYTHING, None, "Where is the lamp?"))
    service.close()
    store.close()
    assert turn.answer is not None
    assert (turn.state, turn.answer.kind, turn.answer.engine) == ("done", "unchecked", "tuned")
    assert (turn.answer.text, turn.answer.citations) == ("It is in the attic.", ())
    assert chat.asked == [[{"role": "user", "content": "Where is the lamp?"}]]


def test_it_can_be_stopped_between_two_words() -> None:
    gate, stop = threading.Event(), threading.Event()
    chat = FakeChat("One two three.", gate=gate)
    events = Alone(Generator(lambda: chat, "tuned", 100)).events("Count!", EVERYTHING, stop=stop)
    next(events)
    stop.set()
    gate.set()
    (done,) = events
    assert done.answer.text == "One"  # type: ignore[union-attr]
