"""Text and HTML as a grid of columns and lines, so that what stands beside or above what can be told as on a page."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from ingest.readers.base import Refused
from ingest.readers.html import BLOCKS, SKIPPED, html_tree
from ingest.types import DocumentLayout, PageLayout, Word

_LINE, _HEIGHT = 2.0, 1.9
"""From line to line, and of a word, in widths of a character: one space is narrow for it, two are wide."""
_BETWEEN_CELLS = 4
_MOST_LINES, _MOST_COLUMNS = 20_000, 400
_WORD = re.compile(r"\S+")


def layout_of_text(title: str, text: str) -> DocumentLayout:
    """A plain text, in which several spaces may line up columns."""
    lines = [line.expandtabs(8) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    words = [word for number, line in enumerate(lines[:_MOST_LINES]) for word in _placed(line, number, 0)]
    return _document(title, words)


def layout_of_markup(markup: str) -> DocumentLayout:
    """An HTML page, whose tables keep their columns. Raises Refused where it holds nothing."""
    try:
        root = html_tree(markup)
    except ValueError as error:
        raise Refused("no text", "The page holds no text.") from error
    grid = _Grid()
    grid.walk(root)
    grid.end_line()
    return _document((root.findtext(".//head/title") or "").strip(), grid.words)


def _document(title: str, words: list[Word]) -> DocumentLayout:
    right, bottom = (max((word.box[side] for word in words), default=1.0) for side in (2, 3))
    return DocumentLayout(title, (PageLayout(None, right, bottom, tuple(words)),), 1)


def _placed(line: str, number: int, column: int) -> Iterator[Word]:
    top = number * _LINE
    for found in _WORD.finditer(line):
        yield Word(found.group(), (column + found.start(), top, column + found.end(), top + _HEIGHT))


class _Grid:
    """Sets an element's text line by line, and its tables cell beside cell."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self._line = 0
        self._inline: list[str] = []

    def walk(self, element: HtmlElement) -> None:
        if not isinstance(element.tag, str) or element.tag in SKIPPED:
            return
        if element.tag == "br":
            self.end_line()
        elif element.tag == "table" and not element.findall(".//table"):
            self.end_line()
            self._table(element)
        elif element.tag in BLOCKS or element.tag in {"td", "th"}:
            self.end_line()
            self._inside(element)
            self.end_line()
            if element.tag in {"p", "table", "ul", "ol", "dl", "h1", "h2", "h3"}:
                self._line += 1
        else:
            self._inside(element)

    def end_line(self) -> None:
        text = " ".join("".join(self._inline).split())
        self._inline = []
        if text:
            self.words += _placed(text, self._line, 0)
            self._line += 1

    def _inside(self, element: HtmlElement) -> None:
        self._inline.append(element.text or "")
        for child in element:
            self.walk(child)
            self._inline.append(child.tail or "")

    def _table(self, table: HtmlElement) -> None:
        rows = [[list(_cell_lines(cell)) for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
        spans = [[_span(cell) for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
        widths: dict[int, int] = {}
        for row, of in zip(rows, spans, strict=True):
            column = 0
            for cell, span in zip(row, of, strict=True):
                if span == 1:
                    widths[column] = max(widths.get(column, 1), *(len(line) for line in cell), 1)
                column += span
        for row, of in zip(rows, spans, strict=True):
            column = at = 0
            for cell, span in zip(row, of, strict=True):
                for number, line in enumerate(cell):
                    self.words += _placed(line, self._line + number, at)
                at += sum(widths.get(n, 1) + _BETWEEN_CELLS for n in range(column, column + span))
                column += span
            self._line += max((len(cell) for cell in row), default=0)
        self._line += 1


def _span(cell: HtmlElement) -> int:
    value = cell.get("colspan", "1")
    return min(int(value), _MOST_COLUMNS) if value.isdecimal() and int(value) else 1


def _cell_lines(cell: HtmlElement) -> Iterator[str]:
    """A cell's lines of text, which its blocks and line breaks end."""
    for line in "".join(_cell_parts(cell)).split("\n"):
        text = " ".join(line.split())
        if text:
            yield text


def _cell_parts(element: HtmlElement) -> Iterator[str]:
    yield " ".join((element.text or "").split("\n"))
    for child in element:
        if isinstance(child.tag, str) and child.tag not in SKIPPED:
            apart = "\n" if child.tag == "br" or child.tag in BLOCKS else ""
            yield apart
            yield from _cell_parts(child)
            yield apart
        yield " ".join((child.tail or "").split("\n"))
