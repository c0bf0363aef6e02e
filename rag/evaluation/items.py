"""What becomes an item of an evaluation: a sample of the questions, the kind of each, and as much of a text as shows
what went wrong.
"""

import random
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import TypeVar

from vectorstore.types import Document

_SEED = 7
_EXCERPT_CHARACTERS = 300
_WORDS = ("how many", "how much", "how", "what", "which", "who", "whom", "whose", "when", "where", "why")
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_LENGTHS = ((5, "up to 5 words"), (10, "6 to 10 words"), (20, "11 to 20 words"), (50, "21 to 50 words"))

T = TypeVar("T")


def sampled(items: Sequence[T], limit: int | None) -> list[T]:
    """At most ``limit`` of the items, chosen at random but always alike, in their order; all without a limit."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[i] for i in sorted(random.Random(_SEED).sample(range(len(items)), limit))]


def slices_of(question: str) -> dict[str, str]:
    """The question's word and its length.

    >>> slices_of("In how many days is the gate repaired?")
    {'question word': 'how many', 'question length': '6 to 10 words'}
    """
    found = _WORD.search(question)
    count = len(question.split())
    length = next((name for most, name in _LENGTHS if count <= most), "more than 50 words")
    return {"question word": found.group().lower() if found else "none", "question length": length}


def slices_of_source(document: Document | None) -> dict[str, str]:
    """The collection and the kind of file that an answer stands in; nothing where that is not known."""
    if document is None:
        return {}
    return {
        "collection": document.collection,
        "document type": PurePath(document.path).suffix.lower().lstrip(".") or "without an ending",
    }


def excerpt(text: str, place: int = 0) -> str:
    """About 300 characters around ``place``.

    >>> excerpt("Short enough.")
    'Short enough.'
    """
    first = max(0, min(place - _EXCERPT_CHARACTERS // 2, len(text) - _EXCERPT_CHARACTERS))
    last = first + _EXCERPT_CHARACTERS
    return ("…" if first else "") + text[first:last] + ("…" if last < len(text) else "")
