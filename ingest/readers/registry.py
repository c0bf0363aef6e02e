"""The formats that can be read. To add one: its module, its entry here, a small file in tests/ingest/formats.py.

A format names its functions as "module:function". Their modules bring the parsers, which nobody but the parse worker
needs, so they are imported when they are called, or all at once by ``import_parsers``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ingest.readers.base import NO_TESSERACT, Part, ReadDocument, ReadOptions, Refused, has_tesseract

VERSION = 7
"""Raise it when a reader's output for the same bytes changes: stored documents are then read again."""


@dataclass(frozen=True, slots=True)
class Format:
    """``reader(data, options)`` gives a ReadDocument and raises Refused, as the others do.

    ``layout(data, options, pictures)`` gives a DocumentLayout; a format without one has its text's lines for a layout.
    ``picture(data, page, width)`` gives a page as it is to be shown. ``parts(data)`` gives the files within the file,
    each a Part, which are read as documents of their own. Formats with ``records`` can be read by a mapping.
    Some hold ``scans``, pictures of text, which Tesseract reads.
    """

    suffixes: tuple[str, ...]
    reader: str
    layout: str | None = None
    picture: str | None = None
    parts: str | None = None
    records: bool = False
    scans: bool = False

    def read(self, data: bytes, options: ReadOptions) -> ReadDocument:
        document: ReadDocument = named(self.reader)(data, options)
        if not document.sections and not document.goes_on:
            raise self.without_text()
        return document

    def without_text(self) -> Refused:
        """Why nothing was found in a file."""
        scan = self.scans and not has_tesseract()
        return Refused("no text", f"It may be a scan. {NO_TESSERACT}" if scan else "There is no text in it.")


FORMATS = (
    Format((".txt", ".log"), "ingest.readers.text:read_text", layout="ingest.layout.documents:text_layout"),
    Format((".md", ".markdown"), "ingest.readers.text:read_markdown", layout="ingest.layout.documents:markdown_layout"),
    Format((".html", ".htm"), "ingest.readers.web:read_html", layout="ingest.layout.documents:html_layout"),
    Format((".rtf",), "ingest.readers.text:read_rtf"),
    Format((".eml",), "ingest.readers.mail:read_mail", parts="ingest.readers.mail:parts_of_mail"),
    Format((".docx",), "ingest.readers.docx:read_docx", layout="ingest.layout.documents:docx_layout"),
    Format((".odt",), "ingest.readers.odt:read_odt"),
    Format((".pptx",), "ingest.readers.pptx:read_pptx"),
    Format((".epub",), "ingest.readers.epub:read_epub"),
    Format(
        (".pdf",),
        "ingest.readers.pdf:read_pdf",
        layout="ingest.layout.pdf:pdf_layout",
        picture="ingest.layout.pdf:pdf_page",
        scans=True,
    ),
    Format(
        (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"),
        "ingest.readers.ocr:read_picture",
        layout="ingest.layout.documents:picture_layout",
        picture="ingest.layout.documents:picture_page",
        scans=True,
    ),
    Format((".csv", ".tsv"), "ingest.readers.spreadsheet:read_csv", records=True),
    Format((".json",), "ingest.readers.records:read_json", records=True),
    Format((".jsonl",), "ingest.readers.records:read_json_lines", records=True),
    Format((".xlsx", ".xls", ".ods"), "ingest.readers.spreadsheet:read_spreadsheet", records=True),
    Format((".xml",), "ingest.readers.records:read_xml", records=True),
)

_BY_SUFFIX = {suffix: format for format in FORMATS for suffix in format.suffixes}
SUFFIXES = tuple(_BY_SUFFIX)
UNSUPPORTED = f"Refdesk reads {', '.join(SUFFIXES)}."


def format_of(path: Path) -> Format | None:
    """By the ending of its name, in capitals or not; None where no reader knows it.

    >>> format_of(Path("Report.PDF")).suffixes
    ('.pdf',)
    """
    return _BY_SUFFIX.get(path.suffix.lower())


def uses_mappings(path: Path) -> bool:
    found = format_of(path)
    return found is not None and found.records


def holds_parts(path: Path) -> bool:
    found = format_of(path)
    return found is not None and found.parts is not None


def required_format(path: Path, data: bytes) -> Format:
    """As ``format_of``. Raises Refused where there is none, and for an empty file."""
    if not data or data.isspace():
        raise Refused("empty", "The file is empty.")
    format = format_of(path)
    if format is None:
        raise Refused("unsupported", UNSUPPORTED)
    return format


def read_file(path: Path, data: bytes, options: ReadOptions) -> ReadDocument:
    """Read the bytes of ``path`` by its ending. Raises Refused with a reason from the closed list."""
    return required_format(path, data).read(data, options)


def parts_of(path: Path, data: bytes) -> tuple[Part, ...]:
    """The files within the file, for which each has its own reader. Raises Refused."""
    parts = required_format(path, data).parts
    return tuple(named(parts)(data)) if parts else ()


def import_parsers() -> None:
    """All readers' and layouts' modules, before the memory that reading may take is counted."""
    for format in FORMATS:
        for name in filter(None, (format.reader, format.layout, format.picture, format.parts)):
            named(name)


def named(name: str) -> Callable[..., Any]:
    """The function that a format names."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
