"""Streams from a thread: order, stop, failure, stop words; on the scripted engine."""

import threading
from collections.abc import Callable

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from rag.generators.engines.streaming import stream_from_thread, until
from tests.fakes import FakeChat


def test_pieces_come_as_they_are_made() -> None:
    gate = threading.Event()
    stream = FakeChat("one two three", gate=gate).stream("Count.")
    gate.set()
    assert [chunk.text for chunk in stream] == ["one ", "two ", "three ", ""]


def test_closing_stops_the_work_and_the_engine_is_free() -> None:
    gate = threading.Event()
    chat = FakeChat("one two three", "again", gate=gate)
    gate.set()
    stream = chat.stream("Count.")
    next(stream)
    gate.clear()
    stream.close()
    gate.set()
    assert not any(thread.name == "refdesk-generator" for thread in threading.enumerate())
    assert chat.invoke("Count.").text == "again "


def test_roles_reach_the_engine() -> None:
    chat = FakeChat("fine")
    chat.invoke([SystemMessage("Be brief."), HumanMessage("Hello"), AIMessage("Hi"), HumanMessage("How are you?")])
    assert [message["role"] for message in chat.asked[0]] == ["system", "user", "assistant", "user"]


def test_an_engines_failure_reaches_the_reader_after_what_it_said() -> None:
    def fail(emit: Callable[[str], None], _: threading.Event) -> None:
        emit("so far")
        raise RuntimeError("broken")

    stream = stream_from_thread(fail)
    assert next(stream) == "so far"
    with pytest.raises(RuntimeError, match="broken"):
        next(stream)


@pytest.mark.parametrize(
    ("pieces", "stops", "text"),
    [
        (["one ", "two ", "three"], [], "one two three"),
        (["one t", "w", "o three"], ["two"], "one "),
        (["one tw", "ice"], ["two"], "one twice"),
        (["a b c"], ["c", "b"], "a "),
    ],
)
def test_stop_words(pieces: list[str], stops: list[str], text: str) -> None:
    assert "".join(until(pieces, stops)) == text
