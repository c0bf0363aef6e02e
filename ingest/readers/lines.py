"""Lines of plain text, as files, mails and pages hold them, to paragraphs, lists and rows."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

from ingest.readers.builder import DocumentBuilder
from vectorstore.identifiers import is_identifier

_ITEM = re.compile(r"[ \t]*(?P<marker>[-*•▪●◦‣·–]|\(?(?:(?P<number>\d{1,3})[.)]|[a-z]\)))[ \t]+(?=\S)")
_ALWAYS = frozenset("-*•▪●◦‣·")
"""What begins an item wherever a line begins with it."""
_LEADERS = re.compile(r"\s*\S.{0,60}?\s?(?:\.{4,}|(?:\. ){4,}|…{2,})\s*\S.{0,40}")
_LABELLED = re.compile(r"\s*[^\s:][^:]{0,40}:\s+\S.{0,120}")
_LABEL = re.compile(r"(?P<label>\S+(?:[ =]<?\w+>?)?(?:, \S+(?:[ =]<?\w+>?)?)*?)(?::| [-–—])\s+\S")
_ENTRY = re.compile(r".{0,60}?(?<!\d)\d{1,2}:\d\d:\d\d(?!\d)")
"""How a line of a log begins: with the second in which it was written."""
_TAB = 8
_DEEPER = 2
"""By so many blanks a list within another one is indented."""
_WRAPPED_ABOVE = 40
JOINED = "\u200b"
"""Where two lines of a page were made one, as a hyphen was between them."""


@dataclass(slots=True)
class _Piece:
    """A paragraph, a row or an item: its lines, those of further paragraphs, and how far mark and text are indented.

    The entry of a log is a row, with the lines below it that are none.
    """

    paragraphs: list[list[str]]
    is_row: bool = False
    is_entry: bool = False
    marker: str = ""
    indent: int = 0
    hang: int = 0

    @property
    def numbers(self) -> bool:
        return self.marker not in ("", "-")

    @property
    def text(self) -> str:
        """That of its first paragraph."""
        return "\n".join(self.paragraphs[0]) if self.is_entry else unwrapped(self.paragraphs[0])


class LineReader:
    """Gives a builder what lines tell: paragraphs, list items and rows, by blank lines, marks and indentation.

    Steps are counted on from one call to the next, as from page to page.
    """

    def __init__(self, builder: DocumentBuilder) -> None:
        self._builder = builder
        self._expected = {1}

    def add(self, lines: Iterable[str]) -> None:
        pieces = self._pieces([line.expandtabs(_TAB).rstrip() for line in lines])
        for (is_row, is_item), run in groupby(pieces, lambda piece: (piece.is_row, bool(piece.marker))):
            if is_row:
                with self._builder.table():
                    for piece in run:
                        self._builder.row(piece.text)
            elif is_item:
                _add_items(self._builder, list(run))
            else:
                for piece in run:
                    self._builder.paragraph(piece.text)

    def _pieces(self, lines: Sequence[str]) -> Iterator[_Piece]:
        piece: _Piece | None = None
        apart = True  # whether a blank line, or nothing, is above
        entries = [bool(_ENTRY.match(line)) for line in lines] + [False]
        for number, line in enumerate(lines):
            if not line:
                apart = True
                continue
            indent = len(line) - len(line.lstrip())
            item = _ITEM.match(line)
            in_log = piece is not None and piece.is_entry
            if entries[number] and (in_log or entries[number + 1]):
                begun = _Piece([[line]], is_row=True, is_entry=True)
            elif piece and in_log and not apart:
                piece.paragraphs[0].append(line)
                continue
            elif item and self._begins_item(item, apart, piece):
                begun = _Piece([[line[item.end() :]]], False, False, item["marker"], indent, item.end())
                if item["number"]:
                    self._expected.add(int(item["number"]) + 1)
                elif len(item["marker"]) == 1:
                    begun.marker = "-"
            elif _LEADERS.fullmatch(line):
                begun = _Piece([[line]], is_row=True)
            elif piece and not apart and _goes_on(piece, line, indent):
                piece.paragraphs[-1].append(line)
                continue
            elif piece and piece.marker and apart and piece.hang <= indent <= piece.hang + _TAB:
                piece.paragraphs.append([line])
                apart = False
                continue
            else:
                begun = _Piece([[line]])
            if piece:
                yield from _rows_of(piece)
            piece, apart = begun, False
        if piece:
            yield from _rows_of(piece)

    def _begins_item(self, item: re.Match[str], apart: bool, before: _Piece | None) -> bool:
        """A number counts steps if it is 1 or the next. Within a paragraph a dash or a letter may be its own."""
        if item["number"]:
            return int(item["number"]) in self._expected
        return item["marker"] in _ALWAYS or apart or bool(before and before.marker)


def unwrapped(lines: Sequence[str]) -> str:
    r"""Join the lines of a wrapped paragraph; keep breaks that are meant.

    A break is taken as wrapping when the line before it is nearly as long as the longest one, or the next one goes on
    in lower case.

    >>> unwrapped(["A long line that was wrapped", "by an editor at some width", "Then:", "It ends."])
    'A long line that was wrapped by an editor at some width\nThen:\nIt ends.'
    """
    lines = [" ".join(line.split()) for line in lines]
    lines = [line for line in lines if line]
    if not lines:
        return ""
    width = max(len(part) for line in lines for part in line.split(JOINED))
    text = lines[0]
    for before, line in pairwise(lines):
        length = len(before.rpartition(JOINED)[2])
        running = JOINED in before and not before.endswith((".", "!", "?", ":"))
        wrapped = line[0].islower() or running or (length > 0.75 * width and length > _WRAPPED_ABOVE)
        text += (" " if wrapped else "\n") + line
    return text.replace(JOINED, "")


def leading_label(text: str) -> str:
    """The identifiers with which the text of an item begins, if it goes on to say what they are; else nothing.

    >>> leading_label("-x, --extract: unpack"), leading_label("E-4711 - no water"), leading_label("Note: no water")
    ('-x, --extract', 'E-4711', '')
    """
    found = _LABEL.match(text)
    names = found["label"].split(", ") if found else []
    return ", ".join(names) if names and all(is_identifier(re.split(r"[ =]", name)[0]) for name in names) else ""


def _goes_on(piece: _Piece, line: str, indent: int) -> bool:
    """Whether a line directly below a piece is a part of it."""
    last = piece.paragraphs[-1][-1].strip()
    wrapped = line.lstrip()[0].islower() or len(last) > _WRAPPED_ABOVE
    return not piece.is_row and (not piece.marker or indent > piece.indent or wrapped)


def _rows_of(piece: _Piece) -> list[_Piece]:
    """A paragraph of labels with their values, line by line, is rows; everything else is as it is."""
    lines = piece.paragraphs[0]
    if piece.marker or len(lines) < 2 or not all(map(_LABELLED.fullmatch, lines)):
        return [piece]
    return [_Piece([[line]], is_row=True) for line in lines]


def _add_items(builder: DocumentBuilder, items: Sequence[_Piece]) -> None:
    """Items in a row, those that are indented further within the one above; numbers and bullets are lists apart."""
    outermost = accumulate((item.indent for item in items), min)
    tops = [n for n, (item, least) in enumerate(zip(items, outermost, strict=True)) if item.indent < least + _DEEPER]
    nested = [(items[top], items[top + 1 : end]) for top, end in zip(tops, [*tops[1:], len(items)], strict=True)]
    for _, list_ in groupby(nested, lambda one: one[0].numbers):
        own = list(list_)
        labels = [leading_label(unwrapped(item.paragraphs[0])) for item, _ in own]
        with builder.listing():
            for (item, inner), label in zip(own, labels, strict=True):
                with builder.item(item.marker, label if all(labels) and not item.numbers else ""):
                    for paragraph in item.paragraphs:
                        builder.paragraph(unwrapped(paragraph))
                    if inner:
                        _add_items(builder, inner)
