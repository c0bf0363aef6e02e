"""Documents in: one module a format, chosen by the file name's ending."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ingest.mapping import Mapping
from ingest.readers.base import ReadDocument, Refused
from ingest.readers.docx import read_docx
from ingest.readers.epub import read_epub
from ingest.readers.html import read_html
from ingest.readers.mail import read_mail
from ingest.readers.ocr import NOT_INSTALLED, is_installed, read_picture
from ingest.readers.odt import read_odt
from ingest.readers.pdf import read_pdf
from ingest.readers.pptx import read_pptx
from ingest.readers.records import read_csv, read_json, read_json_lines, read_xml
from ingest.readers.rtf import read_rtf
from ingest.readers.spreadsheet import read_spreadsheet
from ingest.readers.text import read_markdown, read_text

VERSION = 2
"""Raise it when a reader's output for the same bytes changes: stored documents are then read again."""

_PLAIN: dict[str, Callable[[bytes], ReadDocument]] = {
    ".txt": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".docx": read_docx,
    ".odt": read_odt,
    ".rtf": read_rtf,
    ".pptx": read_pptx,
    ".epub": read_epub,
    ".eml": read_mail,
}
_PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
_PAGED: dict[str, Callable[[bytes, Callable[[], None]], ReadDocument]] = {
    ".pdf": read_pdf,
    **dict.fromkeys(_PICTURES, read_picture),
}
_MAPPED: dict[str, Callable[[bytes, Sequence[Mapping]], ReadDocument]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".xlsx": read_spreadsheet,
    ".xls": read_spreadsheet,
    ".ods": read_spreadsheet,
    ".xml": read_xml,
}

SUFFIXES = (*_PLAIN, *_PAGED, *_MAPPED)


def uses_mappings(path: Path) -> bool:
    return path.suffix.lower() in _MAPPED


def read_file(
    path: Path, data: bytes, mappings: Sequence[Mapping], on_page: Callable[[], None] = lambda: None
) -> ReadDocument:
    """Read the bytes of ``path`` by its ending. Raises Refused with a reason from the closed list.

    ``on_page`` is called now and then where reading can take long.
    """
    suffix = path.suffix.lower()
    if not data.strip():
        raise Refused("empty", "The file is empty.")
    if suffix in _PLAIN:
        document = _PLAIN[suffix](data)
    elif suffix in _PAGED:
        document = _PAGED[suffix](data, on_page)
    elif suffix in _MAPPED:
        document = _MAPPED[suffix](data, mappings)
    else:
        raise Refused("unsupported", f"Refdesk reads {', '.join(SUFFIXES)}.")
    if not document.sections:
        scan = suffix == ".pdf" and not is_installed()
        raise Refused("no text", f"It may be a scan. {NOT_INSTALLED}" if scan else "There is no text in it.")
    return document
