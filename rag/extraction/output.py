"""Extractions as JSON, as a row of a table, as CSV and XLSX files."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from rag.extraction.types import Extraction, FoundValue
from vectorstore.errors import RefdeskError

_PARTS = ("", "normalised", "confidence", "page", "box", "words")
"""What there is of each field; the value itself has the field's name alone."""
_HARMLESS = re.compile(r"[+\-]?[\d\s.,()/\-]*")


def as_json(extraction: Extraction) -> dict[str, Any]:
    """The extraction in the form that the command line and the API share."""
    result: dict[str, Any] = {
        "document": str(extraction.document),
        "outcome": extraction.outcome,
        "detail": extraction.detail,
        "schema": extraction.schema,
        "fields": {name: _value_as_json(found) for name, found in extraction.fields.items()},
    }
    if extraction.repeated:
        result["repeated"] = {
            name: [_value_as_json(found) for found in values] for name, values in extraction.repeated.items()
        }
    return result


def write_csv(path: Path, extractions: Sequence[Extraction]) -> None:
    """One row a document. What a spreadsheet would take for a formula gets an apostrophe. Raises RefdeskError."""
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            for row in rows(extractions):
                writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in row])
    except OSError as error:
        raise _unwritable(path, error) from error


def write_xlsx(path: Path, extractions: Sequence[Extraction]) -> None:
    """One row a document; texts are never formulas, links or numbers. Raises RefdeskError."""
    try:
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
            sheet = workbook.add_worksheet("fields")
            bold = workbook.add_format({"bold": True})
            for number, row in enumerate(rows(extractions)):
                for column, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(number, column, cell, bold if number == 0 else None)
            sheet.freeze_panes(1, 1)
            sheet.autofit()
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        raise _unwritable(path, error) from error


def rows(extractions: Sequence[Extraction]) -> Iterator[list[str | float | None]]:
    """A header, then a row a document."""
    names = list(dict.fromkeys(name for extraction in extractions for name in extraction.fields))
    yield ["document", "outcome", "detail", *(f"{name} {part}".strip() for name in names for part in _PARTS)]
    for extraction in extractions:
        row: list[str | float | None] = [str(extraction.document), extraction.outcome, extraction.detail]
        for name in names:
            found = extraction.fields.get(name)  # none, where the schema had no such field then
            row += _cells(found) if found else [None] * len(_PARTS)
        yield row


def _cells(found: FoundValue) -> list[str | float | None]:
    box = " ".join(f"{side:.1f}" for side in found.box) if found.box else None
    confidence = round(found.confidence, 4)
    return [found.value, found.normalised, confidence, found.page, box, " ".join(found.words) or None]


def _value_as_json(found: FoundValue) -> dict[str, Any]:
    return {
        "value": found.value,
        "normalised": found.normalised,
        "confidence": round(found.confidence, 4),
        "page": found.page,
        "box": [round(side, 1) for side in found.box] if found.box else None,
        "words": list(found.words),
        "corrected": found.corrected,
    }


def _harmless(text: str) -> str:
    """A cell that a spreadsheet shows as it is (OWASP, "CSV Injection")."""
    risky = text.startswith(("=", "@", "+", "-", "\t", "\r"))
    return f"'{text}" if risky and not _HARMLESS.fullmatch(text) else text


def _unwritable(path: Path, error: Exception) -> RefdeskError:
    reason = getattr(error, "strerror", None) or str(error)
    return RefdeskError(f"The file cannot be written ({reason})", where=str(path), remedy="Name another one.")
