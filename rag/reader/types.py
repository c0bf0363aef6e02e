"""What a reader is given, and what it finds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self, runtime_checkable

from ingest.sentences import sentence_spans
from vectorstore.types import Chunk


@dataclass(frozen=True, slots=True)
class PassageText:
    """A passage as it is read: under its heading (empty where it has none), with the places of its sentences."""

    heading: str
    text: str
    sentences: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, chunk: Chunk) -> Self:
        return cls(chunk.heading, chunk.text, tuple(sentence_spans(chunk.text)))


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """``text[start:end]`` of one passage. ``margin`` is the span's logit sum minus that of "no answer here"."""

    start: int
    end: int
    margin: float


@dataclass(frozen=True, slots=True)
class PassageReading:
    """What a question finds in one passage: its best ``spans``, best first, none overlapping another (none only in an
    empty passage); the log-odds ``relevance`` that the passage answers; and for each of its ``sentences`` the
    log-odds that it belongs to the answer.
    """

    spans: tuple[AnswerSpan, ...]
    relevance: float
    sentences: tuple[float, ...]


class Reader(Protocol):
    """Finds the words and sentences in passages that answer a question, and whether they do."""

    @property
    def name(self) -> str:
        """The model's name, for people."""
        ...

    @property
    def fingerprint(self) -> str:
        """The model's name, an @ and what tells its weights."""
        ...

    def read(self, question: str, passages: Sequence[PassageText]) -> list[PassageReading]:
        """What the question finds in each passage."""
        ...


class Support(NamedTuple):
    """The probabilities, in sum 1, that a passage says a sentence, denies it, or says too little of it."""

    supported: float
    contradicted: float
    not_enough: float

    @property
    def log_odds(self) -> float:
        """Those of "says it", bounded to 10."""
        return max(-10.0, min(10.0, math.log(max(self.supported, 1e-9) / max(1.0 - self.supported, 1e-9))))


@runtime_checkable
class SupportReader(Protocol):
    """Tells whether passages support sentences."""

    def support(self, pairs: Sequence[tuple[str, str]]) -> list[Support]:
        """For each sentence with its passage how far it is supported by it."""
        ...


class PairReader(Protocol):
    """A reader that takes many questions at once, each with a passage of its own."""

    @property
    def no_answer_margin(self) -> float:
        """A best span with a smaller margin counts as "the passage does not say"."""
        ...

    def read_pairs(self, pairs: Sequence[tuple[str, PassageText]]) -> list[PassageReading]:
        """What each question finds in its passage."""
        ...
