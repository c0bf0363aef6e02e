"""What a reader is shown: a question beside a passage, and what is known of the pair."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

_WORD = re.compile(r"\w+")

Places = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A question, or where ``support`` is set a sentence to be checked, beside a passage.

    ``span`` holds the answer's characters in the passage; None says that they are nowhere in it, and is learned only if
    ``span_known``. Of the passage's ``sentences``, ``selected`` (counted from 0) belong to the answer. ``relevant``
    says whether the passage answers at all. ``support`` counts ``rag.training.data.reading.SUPPORT``. None: not known.
    Without its heading, nobody could tell what a row says that ``needs_heading``.
    """

    question: str
    passage: str
    heading: str = ""
    span: tuple[int, int] | None = None
    span_known: bool = False
    sentences: Places = ()
    selected: frozenset[int] | None = None
    relevant: bool | None = None
    support: int | None = None
    needs_heading: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one ``kind`` of a ``file``: ``row`` makes that of a number below ``size``, None where there is none.

    Of all rows, those of a source are as many as its ``weight`` is of all weights.
    """

    file: str
    kind: str
    size: int
    weight: float
    row: Callable[[int, random.Random], Row | None]


def words(text: str) -> frozenset[str]:
    """The words of a text in lower case, of whatever language is written with spaces."""
    return frozenset(_WORD.findall(text.lower()))
