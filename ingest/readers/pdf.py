"""PDF with pypdfium2 (PDFium): page by page, headings by their size, wrapped lines joined, hyphenation undone;
pages without text, that are pictures, by text recognition.
"""

import re
import statistics
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.readers.base import NO_TESSERACT, ReadDocument, ReadOptions, Refused, has_tesseract, not_read
from ingest.readers.builder import DocumentBuilder
from ingest.readers.lines import LineReader, unwrapped
from ingest.readers.ocr import TextRecognition
from ingest.readers.pdf_columns import by_columns
from ingest.readers.pdf_lines import Line, lines_on, rejoined, tables_in

_PAGE_NUMBER = re.compile(r"(?:page\s+)?\d+(?:\s*(?:of|/)\s*\d+)?", re.IGNORECASE)
_COUNTED = re.compile(r"^\d{1,5}\b|\b\d{1,5}$")
_EDGE = 2
"""So many lines at the top and at the bottom of a page may be running heads."""
_ALIKE, _DENSE, _ALIKE_POINTS = 3, 0.4, 4
"""A running head stands on three pages or more, and on so large a share of those from its first to its last; not more
than so many points higher or lower."""
_SCAN_DPI = 300
_MOST_NAMED = 20
_LARGER = 1.12
"""How much larger than the running text a line must be to count as a heading."""
_LONGEST_HEADING = 150
_WIDER = 1.35
"""How much wider than usual the step to the next line must be to begin a paragraph."""

_BLANK = 0.3
"""The width of a blank, in font sizes."""


def open_pdf(data: bytes) -> pdfium.PdfDocument:
    """The document, to be used as a context manager. Raises Refused."""
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise Refused("encrypted", "The PDF asks for a password.") from error
        raise Refused("damaged", "The PDF cannot be opened.") from error


def read_pdf(data: bytes, options: ReadOptions) -> ReadDocument:
    with open_pdf(data) as document:
        recognition = TextRecognition(options) if has_tesseract() else None
        pages: list[list[Line]] = []
        scanned: dict[int, str] = {}
        unread: list[int] = []
        for number, page in enumerate(document, start=1):
            drawn = list(lines_on(page.get_textpage()))
            lines = _without_page_number(list(rejoined(by_columns(drawn))))
            if not lines and _shows_pictures(page):
                if recognition:
                    scanned[number] = recognition.words(page.render(scale=_SCAN_DPI / 72).to_pil())
                else:
                    unread.append(number)
            pages.append(lines)
            options.on_progress()
        title = document.get_metadata_dict().get("Title", "").strip()
        attached = document.count_attachments()
    pages = _without_running_heads(pages)
    levels = _heading_levels([line for page in pages for line in page])
    builder = DocumentBuilder()
    if unread:
        listed = f"{'page' if len(unread) == 1 else 'pages'} {', '.join(map(str, unread[:_MOST_NAMED]))}"
        more = f" and {len(unread) - _MOST_NAMED:,} more" if len(unread) > _MOST_NAMED else ""
        builder.note(f"Not read: {listed}{more}, as the words stand in pictures. {NO_TESSERACT}")
    for note in not_read({"attached file": attached}):
        builder.note(note)
    lines_of = LineReader(builder)
    for number, lines in enumerate(pages, start=1):
        builder.page(number)
        lines_of.add(scanned.get(number, "").split("\n"))
        for level, block in _headed(lines, levels):
            if level:
                builder.heading(level, unwrapped([line.text for line in block]))
            else:
                _add_body(builder, lines_of, block)
    if title and not title.lower().endswith((".doc", ".docx", ".pdf", ".tex")):
        builder.title = title
    return builder.build()


def _headed(lines: list[Line], levels: dict[float, int]) -> Iterator[tuple[int, list[Line]]]:
    """The headings of a page with their level, and between them its other lines with level 0."""
    body: list[Line] = []
    for block in _blocks(lines):
        level = levels.get(block[0].size, 0)
        if level and len(unwrapped([line.text for line in block])) <= _LONGEST_HEADING:
            yield 0, body
            yield level, block
            body = []
        else:
            body += block
    yield 0, body


def _add_body(builder: DocumentBuilder, reader: LineReader, lines: list[Line]) -> None:
    """Its tables, and the lines between them, shifted as they are on the page."""
    start = 0
    for first, end, rows in tables_in(lines):
        reader.add(_shifted(lines[start:first]))
        with builder.table():
            for row in rows:
                builder.row(row)
        start = end
    reader.add(_shifted(lines[start:]))


def _shifted(lines: list[Line]) -> list[str]:
    """The lines' text behind as many blanks as they are indented, with an empty line between paragraphs."""
    margin = min((line.left for line in lines), default=0.0)
    shifted: list[str] = []
    for block in _blocks(lines):
        shifted.append("")
        shifted += [" " * round((line.left - margin) / (_BLANK * line.size)) + line.text.strip() for line in block]
    return shifted


def _shows_pictures(page: pdfium.PdfPage) -> bool:
    return next(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]), None) is not None


def _without_page_number(lines: list[Line]) -> list[Line]:
    for place in (0, -1):
        if lines and _PAGE_NUMBER.fullmatch(lines[place].text.strip()):
            del lines[place]
    return lines


def _without_running_heads(pages: list[list[Line]]) -> list[list[Line]]:
    """Without the lines at the top and bottom that stand alike on page after page, but for their first time."""
    found: dict[tuple[str, int], list[int]] = {}
    for number, lines in enumerate(pages):
        for line in {*lines[:_EDGE], *lines[-_EDGE:]}:
            found.setdefault(_running(line, number), []).append(number)
    running = {
        key: on[0] for key, on in found.items() if len(on) >= _ALIKE and len(on) >= _DENSE * (on[-1] - on[0] + 1)
    }
    return [
        [
            line
            for place, line in enumerate(lines)
            if _EDGE <= place < len(lines) - _EDGE or running.get(_running(line, number), number) == number
        ]
        for number, lines in enumerate(pages)
    ]


def _running(line: Line, page: int) -> tuple[str, int]:
    """What is alike in a running head: its height, and its text but for a number that counts the pages."""
    text = _COUNTED.sub(lambda match: f"#{int(match.group()) - page}", line.text.strip())
    return text, round(line.bottom / _ALIKE_POINTS)


def _heading_levels(lines: list[Line]) -> dict[float, int]:
    """Font sizes that are headings, with their level: the largest is 1."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    if not sizes:
        return {}
    body = sizes.most_common(1)[0][0]
    larger = sorted((size for size in sizes if size > _LARGER * body), reverse=True)
    return {size: min(level, 6) for level, size in enumerate(larger, start=1)}


def _blocks(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines that belong together: of one size, and no further apart than usual."""
    steps = [before.end - line.bottom for before, line in pairwise(lines) if before.end > line.bottom]
    usual = statistics.median_low(steps) if steps else 0.0
    block: list[Line] = []
    for line in lines:
        if block and (block[-1].size != line.size or not 0 <= block[-1].end - line.bottom <= _WIDER * usual):
            yield block
            block = []
        block.append(line)
    if block:
        yield block
