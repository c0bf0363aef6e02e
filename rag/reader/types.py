"""What a reader finds."""

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

    def read(self, question: str, passages: list[str]) -> list[tuple[AnswerSpan, ...]]:
        """For each passage its best spans, best first, none overlapping another; empty only for an empty passage."""
        ...
