"""XLSX, XLS and ODS with calamine, every sheet a heading where there are several, and CSV."""

import csv
import datetime
import io
import zipfile
from xml.parsers import expat

import python_calamine as calamine

from ingest.readers.archive import opened
from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.builder import DocumentBuilder
from ingest.readers.encoding import decode
from ingest.readers.records import add_rows
from ingest.readers.sheets import add_sheet

csv.field_size_limit(2**31 - 1)  # the file's own size is bounded

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
    text, encoding = decode(data)
    try:
        delimiter = csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|").delimiter
    except csv.Error:
        delimiter = ","
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = [cells for row in lines if any(cells := [cell.strip() for cell in row])]
    except csv.Error as error:
        raise Refused("damaged", f"The CSV cannot be read: {error}.") from error
    if len(rows) < 2:
        raise Refused("empty", "The CSV holds no rows under its header.")
    builder = DocumentBuilder()
    is_titled = sum(map(bool, rows[0])) == 1 < max(map(len, rows))
    add = add_sheet if is_titled else add_rows
    add(builder, rows, options.mappings, [])
    return builder.build({"encoding": encoding})


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
