"""A sheet of cells as people fill it: tables under their headers, titles and notes around them, labels with values."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise, takewhile

from ingest.readers.builder import DocumentBuilder
from ingest.readers.records import add_rows, fits_mapping, joined, named_row
from ingest.readers.tables import column_names, has_header
from ingest.sources.mapping import Mapping

Row = Sequence[str]
_LONGEST_TITLE = 12
"""Words; a longer line is a note."""
_LONGEST_CARD = 12
"""Lines of labels and values that are one record; each of more is one by itself."""
_FEW, _MANY = 0.1, 0.5
"""What share of a table's values hold digits: hardly any, or most. Values of many kinds belong to labels."""
_DIGIT = re.compile(r"[\d@]")


def add_sheet(
    builder: DocumentBuilder, rows: Sequence[Row], mappings: Sequence[Mapping], headings: Sequence[str]
) -> None:
    """Each row of a table a record under the names of its columns, below the title that stands above; of labels with
    their values those of a block together. Blank ``rows`` part the blocks.
    """
    filled = [row for row in rows if any(row)]
    if not filled:
        return
    if fits_mapping(filled, mappings) or (max(map(_width, filled)) == 1 and len(filled) > 1):
        add_rows(builder, filled[0], filled[1:], max(map(len, filled)), mappings, headings)
        return
    sheet = _Sheet(builder, headings)
    for blank, block in groupby(rows, key=lambda row: not any(row)):
        if not blank:
            sheet.add(list(block))
    sheet.close()


class _Sheet:
    def __init__(self, builder: DocumentBuilder, headings: Sequence[str]) -> None:
        self._builder = builder
        self._headings = headings
        self._title = ""
        self._told = True  # whether something stands below the title
        self._names: list[str] = []
        self._table = 0
        self._cards = builder.new_group()

    def add(self, block: list[Row]) -> None:
        """A block of rows, none of them blank."""
        columns = max(map(_width, block))
        most = 2 if columns > 3 else 1
        lead = list(takewhile(lambda row: _width(row) <= most, block)) if columns > 1 else block
        body = block[len(lead) :]
        self._add_lead(lead)
        if not body:
            return
        if columns == 2 and not self._goes_on(body) and _is_labels(body):
            self._add_labels([_cells(row) for row in body])
        else:
            self._add_table(body)

    def close(self) -> None:
        """Write a title below which nothing stands."""
        if self._title and not self._told:
            self._record(self._title, 0)
        self._told = True

    def _add_lead(self, lead: Sequence[Row]) -> None:
        """The first line is a title, if it is short; others are notes or labels."""
        for row in lead:
            cells = _cells(row)
            if len(cells) > 1:
                self._add_labels([cells])
            elif self._told and len(cells[0].split()) <= _LONGEST_TITLE:
                self.close()
                self._title, self._told = cells[0], False
                self._names = []
            else:
                self._record(cells[0], 0)

    def _add_labels(self, rows: Sequence[Sequence[str]]) -> None:
        lines = [f"{cells[0].rstrip(': ')}: {cells[1]}" if len(cells) > 1 else cells[0] for cells in rows]
        for record in [lines] if len(lines) <= _LONGEST_CARD else [[line] for line in lines]:
            self._record(joined(record), self._cards)

    def _goes_on(self, body: Sequence[Row]) -> bool:
        """Whether the rows belong to the table above: they are about as wide, and the first does not name columns."""
        width = max(map(len, map(_trimmed, body)))
        if width > len(self._names) or width == 2 < len(self._names):
            return False
        return not has_header([_cells(row) for row in body])

    def _add_table(self, body: Sequence[Row]) -> None:
        if not self._goes_on(body):
            header = 2 if len(body) > 2 and _is_merged(body[0]) and not any(map(_DIGIT.search, body[1])) else 1
            if len(body) <= header:
                self._record(joined(_cells(body[0])), 0)
                return
            width = max(len(_trimmed(row)) for row in body)
            self._names = column_names([_over(body[:header], column) for column in range(width)], width)
            self._table = self._builder.new_group()
            body = body[header:]
        last = max((n for n, row in enumerate(body) if _width(row) > 1), default=len(body) - 1)
        section = ""
        for n, row in enumerate(body):
            if _width(row) == 1 and len(self._names) > 2:
                if n > last:
                    self._record(_cells(row)[0], 0)
                else:
                    section = _cells(row)[0]
            else:
                fields = dict(zip(self._names, row, strict=False))
                self._record(named_row(fields), self._table, section, fields)

    def _record(self, text: str, table: int, section: str = "", fields: dict[str, str] | None = None) -> None:
        title = self._title if text != self._title else ""
        self._told = True
        self._builder.record([*self._headings, *filter(None, [title, section])], text, fields or {}, table)


def _cells(row: Row) -> list[str]:
    """Those that are filled; of merged ones that stand beside each other one."""
    return [cell for cell, _ in groupby(row) if cell]


def _width(row: Row) -> int:
    return len(_cells(row))


def _trimmed(row: Row) -> Row:
    return row[: max((n for n, cell in enumerate(row, start=1) if cell), default=0)]


def _is_merged(row: Row) -> bool:
    return any(one and one == other for one, other in pairwise(row))


def _over(header: Sequence[Row], column: int) -> str:
    return " ".join(dict.fromkeys(row[column] for row in header if column < len(row) and row[column]))


def _is_labels(rows: Sequence[Row]) -> bool:
    """Whether two columns are labels with values of many kinds, and no table under a header."""
    cells = list(_two(rows))
    if any(label.endswith(":") for label, _ in cells) or _DIGIT.search(cells[0][1]):
        return True
    values = [value for _, value in cells[1:] if value]
    share = sum(bool(_DIGIT.search(value)) for value in values) / max(1, len(values))
    labels = [label for label, _ in cells]
    return labels.count(labels[0]) > 1 or (len(cells) <= _LONGEST_CARD and _FEW < share <= _MANY)


def _two(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    for row in rows:
        first, second = [*_cells(row), ""][:2]
        yield first, second
