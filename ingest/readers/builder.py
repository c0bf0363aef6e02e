"""A document's text, put together block by block: headings, paragraphs, lists, tables, entries, code."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ingest.readers.base import ReadDocument, Section
from ingest.readers.pieces import pieces_of
from vectorstore.types import Block, BlockKind, Page, Unit

_INDENT = "  "
_BELOW_ALL_HEADINGS = 10


@dataclass(slots=True)
class _Holder:
    """An item, a step or an entry that is not complete; ``start`` is -1 until its first words are written."""

    kind: BlockKind
    group: int
    depth: int
    marker: str = ""
    start: int = -1
    complete: bool = False


class DocumentBuilder:
    """Collects blocks of text and keeps the offsets straight. Blocks are separated by a blank line, but the items of a
    list and the rows of a table stand line by line.

    >>> builder = DocumentBuilder()
    >>> builder.heading(1, "Glaucoma")
    >>> builder.paragraph("An eye disease.")
    >>> builder.build().sections
    (Section(start=9, end=24, headings=('Glaucoma',)),)
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._apart = ""  # what parts the next block from the last one
        self._lines_of = 0  # the group whose next line may stand directly below the last one
        self._page_starts: list[tuple[int | None, int]] = []
        self._headings: list[tuple[int, str]] = []
        self._sections: list[Section] = []
        self._open: int | None = None  # where the section being collected began
        self._units: list[Unit] = []
        self._blocks: list[Block] = []
        self._groups = 0
        self._before = 0  # characters of the parts that were taken
        self._recorded = False  # whether units were among them
        self._lists: list[tuple[int, int]] = []  # groups and depths
        self._holders: list[_Holder] = []
        self._notes: dict[str, None] = {}
        self.title = ""

    def note(self, sentence: str) -> None:
        """Say what of the file is not read, and why: people are shown it, it is no text of the document."""
        self._notes[_line(sentence)] = None

    def page(self, number: int) -> None:
        """What follows is on page ``number``; a section never crosses a page."""
        self._close_section()
        self._write("")
        self._apart = ""
        self._page_starts.append((number, self._length))

    def heading(self, level: int, text: str) -> None:
        text = _line(text)
        if not text:
            return
        self._close_section()
        self._headings = [(depth, heading) for depth, heading in self._headings if depth < level]
        self._headings.append((level, text))
        if not self.title and level == 1:
            self.title = text
        self._write(text, before="\n")

    def paragraph(self, text: str, apart: str | None = None) -> None:
        """Prose. ``apart`` is what parts it from the prose before, where that goes on in it."""
        if apart is not None:
            self._apart = apart
        for place, piece in enumerate(pieces_of(_clean(text).strip())):
            if place:
                self._apart = piece[: len(piece) - len(piece.lstrip())]
            self._add(piece.strip(), BlockKind.PROSE)

    def code(self, text: str) -> None:
        """Text whose line breaks and indentation mean something."""
        self._add(_clean(text).strip("\r\n").rstrip(), BlockKind.CODE)

    def contents(self, headings: Iterable[str]) -> None:
        """The page's own table of contents: text in no section, as every heading in it stands above a section."""
        self._close_section()
        self._write("\n".join(f"- {line}" for line in map(_line, headings) if line))

    @contextmanager
    def listing(self, *, entries: bool = False) -> Iterator[None]:
        """A list of items, or of ``entries``; within one of its kind a deeper part of that."""
        outer = self._holders[-1] if self._holders else None
        if outer and outer.kind is not BlockKind.ENTRY:
            self._complete(outer)
        if outer and entries == (outer.kind is BlockKind.ENTRY):
            self._lists.append((outer.group, outer.depth + 1))
        else:
            self._lists.append((self.new_group(), 0))
        yield
        self._lists.pop()

    @contextmanager
    def item(self, marker: str = "-", label: str = "") -> Iterator[None]:
        """An item of the innermost list, or a step, which its ``marker`` numbers.

        With a ``label``, with which its text begins, it is an entry, and its text stands below that as a heading.
        """
        kind = BlockKind.ENTRY if label else BlockKind.ITEM if marker == "-" else BlockKind.STEP
        with self._below(_line(label)), self._holding(_Holder(kind, *self._lists[-1], marker)):
            yield

    @contextmanager
    def entry(self, terms: Sequence[str]) -> Iterator[None]:
        """An entry of the innermost list: its terms, of which one is not empty, are a line, and a heading of what is
        written within.
        """
        label = ", ".join(dict.fromkeys(filter(None, map(_line, terms))))
        with self._below(label), self._holding(_Holder(BlockKind.ENTRY, *self._lists[-1])) as entry:
            entry.start, end = self._write(label, before="\n")
            yield
            if self._length == end:  # a term of which nothing is said
                self._sections.append(Section(entry.start, end, self._path))

    @contextmanager
    def under(self, label: str) -> Iterator[None]:
        """What is written within stands under ``label`` too, what follows does not; the label is not written."""
        with self._below(_line(label)):
            yield

    @contextmanager
    def table(self, caption: str = "") -> Iterator[None]:
        """A table, whose rows come by ``row`` and stand directly below its ``caption``."""
        self.paragraph(caption)
        group = self.new_group()
        if caption.strip():
            self._lines_of = group
        self._lists.append((group, 0))
        yield
        self._lists.pop()

    def row(self, text: str) -> None:
        """A row of the innermost table."""
        self._add(_clean(text).strip(), BlockKind.ROW, self._lists[-1][0])

    def record(self, headings: Sequence[str], text: str, metadata: Mapping[str, str], table: int = 0) -> None:
        """A unit of its own: its last heading as a line, then its text, which is a row of the ``table``, a group."""
        self._close_section()
        path = tuple(filter(None, map(_line, headings)))
        lead = self._write(path[-1], before="\n") if path else None
        start, end = self._write(_clean(text).strip())
        self._blocks.append(Block(start, end, BlockKind.ROW if table else BlockKind.PROSE, table or self.new_group()))
        self._sections.append(Section(start, end, path))
        self._units.append(Unit(lead[0] if lead else start, end, path[-1] if path else "", dict(metadata)))

    def new_group(self) -> int:
        self._groups += 1
        return self._groups

    @property
    def waiting(self) -> int:
        """How many characters ``take`` would take."""
        return self._length

    def take(self) -> ReadDocument:
        """What has been written so far, as a part; what is written from now on is the next one. Not within a list."""
        part = self._built(tuple(self._units), {})
        self._recorded |= bool(self._units)
        self._before += self._length
        self._page_starts = [(number, 0) for number, _ in self._page_starts[-1:]]
        self._parts, self._sections, self._units, self._blocks, self._length = [], [], [], [], 0
        return part

    def build(self, metadata: Mapping[str, str] | None = None) -> ReadDocument:
        """The document or, after ``take``, its last part. Where there are no records, it is one unit."""
        self._close_section()
        self._write("")
        whole = () if self._recorded else (Unit(-self._before, len("".join(self._parts).rstrip())),)
        return self._built(tuple(self._units) or whole, metadata or {})

    def _built(self, units: tuple[Unit, ...], metadata: Mapping[str, str]) -> ReadDocument:
        self._close_section()
        text = "".join(self._parts)
        starts = self._page_starts or [(None, 0)]
        ends = [start for _, start in starts[1:]] + [len(text)]
        pages = tuple(Page(number, start, text[start:end]) for (number, start), end in zip(starts, ends, strict=True))
        blocks = tuple(sorted(self._blocks, key=lambda block: (block.start, -block.end)))
        goes_on = self._before > 0
        sections, notes = tuple(self._sections), tuple(self._notes)
        return ReadDocument(self.title, pages, sections, units, metadata, blocks, notes, goes_on)

    @property
    def _path(self) -> tuple[str, ...]:
        return tuple(heading for _, heading in self._headings)

    def _add(self, text: str, kind: BlockKind, lines_of: int = 0) -> None:
        """Write a block. Prose within an item or an entry is a part of that, and no block of its own."""
        if not text:
            return
        holder = next((one for one in reversed(self._holders) if not one.complete), None)
        lead = ""
        if holder and holder.start < 0:
            marked = sum(bool(one.marker) for one in self._holders)
            lead = f"{_INDENT * (marked - 1)}{holder.marker} "
            lines_of = holder.group
        start, end = self._write(lead + text, lines_of=lines_of)
        first = start + len(lead) - len(lead.lstrip())
        if self._open is None:
            self._open = first
        if holder and holder.start < 0:
            holder.start = first
        if kind is not BlockKind.PROSE or holder is None:
            group = self._lists[-1][0] if kind is BlockKind.ROW else self.new_group()
            self._blocks.append(Block(start + len(lead), end, kind, group))

    def _write(self, text: str, before: str = "\n\n", lines_of: int = 0) -> tuple[int, int]:
        """Write a text; its start and end. What comes next is parted from it by ``before``, or a line of the same
        group by a line break.
        """
        apart = "\n" if lines_of and lines_of == self._lines_of else self._apart
        self._parts += [apart, text]
        start = self._length + len(apart)
        self._length = start + len(text)
        self._apart, self._lines_of = before, lines_of
        return start, self._length

    @contextmanager
    def _holding(self, holder: _Holder) -> Iterator[_Holder]:
        self._holders.append(holder)
        yield holder
        self._complete(holder)
        self._holders.pop()

    def _complete(self, holder: _Holder) -> None:
        if holder.start >= 0 and not holder.complete:
            self._blocks.append(Block(holder.start, self._length, holder.kind, holder.group, holder.depth))
        holder.complete = True

    @contextmanager
    def _below(self, label: str) -> Iterator[None]:
        """What is written within stands in a section of its own, below ``label`` as the innermost heading."""
        if not label:
            yield
            return
        self._close_section()
        outer = self._headings
        self._headings = [*outer, (_BELOW_ALL_HEADINGS + len(outer), label)]
        yield
        self._close_section()
        self._headings = outer

    def _close_section(self) -> None:
        if self._open is not None:
            self._sections.append(Section(self._open, self._length, self._path))
            self._open = None


def _line(text: str) -> str:
    return _clean(" ".join(text.split()))


def _clean(text: str) -> str:
    """Drop what cannot be stored or shown: NUL (it ends a text in SQLite), lone surrogates, soft hyphens."""
    return text.replace("\x00", "").replace("\xad", "").encode("utf-8", "replace").decode("utf-8")
