"""XLSX, XLS and ODS with calamine, every sheet a heading where there are several, and CSV."""

import csv
import datetime
import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from xml.parsers import expat

import python_calamine as calamine

from ingest.readers.archive import opened
from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.builder import DocumentBuilder
from ingest.readers.encoding import encoding_of
from ingest.readers.records import add_rows
from ingest.readers.sheets import add_sheet
from ingest.readers.stretches import Stretches, is_long

csv.field_size_limit(2**31 - 1)  # the file's own size is bounded

_SNIFFED = 10_000
_DELIMITERS = ",;\t|"
_ZIP = b"PK\x03\x04"
_OPEN_DOCUMENT = "content.xml"


def read_spreadsheet(data: bytes, options: ReadOptions) -> ReadDocument:
    if data.startswith(_ZIP):
        with opened(data, options.limits) as archive:
            if _OPEN_DOCUMENT in archive.NameToInfo:
                _require_well_formed(archive, _OPEN_DOCUMENT)
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [
            (sheet.name, _rows(workbook.get_sheet_by_name(sheet.name)))
            for sheet in workbook.sheets_metadata
            if sheet.typ is calamine.SheetTypeEnum.WorkSheet
        ]
    except calamine.PasswordError as error:
        raise Refused("encrypted", "The spreadsheet asks for a password.") from error
    except calamine.CalamineError as error:
        raise Refused("damaged", "The spreadsheet cannot be read.") from error
    builder = DocumentBuilder()
    for name, rows in sheets:
        add_sheet(builder, rows, options.mappings, [name] if len(sheets) > 1 else [])
    return builder.build()


def read_csv(data: bytes, options: ReadOptions) -> ReadDocument:
    encoding = encoding_of(data)
    builder = DocumentBuilder()
    stretches = Stretches(builder, data, options.on_stretch or (lambda *_: None))
    with stretches.lines(encoding, newline="") as lines:
        delimiter = delimiter_of(lines.read(_SNIFFED))
    first, width, count = _measured(stretches, encoding, delimiter)
    if count < 2:
        raise Refused("empty", "The CSV holds no rows under its header.")
    rows = _rows_of(stretches, encoding, delimiter)
    if sum(map(bool, first)) == 1 < width:  # it has a title
        add_sheet(builder, list(rows), options.mappings, [])
    else:
        next(rows)
        below = stretches.each(rows) if options.on_stretch and is_long(data) else rows
        add_rows(builder, first, below, width, options.mappings, [])
    return builder.build({"encoding": encoding})


def delimiter_of(text: str) -> str:
    r"""What parts the cells of a CSV, by its beginning: what parts the first row, and most others into as many cells.

    >>> delimiter_of("name;price\nlamp, tall;12,50\nchair, low;8,00")
    ';'
    """
    text = text[:_SNIFFED]
    shares: dict[str, float] = {}
    for delimiter in _DELIMITERS:
        with suppress(csv.Error):
            widths = [len(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
            if widths and widths[0] > 1:
                shares[delimiter] = widths.count(widths[0]) / len(widths)
    if shares:
        return max(shares, key=lambda one: shares[one])
    try:
        return csv.Sniffer().sniff(text, delimiters=_DELIMITERS).delimiter
    except csv.Error:
        return ","


def _rows_of(stretches: Stretches, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """The rows that hold something. Raises Refused."""
    try:
        with stretches.lines(encoding, newline="") as lines:
            for row in csv.reader(lines, delimiter=delimiter):
                if any(cells := [cell.strip() for cell in row]):
                    yield cells
    except csv.Error as error:
        raise Refused("damaged", f"The CSV cannot be read: {error}.") from error


def _measured(stretches: Stretches, encoding: str, delimiter: str) -> tuple[list[str], int, int]:
    """The first row, how many cells the widest has, and how many rows there are."""
    first: list[str] = []
    width = count = 0
    for row in _rows_of(stretches, encoding, delimiter):
        first = first or row
        width, count = max(width, len(row)), count + 1
    return first, width, count


def _rows(sheet: calamine.CalamineSheet) -> list[list[str]]:
    """The texts of the cells; what is merged of several cells stands in each."""
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
    above, before = sheet.start or (0, 0)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if top < above or left < before:
            continue
        columns = slice(left - before, right - before + 1)
        for row in rows[top - above : bottom - above + 1]:
            row[columns] = [rows[top - above][left - before]] * len(row[columns])
    return rows


def _require_well_formed(archive: zipfile.ZipFile, name: str) -> None:
    """Tags that do not match keep calamine looking for the end for ever."""
    try:
        expat.ParserCreate().Parse(archive.read(name), True)
    except expat.ExpatError as error:
        raise Refused("damaged", f"Its part {name} is damaged.") from error


def _text(cell: object) -> str:
    """As a person would have typed it: 3, not 3.0."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return cell.isoformat(" ") if isinstance(cell, datetime.datetime) else cell.isoformat()
    return str(cell).strip()
