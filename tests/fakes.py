"""Stand-ins that behave like the real thing and record what they were asked."""

import functools
import hashlib
import re
import threading
from collections.abc import Callable, Sequence

import numpy as np
from pydantic import PrivateAttr

from rag.generators.engines.streaming import StreamingChat
from rag.reader.spans import reading_of_spans
from rag.reader.types import AnswerSpan, PassageReading, PassageText
from vectorstore.errors import RefdeskError
from vectorstore.types import Vectors


class FakeChat(StreamingChat):
    """Says the scripted replies in turn, over and over, a word at a time.

    While ``gate`` is given and not set, it waits before each word, and gives up when it is stopped. A prompt of more
    words than its ``window`` is refused. ``asked`` holds the messages of every call, ``stopped`` counts the calls that
    ended early.
    """

    replies: Sequence[str]
    window: int | None = None

    asked: list[list[dict[str, str]]] = []
    stopped: int = 0

    _gate: threading.Event | None = PrivateAttr(default=None)

    def __init__(self, *replies: str, gate: threading.Event | None = None, window: int | None = None) -> None:
        super().__init__(replies=replies, window=window)
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
        if self.window and sum(len(message["content"].split()) for message in messages) > self.window:
            raise RefdeskError(f"The prompt is longer than the window of {self.window} tokens", remedy="Ask less.")
        for word in reply.split(" "):
            # Both events are looked at in turn, as neither can wait for the other.
            while self._gate and not self._gate.wait(0.005) and not stopped.is_set():
                pass
            if stopped.is_set():
                self.stopped += 1
                return
            emit(f"{word} ")


class HashEmbedder:
    """A bag-of-words embedder: each word has a fixed random direction, so texts that share words are near.

    ``embedded`` counts the texts it was given.
    """

    def __init__(self, name: str = "hash", dimension: int = 64) -> None:
        self.fingerprint = f"{name}@{dimension}"
        self.dimension = dimension
        self.embedded = 0

    def embed(self, texts: list[str]) -> Vectors:
        self.embedded += len(texts)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()) or [""]:
                vectors[row] += _direction(f"{self.fingerprint} {word}", self.dimension)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_queries(self, texts: list[str]) -> Vectors:
        return self.embed(texts)


@functools.cache
def _direction(word: str, dimension: int) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(dimension, dtype=np.float32)


class KeywordReader:
    """Finds the first of its ``answers`` that stands in a passage; ``margin`` is how sure it is then, and minus that
    else."""

    name = "keyword"
    fingerprint = "keyword@1"

    def __init__(self, *answers: str, margin: float = 5.0) -> None:
        self._answers = answers
        self._margin = margin

    def read(self, question: str, passages: Sequence[PassageText]) -> list[PassageReading]:
        return [
            reading_of_spans((self._span(passage.text),) if passage.text else (), passage.sentences)
            for passage in passages
        ]

    def _span(self, passage: str) -> AnswerSpan:
        for answer in self._answers:
            start = passage.find(answer)
            if start >= 0:
                return AnswerSpan(start, start + len(answer), self._margin)
        return AnswerSpan(0, min(5, len(passage)), -self._margin)
