"""What a reader finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """``text[start:end]`` of one passage. ``margin`` is the span's logit sum minus that of "no answer here"."""

    start: int
    end: int
    margin: float


class Reader(Protocol):
    """Finds the words in passages that answer a question."""

    @property
    def name(self) -> str:
        """The model's name, for people."""
        ...

    @property
    def fingerprint(self) -> str:
        """The model's name, an @ and what tells its weights."""
        ...

    def read(self, question: str, passages: list[str]) -> list[tuple[AnswerSpan, ...]]:
        """For each passage its best spans, best first, none overlapping another; empty only for an empty passage."""
        ...


class PairReader(Protocol):
    """A reader that takes many questions at once, each with a passage of its own."""

    @property
    def no_answer_margin(self) -> float:
        """A best span with a smaller margin counts as "the passage does not say"."""
        ...

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[AnswerSpan, ...]]:
        """For each question with its passage the best spans, best first."""
        ...
