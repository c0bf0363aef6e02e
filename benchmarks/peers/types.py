"""What a peer is given and what it gives: the same passages, models and question for each of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.reader.model import load_reader
from rag.reader.types import PassageText

SEARCHED = 5
"""Passages that a plain search returns; all of them are read."""
KEPT = 5
"""Passages that a reranker leaves to be read."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A passage that can be found."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Models:
    """``embedding``, ``reader`` and ``reranker`` are folders in the form of sentence-transformers and of transformers.

    The reader that Refdesk calls ``refdesk_reader`` is the same as ``reader``, for peers that bring no reader: spans
    with a margin up to ``no_answer_margin`` are none. ``reranked`` passages are reranked.
    """

    embedding: str
    reader: str
    reranker: str
    refdesk_reader: str
    no_answer_margin: float
    reranked: int


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of what was found, best first, and the short answer; None says that there is none."""

    ids: tuple[str, ...]
    answer: str | None


Ask = Callable[[str], Found]
Build = Callable[[Sequence[Stored], Models], Ask]
Read = Callable[[str, Sequence[str]], str | None]


def reading(models: Models) -> Read:
    """The words of the surest span in any of the texts; None where the reader says that no text answers."""
    reader = load_reader(models.refdesk_reader)

    def read(question: str, texts: Sequence[str]) -> str | None:
        readings = reader.read(question, [PassageText("", text, ()) for text in texts])
        spans = [(span, text) for text, reading in zip(texts, readings, strict=True) for span in reading.spans]
        if not spans:
            return None
        span, text = max(spans, key=lambda pair: pair[0].margin)
        return text[span.start : span.end] if span.margin > models.no_answer_margin else None

    return read
