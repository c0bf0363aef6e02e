"""What a reader makes of a file: pages of plain text, sections under headings, records."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ingest.limits import Limits
from ingest.sources.mapping import Mapping as NamedMapping
from vectorstore.types import Block, Page, Unit

Reason = Literal[
    "empty", "no text", "encrypted", "unreadable", "damaged", "unsupported", "too large", "timeout", "out of memory"
]
"""The closed list of reasons for which a file is refused."""


NO_TESSERACT = "Install Tesseract (Debian: tesseract-ocr), and Refdesk reads the words in pictures."


def has_tesseract() -> bool:
    """Whether the program is there that reads the words in pictures."""
    return shutil.which("tesseract") is not None


class Refused(Exception):
    """This file cannot be indexed; ``detail`` is a short sentence for the person."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason: Reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Part:
    """A file within a file, as what is attached to a message. ``name`` is a file's, and no other part's of the whole;
    ``about`` is what the whole is about, empty where it does not say.
    """

    name: str
    data: bytes
    about: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Text from ``start`` to ``end`` (the heading's own line excluded) on one page, under a path of headings."""

    start: int
    end: int
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A file's text, before it is cut into chunks. ``title`` is empty when the file does not carry one. ``notes`` say,
    in sentences for people, what of the file was not read, and why.

    Of a long one it is a stretch, if it ``goes_on`` after others: its offsets count from its own start.
    """

    title: str
    pages: tuple[Page, ...]
    sections: tuple[Section, ...]
    units: tuple[Unit, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    notes: tuple[str, ...] = ()
    goes_on: bool = False


OnStretch = Callable[[ReadDocument, float], None]
"""Gets a stretch of a long document as soon as it is read, and the share of the file that has been read."""


def not_read(counts: Mapping[str, int]) -> list[str]:
    """A sentence that says what of a document is not read, by kinds; none where all is.

    >>> not_read({"comment": 2, "formula": 1, "chart": 0})
    ['Not read: 2 comments, 1 formula.']
    """
    said = [f"{number:,} {kind}{'' if number == 1 else 's'}" for kind, number in counts.items() if number]
    return [f"Not read: {', '.join(said)}."] if said else []


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader is given beside a file's bytes. ``on_progress`` is to be called where reading can take long.

    With ``on_stretch`` a long document may come in stretches, so that it never is in memory as a whole; what a reader
    returns is then the last one.
    """

    mappings: Sequence[NamedMapping] = ()
    limits: Limits = field(default_factory=Limits)
    on_progress: Callable[[], None] = lambda: None
    on_stretch: OnStretch | None = None
