"""Which row of a table a question names: a reader that sees rows one by one cannot tell that another fits better."""

import re
from collections.abc import Sequence

from rag.retrieval.types import ScoredPassage
from rag.text.tokens import Kind, content_stems, tokens_of
from vectorstore.blocks import is_row
from vectorstore.types import Chunk

_RANGE = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?) ?(?:-|–|to|bis|à|a) ?(\d+(?:\.\d+)?)(?![\w,]|\.\d)")


def row_named(best: ScoredPassage, passages: Sequence[ScoredPassage], question: str) -> ScoredPassage | None:
    """Among ``passages``, best first, the row of the table of ``best`` that holds all that this one holds of the
    ``question`` and more; None where ``best`` is no row, or no other one does.
    """
    if not is_row(best.chunk.text):
        return None
    numbers = [token.key for token in tokens_of(question) if token.kind is Kind.NUMBER]
    words = frozenset(content_stems(question)).difference(numbers)
    table = best.chunk.document, best.chunk.heading
    rows = [one for one in passages if (one.chunk.document, one.chunk.heading) == table and is_row(one.chunk.text)]
    held = {one.chunk.id: _named_in(one.chunk, words, numbers) for one in rows}
    more = [one for one in rows if held[one.chunk.id] > held[best.chunk.id]]
    return max(more, key=lambda one: len(held[one.chunk.id]), default=None)


def _named_in(chunk: Chunk, words: frozenset[str], numbers: Sequence[str]) -> frozenset[str]:
    """Of what is asked, the ``words`` that a row holds, and the ``numbers`` of its first cell, be it in a range."""
    first = chunk.text.partition("; ")[0]
    counted = frozenset(content_stems(first)).intersection(numbers)
    return words.intersection(content_stems(chunk.text)) | counted | {one for one in numbers if in_range(one, first)}


def in_range(number: str, text: str) -> bool:
    """Whether ``text`` names a range that holds ``number``.

    >>> in_range("6", "from 5 to 9 years"), in_range("4", "Years 7-8"), in_range("7", "on 2026-10-07")
    (True, False, False)
    """
    try:
        value = float(number)
    except ValueError:
        return False
    return any(float(least) <= value <= float(most) for least, most in _RANGE.findall(text))
