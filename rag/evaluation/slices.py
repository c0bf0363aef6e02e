"""Which kind of question it is, to show where a desk is weak."""

import re
from pathlib import PurePath

from vectorstore.types import Document

_WORDS = ("how many", "how much", "how", "what", "which", "who", "whom", "whose", "when", "where", "why")
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_LENGTHS = ((5, "up to 5 words"), (10, "6 to 10 words"), (20, "11 to 20 words"), (50, "21 to 50 words"))


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
