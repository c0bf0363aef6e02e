"""The words of a PDF's pages with their places, by pypdfium2 (PDFium); those in pictures by text recognition."""

import math
from collections.abc import Iterator, Sequence
from ctypes import byref, c_double
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from ingest.readers.base import NO_TESSERACT, ReadOptions, Refused, has_tesseract
from ingest.readers.ocr import TextRecognition
from ingest.readers.pdf import open_pdf
from ingest.types import Box, DocumentLayout, PageLayout, Word

_SCAN_DPI = 300
_MOST_PIXELS = 20_000_000
"""Of a page that is recognised: an A4 page at 300 dots an inch has nine million."""
_LEAST_PICTURE = (40.0, 12.0)
"""Width and height in points below which a picture is an icon or a line, and holds no words."""
_MOST_PICTURES = 8
"""Of the typed pages of a document, the largest."""
_APART = 0.25
"""A gap of so many line heights parts two words, where the file holds no space."""
_HYPHENS = frozenset({0xFFFE, 0x02})
_LAST_PAGES = 5
"""Of those that are read of a long document: a total stands on one of the last."""


@dataclass(frozen=True, slots=True)
class _Picture:
    page: int
    box: Box

    @property
    def area(self) -> float:
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


def pdf_layout(data: bytes, options: ReadOptions, pictures: bool) -> DocumentLayout:
    """The document's layout; with ``pictures`` those of typed pages are read too. Raises Refused."""
    with open_pdf(data) as document:
        if document.get_formtype():
            document.init_forms()
        count = len(document)
        recognition = TextRecognition(options) if has_tesseract() else None
        pages: list[PageLayout] = []
        found: list[_Picture] = []
        scans = 0
        for index in _chosen(count, options.limits.form_pages):
            page = document[index]
            if document.formenv:
                page.flatten()  # what was filled in becomes text of the page
            words = tuple(_words(page))
            shown = list(_pictures(page, index))
            if words:
                found += [picture for picture in shown if not _is_covered(picture.box, words)]
            elif shown and recognition:
                words = _recognised_page(page, recognition)
            elif shown:
                scans += 1
            width, height = page.get_size()
            pages.append(PageLayout(index + 1, width, height, words))
            page.close()
            options.on_progress()
        notes = []
        if len(pages) < count:
            notes.append(f"Of its {count:,} pages the outer {len(pages):,} were read.")
        if (scans and any(page.words for page in pages)) or (pictures and found and not recognition):
            notes.append(f"What its pictures say was not read. {NO_TESSERACT}")
        if pictures and recognition:
            largest = sorted(found, key=lambda picture: -picture.area)[:_MOST_PICTURES]
            pages = _with_pictures(document, pages, largest, recognition)
            found = []
        title = document.get_metadata_dict().get("Title", "").strip()
    return DocumentLayout(title, tuple(pages), count, len(found), tuple(notes))


def pdf_page(data: bytes, number: int, width: int) -> Image.Image:
    """A picture of the page (from 1), ``width`` pixels wide. Raises Refused."""
    with open_pdf(data) as document:
        if not 1 <= number <= len(document):
            raise Refused("damaged", f"There is no page {number}.")
        if document.get_formtype():
            document.init_forms()
        page = document[number - 1]
        across, down = page.get_size()
        picture: Image.Image = page.render(
            scale=min(width / across, math.sqrt(_MOST_PIXELS / (across * down)))
        ).to_pil()
        return picture


def _chosen(count: int, most: int) -> list[int]:
    """The pages to read, from 0: all, or the first and the last."""
    if count <= most:
        return list(range(count))
    last = min(_LAST_PAGES, most // 2)
    return [*range(most - last), *range(count - last, count)]


def _words(page: pdfium.PdfPage) -> Iterator[Word]:
    """What PDFium takes for characters, put together to words; a wide gap parts them as a space does."""
    textpage = page.get_textpage()
    raw, upright = textpage.raw, _Upright(page)
    left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
    loose = pdfium_c.FS_RECTF()
    text, boxes = "", list[Box]()
    for index in range(textpage.count_chars()):
        code = pdfium_c.FPDFText_GetUnicode(raw, index)
        character = (
            "-" if code in _HYPHENS else chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " "
        )
        box: Box | None = None
        if not (character.isspace() or code < 32) or code in _HYPHENS:
            if pdfium_c.FPDFText_GetLooseCharBox(raw, index, byref(loose)):
                box = upright.box(loose.left, loose.bottom, loose.right, loose.top)
            elif pdfium_c.FPDFText_GetCharBox(raw, index, byref(left), byref(right), byref(bottom), byref(top)):
                box = upright.box(left.value, bottom.value, right.value, top.value)
        if box is None or (boxes and _is_apart(boxes[-1], box)):
            if text:
                yield Word(text, _around(boxes))
            text, boxes = "", []
        if box is not None:
            text += character
            boxes.append(box)
    if text:
        yield Word(text, _around(boxes))
    textpage.close()


class _Upright:
    """From the page's own coordinates to those of the page as it is shown: cropped, rotated, counted from the top."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._left, self._bottom, self._right, self._top = page.get_bbox()
        self._rotation = page.get_rotation()

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        match self._rotation:
            case 90:
                return bottom - self._bottom, left - self._left, top - self._bottom, right - self._left
            case 180:
                return self._right - right, bottom - self._bottom, self._right - left, top - self._bottom
            case 270:
                return self._top - top, self._right - right, self._top - bottom, self._right - left
            case _:
                return left - self._left, self._top - top, right - self._left, self._top - bottom


def _is_apart(before: Box, box: Box) -> bool:
    """Whether two characters that follow each other are of different words, by their places alone."""
    size = min(before[3] - before[1], before[2] - before[0] + box[2] - box[0]) or 1.0
    height = max(before[3] - before[1], size)
    across = max(box[0] - before[2], before[0] - box[2])
    down = max(box[1] - before[3], before[1] - box[3])
    return max(across, down) > _APART * height


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _pictures(page: pdfium.PdfPage, index: int) -> Iterator[_Picture]:
    upright = _Upright(page)
    width, height = page.get_size()
    for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]):
        left, top, right, bottom = upright.box(*item.get_bounds())
        box = (max(0.0, left), max(0.0, top), min(width, right), min(height, bottom))
        if box[2] - box[0] >= _LEAST_PICTURE[0] and box[3] - box[1] >= _LEAST_PICTURE[1]:
            yield _Picture(index, box)


def _is_covered(box: Box, words: Sequence[Word]) -> bool:
    """Whether typed words lie on a picture: it is a background, or a scan whose words are known."""
    left, top, right, bottom = box
    inside = (
        word
        for word in words
        if left <= (word.box[0] + word.box[2]) / 2 <= right and top <= (word.box[1] + word.box[3]) / 2 <= bottom
    )
    return sum(1 for _ in inside) >= 3


def _recognised_page(page: pdfium.PdfPage, recognition: TextRecognition) -> tuple[Word, ...]:
    return tuple(_recognised(page, (0.0, 0.0, *page.get_size()), recognition, sparse=False))


def _recognised(page: pdfium.PdfPage, box: Box, recognition: TextRecognition, *, sparse: bool) -> Iterator[Word]:
    """The words in a part of the page."""
    width, height = page.get_size()
    left, top, right, bottom = box
    scale = min(_SCAN_DPI / 72, math.sqrt(_MOST_PIXELS / max(1.0, (right - left) * (bottom - top))))
    crop = (left, height - bottom, width - right, top)
    picture = page.render(scale=scale, crop=tuple(max(0.0, side) for side in crop)).to_pil()
    for text, (x0, y0, x1, y1) in recognition.placed_words(picture, sparse=sparse):
        yield Word(text, (left + x0 / scale, top + y0 / scale, left + x1 / scale, top + y1 / scale), recognised=True)


def _with_pictures(
    document: pdfium.PdfDocument, pages: list[PageLayout], pictures: Sequence[_Picture], recognition: TextRecognition
) -> list[PageLayout]:
    """The pages, with the words that their pictures hold after their own."""
    words: dict[int, list[Word]] = {}
    for picture in pictures:
        found = list(_recognised(document[picture.page], picture.box, recognition, sparse=True))
        words.setdefault(picture.page + 1, []).extend(found)
    return [
        PageLayout(page.number, page.width, page.height, (*page.words, *words.get(page.number or 0, ())))
        for page in pages
    ]
