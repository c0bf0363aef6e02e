"""PDF with pypdfium2 (PDFium): page by page, headings by their size, wrapped lines joined, hyphenation undone;
pages without text, that are pictures, by text recognition.
"""

import re
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.readers.base import DocumentBuilder, ReadDocument, ReadOptions, Refused, has_tesseract
from ingest.readers.ocr import TextRecognition
from ingest.readers.text import add_text, unwrapped

_HYPHEN = re.compile(r"(?<=\w)[\ufffe\x02](?:\r?\n)?|(?<=[a-zäöüß])-\r?\n(?=[a-zäöüß])")
_PAGE_NUMBER = re.compile(r"(?:page\s+)?\d+(?:\s*(?:of|/)\s*\d+)?", re.IGNORECASE)
_COUNTED = re.compile(r"^\d{1,5}\b|\b\d{1,5}$")
_EDGE = 2
"""So many lines at the top and at the bottom of a page may be running heads."""
_ALIKE, _DENSE, _ALIKE_POINTS = 3, 0.4, 4
"""A running head stands on three pages or more, and on so large a share of those from its first to its last; not more
than so many points higher or lower."""
_SCAN_DPI = 300
_LARGER = 1.12
"""How much larger than the running text a line must be to count as a heading."""
_LONGEST_HEADING = 150
_WIDER = 1.35
"""How much wider than usual the step to the next line must be to begin a paragraph."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a page: its text, its font size in points, and where it stands on the page (points from the bottom)."""

    text: str
    size: float
    bottom: float


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
        pages: list[list[_Line]] = []
        scanned: dict[int, str] = {}
        for number, page in enumerate(document, start=1):
            lines = _without_page_number(list(_lines(page.get_textpage())))
            if not lines and recognition and _shows_pictures(page):
                scanned[number] = recognition.words(page.render(scale=_SCAN_DPI / 72).to_pil())
            pages.append(lines)
            options.on_progress()
        title = document.get_metadata_dict().get("Title", "").strip()
    pages = _without_running_heads(pages)
    levels = _heading_levels([line for page in pages for line in page])
    builder = DocumentBuilder()
    for number, lines in enumerate(pages, start=1):
        builder.page(number)
        add_text(builder, scanned.get(number, ""))
        for block in _blocks(lines):
            text = unwrapped([line.text for line in block])
            if block[0].size in levels and len(text) <= _LONGEST_HEADING:
                builder.heading(levels[block[0].size], text)
            else:
                builder.paragraph(text)
    if title and not title.lower().endswith((".doc", ".docx", ".pdf", ".tex")):
        builder.title = title
    return builder.build()


def _shows_pictures(page: pdfium.PdfPage) -> bool:
    return next(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]), None) is not None


def _lines(textpage: pdfium.PdfTextPage) -> Iterator[_Line]:
    text = _HYPHEN.sub(lambda match: "\u200b" * len(match.group()), textpage.get_text_range())
    for match in re.finditer(r"[^\r\n]+", text):
        words = match.group().replace("\u200b", "")
        if words.strip():
            first = match.start() + len(match.group()) - len(match.group().lstrip())
            size = pdfium_c.FPDFText_GetFontSize(textpage.raw, first)
            yield _Line(words, round(size, 1), textpage.get_charbox(first)[1])


def _without_page_number(lines: list[_Line]) -> list[_Line]:
    for place in (0, -1):
        if lines and _PAGE_NUMBER.fullmatch(lines[place].text.strip()):
            del lines[place]
    return lines


def _without_running_heads(pages: list[list[_Line]]) -> list[list[_Line]]:
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


def _running(line: _Line, page: int) -> tuple[str, int]:
    """What is alike in a running head: its height, and its text but for a number that counts the pages."""
    text = _COUNTED.sub(lambda match: f"#{int(match.group()) - page}", line.text.strip())
    return text, round(line.bottom / _ALIKE_POINTS)


def _heading_levels(lines: list[_Line]) -> dict[float, int]:
    """Font sizes that are headings, with their level: the largest is 1."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    if not sizes:
        return {}
    body = sizes.most_common(1)[0][0]
    larger = sorted((size for size in sizes if size > _LARGER * body), reverse=True)
    return {size: min(level, 6) for level, size in enumerate(larger, start=1)}


def _blocks(lines: list[_Line]) -> Iterator[list[_Line]]:
    """Lines that belong together: of one size, and no further apart than usual."""
    steps = [before.bottom - line.bottom for before, line in pairwise(lines) if before.bottom > line.bottom]
    usual = statistics.median_low(steps) if steps else 0.0
    block: list[_Line] = []
    for line in lines:
        if block and (block[-1].size != line.size or not 0 <= block[-1].bottom - line.bottom <= _WIDER * usual):
            yield block
            block = []
        block.append(line)
    if block:
        yield block
