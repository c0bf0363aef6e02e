"""Which row of a table a question names: a reader that sees rows one by one cannot tell that another fits better."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rag.retrieval.types import ScoredPassage
from rag.text.tokens import LEXICON, Kind, content_stems, tokens_of
from vectorstore.blocks import cells_of, is_row
from vectorstore.types import Chunk

_RANGE = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?) ?(?:-|–|to|bis|à|a) ?(\d+(?:\.\d+)?)(?![\w,]|\.\d)")

_AMOUNT = re.compile(r"(?<![\w.,-])(\d+(?:\.\d+)?) ?([^\W\d_]{1,12}|%)(?!\w)")
_NAMED = 0.5
"""A column is named by so many of its header's words."""
_IN_PARENTHESES = re.compile(r"\([^()]*\)")


def row_named(best: ScoredPassage, passages: Sequence[ScoredPassage], question: str) -> ScoredPassage | None:
    """Among ``passages``, best first, the row of the table of ``best`` that holds all that this one holds of the
    ``question`` and more; None where ``best`` is no row, or no other one does.
    """
    if not is_row(best.chunk.text):
        return None
    headers = {header for header, _ in cells_of(best.chunk.text)[1:]}
    unheaded = re.sub("|".join(rf"\b{re.escape(header)}\b" for header in headers), " ", question, flags=re.IGNORECASE)
    numbers = [token.key for token in tokens_of(unheaded) if token.kind is Kind.NUMBER]
    words = frozenset(content_stems(question)).difference(numbers)
    rows = _table(best, passages)
    held = {one.chunk.id: _named_in(one.chunk, words, numbers) for one in rows}
    for number, row in _reaching(rows, question):
        held[row.chunk.id] |= {number}
    more = [one for one in rows if held[one.chunk.id] > held[best.chunk.id]]
    return max(more, key=lambda one: len(held[one.chunk.id]), default=None)


def _reaching(rows: Sequence[ScoredPassage], question: str) -> Iterator[tuple[str, ScoredPassage]]:
    """For amounts of the question the row of the next larger one, where none is for just this: 20 kg for 12 kg."""
    for number, unit in _AMOUNT.findall(question):
        firsts = [_AMOUNT.search(row.chunk.text.partition("; ")[0]) for row in rows]
        told = [(float(first[1]), n) for n, first in enumerate(firsts) if first and first[2].lower() == unit.lower()]
        larger = min(((amount, n) for amount, n in told if amount >= float(number)), default=None)
        if larger:
            yield number, rows[larger[1]]


def _named_in(chunk: Chunk, words: frozenset[str], numbers: Sequence[str]) -> frozenset[str]:
    """Of what is asked, the ``words`` that a row holds, and the ``numbers`` of its first cell, be it in a range."""
    first = chunk.text.partition("; ")[0]
    counted = frozenset(content_stems(first)).intersection(numbers)
    return words.intersection(content_stems(chunk.text)) | counted | {one for one in numbers if in_range(one, first)}


def cell_asked(row: str, question: str) -> str | None:
    """The value of the column that ``question`` names; None where it names none, or several as well. A column whose
    value it names, too, only tells which row is asked for.

    >>> cell_asked("Weight: 5 kg; Zone 1: 6.90; Zone 3: 16.30.", "What does a parcel of 5 kg to zone 3 cost?")
    '16.30'
    """
    cells = cells_of(row)
    asked = Counter(content_stems(question))
    given = [told for _, value in cells if (told := _telling(value)) and told <= asked.keys()]
    for told in given:
        asked -= Counter(told)  # "5 kg to zone 5": one of the fives is the weight
    named = [
        (len(asked.keys() & stems) / len(stems), value)
        for header, value in cells
        if (stems := _telling(header)) and _telling(value) not in given
    ]
    best = max((share for share, _ in named), default=0.0)
    values = [value for share, value in named if share == best]
    return values[0] if best >= _NAMED and len(values) == 1 else None


def is_beyond(best: ScoredPassage, passages: Sequence[ScoredPassage], question: str) -> bool:
    """Whether ``best`` is a row of a table of which all rows found hold smaller, or all larger, amounts than the
    question names: 30 kg where the last row is for 20 kg.
    """
    if not is_row(best.chunk.text):
        return False
    rows = [one.chunk.text for one in _table(best, passages)]
    for number, unit in _AMOUNT.findall(question):
        held = [float(one) for row in rows for one, of in _AMOUNT.findall(row) if of.lower() == unit.lower()]
        if held and not min(held) <= float(number) <= max(held):
            return True
    return False


def _table(best: ScoredPassage, passages: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """The rows among ``passages`` of the table that ``best`` is of."""
    of = best.chunk.document, best.chunk.heading
    return [one for one in passages if (one.chunk.document, one.chunk.heading) == of and is_row(one.chunk.text)]


def _telling(text: str) -> frozenset[str]:
    """The stems of a header or a value without units and what stands in parentheses."""
    words = [word for word in _IN_PARENTHESES.sub(" ", text).split() if word.strip(".").lower() not in LEXICON.units]
    return frozenset(content_stems(" ".join(words)))


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
