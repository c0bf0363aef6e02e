"""Documents in: one module a format, chosen by the file name's ending."""

from collections.abc import Callable
from pathlib import Path

from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.docx import read_docx
from ingest.readers.epub import read_epub
from ingest.readers.html import read_html
from ingest.readers.mail import read_mail
from ingest.readers.ocr import NOT_INSTALLED, is_installed, read_picture
from ingest.readers.odt import read_odt
from ingest.readers.pdf import read_pdf
from ingest.readers.pptx import read_pptx
from ingest.readers.records import read_csv, read_json, read_json_lines, read_xml
from ingest.readers.spreadsheet import read_spreadsheet
from ingest.readers.text import read_markdown, read_rtf, read_text

VERSION = 3
"""Raise it when a reader's output for the same bytes changes: stored documents are then read again."""

_PLAIN: dict[str, Callable[[bytes], ReadDocument]] = {
    ".txt": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".rtf": read_rtf,
    ".eml": read_mail,
}
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
_LIMITED: dict[str, Callable[[bytes, ReadOptions], ReadDocument]] = {
    ".docx": read_docx,
    ".odt": read_odt,
    ".pptx": read_pptx,
    ".epub": read_epub,
    ".pdf": read_pdf,
    **dict.fromkeys(PICTURES, read_picture),
}
_MAPPED: dict[str, Callable[[bytes, ReadOptions], ReadDocument]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".xlsx": read_spreadsheet,
    ".xls": read_spreadsheet,
    ".ods": read_spreadsheet,
    ".xml": read_xml,
}

SUFFIXES = (*_PLAIN, *_LIMITED, *_MAPPED)


def uses_mappings(path: Path) -> bool:
    return path.suffix.lower() in _MAPPED


def read_file(path: Path, data: bytes, options: ReadOptions) -> ReadDocument:
    """Read the bytes of ``path`` by its ending. Raises Refused with a reason from the closed list."""
    suffix = path.suffix.lower()
    if not data.strip():
        raise Refused("empty", "The file is empty.")
    if suffix in _PLAIN:
        document = _PLAIN[suffix](data)
    elif reader := _LIMITED.get(suffix) or _MAPPED.get(suffix):
        document = reader(data, options)
    else:
        raise Refused("unsupported", f"Refdesk reads {', '.join(SUFFIXES)}.")
    if not document.sections:
        scan = suffix == ".pdf" and not is_installed()
        raise Refused("no text", f"It may be a scan. {NOT_INSTALLED}" if scan else "There is no text in it.")
    return document
