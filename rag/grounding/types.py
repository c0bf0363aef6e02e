"""What a groundedness check finds, and who checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rag.reader.types import AnswerSpan
from vectorstore.types import Chunk

Reason = Literal["number", "name", "negation", "limit", "opposite", "roles", "reference", "not said"]
"""Why a sentence is not supported.

"limit": a condition, a degree or a doubt of the passage is left out, or one is put in. "roles": who does what to whom,
or how. "reference": it is open what its pronoun stands for. "not said": the passages do not say it.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """``chunks[passage]``, ``start`` to ``end`` of its document's text."""

    passage: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The places that support a sentence; none, and a ``reason``, where nothing does.

    ``probability`` is between 0 and 1, calibrated.
    """

    places: tuple[Place, ...]
    probability: float
    reason: Reason | None = None


class GroundednessCheck(Protocol):
    """The passages of one answer, ready to check its sentences."""

    def __call__(self, sentence: str, after: Place | None = None) -> Verdict:
        """Where ``sentence`` is supported, or why not; ``after`` is the place of the sentence before it."""
        ...


class GroundednessChecker(Protocol):
    """Checks what is written on passages. tests/rag/test_groundedness_contract.py says what any must do."""

    def on(
        self, chunks: Sequence[Chunk], question: str = "", found: Sequence[Sequence[AnswerSpan]] = ()
    ) -> GroundednessCheck:
        """The check for an answer to ``question`` from ``chunks``; ``found`` is what the reader found in each."""
        ...
