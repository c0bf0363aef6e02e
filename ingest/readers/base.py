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
class ReadOptions:
    """What a reader is given beside a file's bytes. ``on_progress`` is to be called where reading can take long."""

    mappings: Sequence[NamedMapping] = ()
    limits: Limits = field(default_factory=Limits)
    on_progress: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Section:
    """Text from ``start`` to ``end`` (the heading's own line excluded) on one page, under a path of headings."""

    start: int
    end: int
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A file's text, before it is cut into chunks. ``title`` is empty when the file does not carry one."""

    title: str
    pages: tuple[Page, ...]
    sections: tuple[Section, ...]
    units: tuple[Unit, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()


class DocumentBuilder:
    """Collects blocks of text and keeps the offsets straight. Blocks are separated by a blank line.

    >>> builder = DocumentBuilder()
    >>> builder.heading(1, "Glaucoma")
    >>> builder.paragraph("An eye disease.")
    >>> builder.build().sections
    (Section(start=9, end=24, headings=('Glaucoma',)),)
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._page_starts: list[tuple[int | None, int]] = []
        self._headings: list[tuple[int, str]] = []
        self._sections: list[Section] = []
        self._open: int | None = None  # where the section being collected began
        self._units: list[Unit] = []
        self.title = ""

    def page(self, number: int) -> None:
        """What follows is on page ``number``; a section never crosses a page."""
        self._close_section()
        self._page_starts.append((number, self._length))

    def heading(self, level: int, text: str) -> None:
        text = _clean(" ".join(text.split()))
        if not text:
            return
        self._close_section()
        self._headings = [(depth, heading) for depth, heading in self._headings if depth < level]
        self._headings.append((level, text))
        if not self.title and level == 1:
            self.title = text
        self._append(text + "\n")

    def paragraph(self, text: str) -> None:
        text = _clean(text).strip()
        if not text:
            return
        if self._open is None:
            self._open = self._length
        self._append(text + "\n\n")

    def record(self, headings: Sequence[str], text: str, metadata: Mapping[str, str]) -> None:
        """A unit of its own: its last heading as a line, then its text."""
        self._close_section()
        headings = tuple(_clean(" ".join(heading.split())) for heading in headings if heading.strip())
        start = self._length
        if headings:
            self._append(headings[-1] + "\n")
        body = self._length
        text = _clean(text).strip()
        self._append(text + "\n\n")
        self._sections.append(Section(body, body + len(text), headings))
        self._units.append(Unit(start, body + len(text), headings[-1] if headings else "", dict(metadata)))

    def build(self, metadata: Mapping[str, str] | None = None) -> ReadDocument:
        self._close_section()
        text = "".join(self._parts)
        starts = self._page_starts or [(None, 0)]
        ends = [start for _, start in starts[1:]] + [len(text)]
        pages = tuple(Page(number, start, text[start:end]) for (number, start), end in zip(starts, ends, strict=True))
        units = tuple(self._units) or (Unit(0, len(text.rstrip())),)
        return ReadDocument(self.title, pages, tuple(self._sections), units, metadata or {})

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _close_section(self) -> None:
        if self._open is not None:
            end = self._length - 2  # without the blank line after its last paragraph
            self._sections.append(Section(self._open, end, tuple(heading for _, heading in self._headings)))
            self._open = None


def _clean(text: str) -> str:
    """Drop what cannot be stored or shown: NUL (it ends a text in SQLite), lone surrogates, soft hyphens."""
    return text.replace("\x00", "").replace("\xad", "").encode("utf-8", "replace").decode("utf-8")
