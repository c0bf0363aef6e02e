"""XLSX, XLS and ODS with calamine: every row a record under the names of its columns, every sheet a heading."""

import datetime
import io
import zipfile
from xml.parsers import expat

import python_calamine as calamine

from ingest.readers.archive import opened
from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.builder import DocumentBuilder
from ingest.readers.records import add_rows

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
            (sheet.name, workbook.get_sheet_by_name(sheet.name).to_python(skip_empty_area=True))
            for sheet in workbook.sheets_metadata
            if sheet.typ is calamine.SheetTypeEnum.WorkSheet
        ]
    except calamine.PasswordError as error:
        raise Refused("encrypted", "The spreadsheet asks for a password.") from error
    except calamine.CalamineError as error:
        raise Refused("damaged", "The spreadsheet cannot be read.") from error
    builder = DocumentBuilder()
    for name, rows in sheets:
        texts = [[_text(cell) for cell in row] for row in rows]
        add_rows(builder, [row for row in texts if any(row)], options.mappings, [name] if len(sheets) > 1 else [])
    return builder.build()


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
