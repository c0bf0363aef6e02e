"""The lines of a PDF's page with their places, and the tables that stand in them by the columns of their cells."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.readers.lines import JOINED
from ingest.readers.tables import has_header, table_rows

_HYPHEN = re.compile(r"(?<=\w)[\ufffe\x02](?:\r?\n)?|(?<=[a-zäöüß])-\r?\n(?=[a-zäöüß])")
_BETWEEN_CELLS = 1.2
"""A gap of so many font sizes parts two cells; a blank is a quarter of one, or a half where a line is justified."""
_ALIGNED = 0.5
"""So many font sizes may the edges of a column differ."""
_FEWEST_ROWS = 3
_MARKER = re.compile(r"[^\w\s]+|\(?\w{1,3}[.)]")
"""A bullet or a number: lines that begin with one are a list."""
_LONGEST_CELL = 35
"""Mean length of the cells; longer ones are lines of text in columns."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Words of a line that stand together, from ``left`` to ``right``, in points."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: its text, its font size in points, and where it stands on the page (points from the bottom).

    Where it ends with what followed a hyphen, ``end`` is lower than ``bottom``. One that is ``hyphenated`` ends within
    a word, without the hyphen.
    """

    text: str
    size: float
    bottom: float
    end: float
    left: float
    cells: tuple[Cell, ...]
    hyphenated: bool = False


def lines_on(textpage: pdfium.PdfTextPage) -> Iterator[Line]:
    """The lines of a page as they were drawn, words apart that a line's end parts."""
    text = _HYPHEN.sub(lambda match: JOINED * len(match.group()), textpage.get_text_range())
    for match in re.finditer(rf"(?P<words>[^\r\n{JOINED}]+)(?P<hyphen>{JOINED}*)", text):
        characters = match["words"]
        if not characters.strip():
            continue
        first = match.start() + len(characters) - len(characters.lstrip())
        last = match.start() + len(characters.rstrip()) - 1
        size = round(pdfium_c.FPDFText_GetFontSize(textpage.raw, first), 1)
        left, bottom = textpage.get_charbox(first, loose=True)[0], textpage.get_charbox(first)[1]
        cells = tuple(_cells(textpage, text, first, last, size))
        end = min(bottom, textpage.get_charbox(last)[1])
        yield Line(characters, size, bottom, end, left, cells, bool(match["hyphen"]))


def rejoined(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, those that end within a word with the next one."""
    begun: Line | None = None
    for line in lines:
        whole = _joined(begun, line) if begun else line
        begun = whole if whole.hyphenated else None
        if not begun:
            yield whole
    if begun:
        yield begun


def _joined(one: Line, other: Line) -> Line:
    *before, last = one.cells
    first, *after = other.cells
    cells = (*before, Cell(last.text + first.text, last.left, first.right), *after)
    text = f"{one.text}{JOINED}{other.text}"
    return replace(one, text=text, end=min(one.end, other.end), cells=cells, hyphenated=other.hyphenated)


def _cells(textpage: pdfium.PdfTextPage, text: str, first: int, last: int, size: float) -> Iterator[Cell]:
    """The words of a line, apart where there is a wide gap between them."""
    start = first
    for blank in re.finditer(r"[ \t\xa0]+", text[first : last + 1]):
        before, after = first + blank.start() - 1, first + blank.end()
        right, left = textpage.get_charbox(before)[2], textpage.get_charbox(after)[0]
        if left - right > _BETWEEN_CELLS * size:
            yield Cell(text[start : before + 1], textpage.get_charbox(start)[0], right)
            start = after
    box = textpage.get_charbox(start)[0], textpage.get_charbox(last)[2]
    yield Cell(text[start : last + 1], *box)


def tables_in(lines: Sequence[Line]) -> Iterator[tuple[int, int, list[str]]]:
    """The first line of each table, the one after it, and its rows."""
    first = 0
    while first < len(lines):
        end = first + 1
        while end < len(lines) and _continues(lines[first], lines[end - 1], lines[end]):
            end += 1
        rows = [[cell.text for cell in line.cells] for line in lines[first:end]]
        texts = [text for row in rows for text in row]
        marked = all(_MARKER.fullmatch(row[0]) for row in rows)
        if (
            not marked
            and len(rows) >= _FEWEST_ROWS
            and len(rows[0]) > 1
            and sum(map(len, texts)) <= _LONGEST_CELL * len(texts)
        ):
            yield first, end, list(table_rows(rows, header=has_header(rows)))
            first = end
        else:
            first += 1


def _continues(first: Line, before: Line, line: Line) -> bool:
    """Whether a line is one more row below ``before``, with cells in the columns of the ``first``."""
    return (
        len(line.cells) == len(first.cells) > 1
        and line.bottom < before.bottom
        and all(_in_column(one, other, line.size) for one, other in zip(first.cells, line.cells, strict=True))
    )


def _in_column(one: Cell, other: Cell, size: float) -> bool:
    """Whether two cells have their left, their right or their middle in common."""
    left, right = one.left - other.left, one.right - other.right
    return min(abs(left), abs(right), abs(left + right) / 2) <= _ALIGNED * size
