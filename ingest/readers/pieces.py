"""Texts longer than a paragraph ever is, in pieces."""

import re
from collections.abc import Iterator

from ingest.sentences import sentence_spans

PIECE_CHARACTERS = 32 * 1024
"""No piece is longer."""
_LOOKED_AT = 4 * 1024
_LAST_BLANK = re.compile(r"\s(?=\S*$)")


def pieces_of(text: str) -> Iterator[str]:
    """Pieces that end with sentences or, where none ends, with words; the next one begins with the blanks between."""
    start = 0
    while len(text) - start > PIECE_CHARACTERS:
        end = start + piece_end(text[start : start + PIECE_CHARACTERS])
        yield text[start:end]
        start = end
    yield text[start:]


def piece_end(text: str) -> int:
    """Where a text that is cut off is best parted: behind its last whole sentence, word or character."""
    place = max(0, len(text) - _LOOKED_AT)
    ends = [end for _, end in sentence_spans(text[place:])]
    if len(ends) > 1:
        return place + ends[-2]
    blank = _LAST_BLANK.search(text, place)
    return blank.start() if blank and blank.start() else len(text)
