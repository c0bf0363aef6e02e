"""Stand-ins that behave like the real thing and record what they were asked."""

import threading
from collections.abc import Callable, Sequence

from pydantic import PrivateAttr

from rag.generators.streaming import StreamingChat


class FakeChat(StreamingChat):
    """Says the scripted replies in turn, over and over, a word at a time.

    While ``gate`` is given and not set, it waits before each word, and gives up when it is stopped.
    ``asked`` holds the messages of every call, ``stopped`` counts the calls that ended early.
    """

    replies: Sequence[str]

    asked: list[list[dict[str, str]]] = []
    stopped: int = 0

    _gate: threading.Event | None = PrivateAttr(default=None)

    def __init__(self, *replies: str, gate: threading.Event | None = None) -> None:
        super().__init__(replies=replies)
        self._gate = gate

    @property
    def _llm_type(self) -> str:
        return "fake"

    def get_num_tokens(self, text: str) -> int:
        """A word is a token."""
        return len(text.split())

    def _produce(self, messages: list[dict[str, str]], emit: Callable[[str], None], stopped: threading.Event) -> None:
        reply = self.replies[len(self.asked) % len(self.replies)]
        self.asked.append(messages)
        for word in reply.split(" "):
            # Both events are looked at in turn, as neither can wait for the other.
            while self._gate and not self._gate.wait(0.005) and not stopped.is_set():
                pass
            if stopped.is_set():
                self.stopped += 1
                return
            emit(f"{word} ")
