"""Where words that a person typed stand in a document."""

from collections.abc import Iterator

from ingest.types import DocumentLayout, PageLayout
from rag.extraction.types import WordPlace


def locate(layout: DocumentLayout, text: str) -> tuple[WordPlace, ...]:
    """Every place where ``text`` stands, in the order of the document.

    Case, spaces, and punctuation at the ends of words do not count; words are not split.
    """
    sought = _bare(_letters(text))
    if not sought:
        return ()
    return tuple(WordPlace(number, words) for number, page in enumerate(layout.pages) for words in _on(page, sought))


def _on(page: PageLayout, sought: str) -> Iterator[tuple[int, ...]]:
    """The numbers of the words that spell ``sought``, each time they do."""
    spelt = [_letters(word.text) for word in page.words]
    for first in range(len(spelt)):
        if not _bare(spelt[first]):
            continue
        so_far, last = "", first
        for last in range(first, len(spelt)):
            so_far += spelt[last]
            if len(so_far) >= len(sought):
                break
        if _bare(so_far) == sought:
            yield tuple(range(first, last + 1))


def _letters(text: str) -> str:
    return "".join(text.split()).casefold()


def _bare(text: str) -> str:
    """``text`` without what is no letter, digit or sign of a currency at its ends."""
    inner = [place for place, letter in enumerate(text) if letter.isalnum() or letter in "€$£¥"]
    return text[inner[0] : inner[-1] + 1] if inner else ""
