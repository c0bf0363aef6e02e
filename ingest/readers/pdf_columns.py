"""Text in columns that a PDF draws line by line across the page: one column is read after the other."""

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest

from ingest.readers.pdf_lines import Cell, Line

_FEWEST_LINES = 3
_GUTTER = 0.8
"""The space between two columns is so many font sizes wide at least."""
_FARTHEST = 4.0
"""By so many font sizes may a line stand below the one before."""
_FILLED = 0.7
"""So much of its column's width does a line of running text fill, half of them at least."""
_FEWEST_LETTERS = 15
"""Mean length of the lines of a column; a table's cells are shorter."""
_GOES_ON = 0.5
"""Share of the lines of running text that end within a sentence."""
_ENDED = re.compile(r"[.!?:;](?:[\"'”’)\]]*)$")
_HYPHEN = re.compile(r"(?<=[^\W\d_A-Z])-$")


def by_columns(lines: Sequence[Line]) -> Iterator[Line]:
    """The ``lines`` of a page as they are read, each in one column."""
    place = 0
    while place < len(lines):
        end, gutter = _columned(lines, place)
        if end > place:
            yield from _read(lines[place:end], gutter)
            place = end
        else:
            yield lines[place]
            place += 1


def _columned(lines: Sequence[Line], first: int) -> tuple[int, float]:
    """The end of the lines from ``first`` on that stand in two columns at least, and where the first column ends; the
    end is ``first`` where there are none.
    """
    found, left, right = first, 0.0, float("inf")
    both: list[Line] = []
    for place in range(first, len(lines)):
        line = lines[place]
        if place > first and not 0 < lines[place - 1].bottom - line.bottom <= _FARTHEST * line.size:
            break
        gap = _gap(line, left, right)
        if gap is None or gap[1] - gap[0] < _GUTTER * line.size:
            break
        left, right = gap
        if line.cells[0].right <= left and line.cells[-1].left >= right:
            both.append(line)
            found = place + 1
        elif not both:
            break
        elif line.cells[-1].right <= left or line.cells[0].left >= right:
            found = place + 1  # one column is longer than the other
    middle = (left + right) / 2
    return (found, middle) if len(both) >= _FEWEST_LINES and _is_running(both, middle) else (first, 0.0)


def _gap(line: Line, left: float, right: float) -> tuple[float, float] | None:
    """What of the space from ``left`` to ``right`` the line leaves free, the first such where it leaves several."""
    edges = [0.0, *(edge for cell in line.cells for edge in (cell.left, cell.right)), float("inf")]
    spaces = [(max(left, start), min(right, end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    inner = spaces[1:-1] if left == 0.0 else spaces
    return next((space for space in inner if space[1] > space[0]), None)


def _is_running(lines: Sequence[Line], gutter: float) -> bool:
    """Whether both sides are lines of running text, which fill their column and go on, and no cells of a table."""
    for texts in zip(*(_sides(line, gutter) for line in lines), strict=True):
        edges = [(line.cells[0].left, line.cells[-1].right) for line in texts if line]
        widths = [right - left for left, right in edges]
        said = [line.text.strip() for line in texts if line]
        if statistics.median(widths) < _FILLED * max(widths) or statistics.fmean(map(len, said)) < _FEWEST_LETTERS:
            return False
        if sum(not _ENDED.search(text) for text in said) < _GOES_ON * len(said):
            return False
        if not any(text[0].islower() for text in said):
            return False
    return True


def _read(lines: Sequence[Line], gutter: float) -> Iterator[Line]:
    """The left column, then what stands right of it, moved below it as if there were but one."""
    sides = [_sides(line, gutter) for line in lines]
    column = _hyphenated([left for left, _ in sides if left])
    rest = list(by_columns(_hyphenated([right for _, right in sides if right])))
    yield from column
    step = _step(lines) * (2 if _ENDED.search(column[-1].text) else 1)
    below = column[-1].bottom - step - rest[0].bottom
    aside = min(line.left for line in column) - min(line.left for line in rest)
    for line in rest:
        yield replace(line, bottom=line.bottom + below, end=line.end + below, left=line.left + aside)


def _hyphenated(column: Sequence[Line]) -> list[Line]:
    """The lines of a column, those that a hyphen ends within a word without it."""
    return [
        replace(line, text=text, cells=(*line.cells[:-1], _without_hyphen(line.cells[-1])), hyphenated=True)
        if (text := _HYPHEN.sub("", line.text)) != line.text and after and after.text[0].islower()
        else line
        for line, after in zip_longest(column, column[1:])
    ]


def _without_hyphen(cell: Cell) -> Cell:
    return replace(cell, text=_HYPHEN.sub("", cell.text))


def _step(lines: Sequence[Line]) -> float:
    return statistics.median_low([before.bottom - line.bottom for before, line in pairwise(lines)])


def _sides(line: Line, gutter: float) -> tuple[Line | None, Line | None]:
    left = [cell for cell in line.cells if cell.right <= gutter]
    right = [cell for cell in line.cells if cell.left >= gutter]
    return (
        _part(line, left, hyphenated=line.hyphenated and not right) if left else None,
        _part(line, right, hyphenated=line.hyphenated) if right else None,
    )


def _part(line: Line, cells: Sequence[Cell], *, hyphenated: bool) -> Line:
    text = " ".join(cell.text for cell in cells).strip()
    return replace(line, text=text, left=cells[0].left, cells=tuple(cells), hyphenated=hyphenated)
