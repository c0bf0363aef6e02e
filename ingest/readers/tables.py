"""Tables as lines: each row under its header, so that it says by itself what its cells mean."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

_MOST_COLUMNS = 400
_EMPHASISED = frozenset({"b", "strong"})


@dataclass(frozen=True, slots=True)
class _Cell:
    """``heads`` says that it is marked as a header; it covers the columns from ``first`` to before ``end``."""

    text: str
    heads: bool
    first: int
    end: int


def table_rows(rows: Sequence[Sequence[str]], *, header: bool) -> Iterator[str]:
    """Each row of cells on one line; with a ``header`` as the first row, every cell under its column's name."""
    cells = [[_Cell(text, False, n, n + 1) for n, text in enumerate(row)] for row in rows]
    yield from _lines(cells[:1] if header else [], cells[1:] if header else cells)


def markup_rows(table: HtmlElement, text_of: Callable[[HtmlElement], str]) -> Iterator[str]:
    """The rows of an HTML table that holds no other. A header is known by its marks (all cells of the row are ``th``,
    or in bold), or by what stands below it: numbers, where it has words.
    """
    rows = [row for row in _placed(table, text_of) if row]
    first = next((n for n, row in enumerate(rows) if all(cell.heads for cell in row)), -1)
    if first < 0:
        header = 1 if has_header([[cell.text for cell in row] for row in rows]) else 0
        yield from _lines(rows[:header], rows[header:])
        return
    yield from _lines([], rows[:first])
    body = next((n for n, row in enumerate(rows[first:], first) if not all(cell.heads for cell in row)), len(rows))
    if body == len(rows):
        yield from _lines([], rows[first:])
    else:
        yield from _lines(rows[first:body], rows[body:])


def _placed(table: HtmlElement, text_of: Callable[[HtmlElement], str]) -> Iterator[list[_Cell]]:
    """The cells of each row, those included that reach into it from rows above."""
    hanging: list[tuple[_Cell, int]] = []
    for element in table.iter("tr"):
        row = [cell for cell, _ in hanging]
        taken = {column for cell in row for column in range(cell.first, cell.end)}
        hanging = [(cell, rows - 1) for cell, rows in hanging if rows > 1]
        column = 0
        above = element.getparent()
        in_head = above is not None and above.tag == "thead"
        for one in element:
            if one.tag not in {"td", "th"}:
                continue
            while column in taken:
                column += 1
            text = text_of(one)
            heads = one.tag == "th" or in_head or (bool(text) and _is_emphasised(one))
            cell = _Cell(text, heads, column, column + _span(one, "colspan"))
            row.append(cell)
            if (rows := _span(one, "rowspan")) > 1:
                hanging.append((cell, rows - 1))
            column = cell.end
        yield sorted(row, key=lambda cell: cell.first)


def _span(cell: HtmlElement, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value), 1), _MOST_COLUMNS) if value.isdecimal() and len(value) < 9 else 1


def _is_emphasised(cell: HtmlElement) -> bool:
    """Whether all its words are in bold."""
    inner = cell
    while not (inner.text or "").strip() and len(inner) == 1 and not (inner[0].tail or "").strip():
        inner = inner[0]
        if inner.tag in _EMPHASISED:
            return True
    return False


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether an unmarked first row names the columns: words or codes alone, with numbers below one of them, or values
    that recur and are none of the names.
    """
    names = rows[0] if rows else []
    if not all(names) or len(set(names)) < len(names):
        return False
    if len(names) == 2 < len(rows):  # of labels and values, numbers may be some
        return not any(map(_has_digit, names)) and all(_has_digit(row[-1]) for row in rows[1:])
    if any(name[0].isdigit() for name in names):
        return False
    below = [[row[n] for row in rows[1:] if len(row) == len(names)] for n in range(len(names))]
    if len(names) < 3:
        return False
    counted = any(texts and 2 * sum(map(_has_digit, texts)) > len(texts) for texts in below)
    recurring = any(len(set(texts)) < len(texts) for texts in below)
    return counted or (recurring and not any(name in texts for name, texts in zip(names, below, strict=True)))


def column_names(header: Sequence[str], columns: int) -> list[str]:
    """A name for each column: repeated ones are numbered, missing ones made up, so that no cell is lost."""
    names: dict[str, None] = {}
    for place in range(max(columns, len(header))):
        name = header[place] if place < len(header) and header[place] else f"column {place + 1}"
        while name in names:
            name = f"{name} ({place + 1})"
        names[name] = None
    return list(names)


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _lines(header: Sequence[Sequence[_Cell]], rows: Sequence[Sequence[_Cell]]) -> Iterator[str]:
    width = max((cell.end for row in (*header, *rows) for cell in row), default=0)
    names: dict[int, str] = {}
    for column in range(width):
        over = [cell.text for row in header for cell in row if cell.first <= column < cell.end]
        names[column] = " ".join(dict.fromkeys(filter(None, over)))
    for row in rows:
        parts = list(_named(row, names, width))
        if len(row) == 2 and not header and row[1].text and (row[0].heads or row[0].text.endswith(":")):
            parts = [f"{row[0].text.rstrip(': ')}: {row[1].text}"]
        line = "; ".join(parts)
        if line:
            yield line + ("" if line.endswith((".", "!", "?")) else ".")


def _named(row: Sequence[_Cell], names: dict[int, str], width: int) -> Iterator[str]:
    for cell in row:
        columns = range(cell.first, cell.end)
        name = ", ".join(dict.fromkeys(filter(None, (names[column] for column in columns))))
        if cell.text:
            spans_all = len(columns) == width > 1
            yield f"{name}: {cell.text}" if name and not spans_all else cell.text
