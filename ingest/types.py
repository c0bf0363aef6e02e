"""What the parse worker finds: the text of a document, or where its words stand, which fields are read from."""

from dataclasses import dataclass

from vectorstore.types import ParsedDocument

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, from the upper left corner of a page as a person sees it."""


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a space between them. ``recognised`` words were read from a picture, and may be misread."""

    text: str
    box: Box
    recognised: bool = False


@dataclass(frozen=True, slots=True)
class PageLayout:
    """The words of a page, in the order in which the file holds them.

    ``width``, ``height`` and the boxes are in points for a PDF, in pixels for a picture. A document without pages
    (text, HTML, DOCX) is one page without a ``number``, whose boxes are columns and lines of its text: they tell what
    stands beside what, and nobody can be shown them.
    """

    number: int | None
    width: float
    height: float
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class DocumentLayout:
    """A document as its words and their places.

    ``pages`` are those that were read; ``page_count`` is how many there are. ``unread_pictures`` counts pictures on
    typed pages that may hold words, and were not read. ``notes`` say, in sentences for people, what else was left
    unread and why.
    """

    title: str
    pages: tuple[PageLayout, ...]
    page_count: int
    unread_pictures: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file, or a part of one, as it was read: the SHA-256 and the number of its bytes, its text in chunks, and the
    names of the parts within it.
    """

    sha256: str
    size: int
    document: ParsedDocument
    parts: tuple[str, ...] = ()
