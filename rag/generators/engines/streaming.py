"""What the in-process engines share: a blocking engine in a thread of its own, read as a stream that can be closed."""

import queue
import threading
from abc import abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from typing_extensions import override

Produce = Callable[[Callable[[str], None], threading.Event], None]
"""Blocking work: calls its first argument with each piece of text, and ends soon after the event is set."""

_ROLES = {"system": "system", "human": "user", "ai": "assistant"}


class StreamingChat(BaseChatModel):
    """A chat model whose subclasses write only `_produce`: LangChain's interface around a blocking engine."""

    @abstractmethod
    def _produce(self, messages: list[dict[str, str]], emit: Callable[[str], None], stopped: threading.Event) -> None:
        """Write the reply to ``messages`` (role and content each) in pieces, until it ends or ``stopped`` is set."""

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        spoken = [{"role": _ROLES[message.type], "content": message.text} for message in messages]
        pieces = stream_from_thread(lambda emit, stopped: self._produce(spoken, emit, stopped))
        try:
            for piece in until(pieces, stop or []):
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        finally:
            pieces.close()
        # A model may end its turn at once; LangChain takes a stream without any chunk for an error.
        yield ChatGenerationChunk(message=AIMessageChunk(content="", chunk_position="last"))

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))


def stream_from_thread(produce: Produce) -> Generator[str, None, None]:
    """Run ``produce`` in a thread and yield its pieces as they come. Its exception is raised here.

    Closing the generator sets the event and waits until ``produce`` has returned: the engine is free again afterwards.
    """
    pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    stopped = threading.Event()
    failure: list[BaseException] = []

    def work() -> None:
        try:
            produce(pieces.put, stopped)
        except BaseException as error:  # raised again in the reader's thread
            failure.append(error)
        finally:
            pieces.put(None)

    thread = threading.Thread(target=work, name="refdesk-generator", daemon=True)
    thread.start()
    try:
        while (piece := pieces.get()) is not None:
            yield piece
    finally:
        stopped.set()
        thread.join()
    if failure:
        raise failure[0]


def until(pieces: Iterable[str], stops: list[str]) -> Iterator[str]:
    """The pieces up to the first of the ``stops``, which is left out.

    >>> "".join(until(["one t", "wo three"], ["two"]))
    'one '
    """
    longest = max(map(len, stops), default=1)
    held = ""
    for piece in pieces:
        held += piece
        if cuts := [held.find(stop) for stop in stops if stop in held]:
            yield held[: min(cuts)]
            return
        # The end of what is held may be the beginning of a stop.
        ready = len(held) - longest + 1
        if ready > 0:
            yield held[:ready]
            held = held[ready:]
    if held:
        yield held
