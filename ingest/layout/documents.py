"""The layout of any file that a reader knows, and pictures of pages."""

import io
from pathlib import Path

from PIL import Image

from ingest.layout.grid import layout_of_markup, layout_of_text
from ingest.layout.pdf import pdf_layout, pdf_page
from ingest.layout.types import DocumentLayout, PageLayout, Word
from ingest.readers import PICTURES, SUFFIXES, read_file
from ingest.readers.base import ReadOptions, Refused
from ingest.readers.docx import docx_markup
from ingest.readers.encoding import decode
from ingest.readers.html import decode_html
from ingest.readers.ocr import NOT_INSTALLED, TextRecognition, is_installed, picture_frames
from ingest.readers.text import markdown_markup


def read_layout(path: Path, data: bytes, options: ReadOptions, *, pictures: bool) -> DocumentLayout:
    """The words of the file's bytes and their places. Raises Refused, also where there is no word."""
    suffix = path.suffix.lower()
    if not data.strip():
        raise Refused("empty", "The file is empty.")
    if suffix == ".pdf":
        layout = pdf_layout(data, options, pictures=pictures)
    elif suffix in PICTURES:
        layout = _picture_layout(data, options)
    elif suffix in {".html", ".htm"}:
        layout = layout_of_markup(decode_html(data)[0])
    elif suffix in {".md", ".markdown"}:
        layout = layout_of_markup(markdown_markup(decode(data)[0]))
    elif suffix == ".docx":
        layout = layout_of_markup(docx_markup(data, options))
    elif suffix == ".txt":
        layout = layout_of_text("", decode(data)[0])
    elif suffix in SUFFIXES:
        document = read_file(path, data, options)
        layout = layout_of_text(document.title, "\n".join(page.text for page in document.pages))
    else:
        raise Refused("unsupported", f"Refdesk reads {', '.join(SUFFIXES)}.")
    if not any(page.words for page in layout.pages):
        scan = suffix == ".pdf" and not is_installed()
        raise Refused("no text", f"It may be a scan. {NOT_INSTALLED}" if scan else "There is no text in it.")
    return layout


def page_picture(path: Path, data: bytes, page: int, width: int) -> bytes:
    """The page (from 1) as a PNG, ``width`` pixels wide. Raises Refused."""
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        picture = pdf_page(data, page, width)
    elif suffix in PICTURES:
        frames = [frame.convert("RGB") for number, frame in enumerate(picture_frames(data), start=1) if number == page]
        if not frames:
            raise Refused("damaged", f"There is no page {page}.")
        picture = frames[0].resize((width, max(1, round(frames[0].height * width / frames[0].width))))
    else:
        raise Refused("unsupported", "The file has no pages that can be shown.")
    return _png(picture)


def _picture_layout(data: bytes, options: ReadOptions) -> DocumentLayout:
    """A picture, each of several in a file a page."""
    if not is_installed():
        raise Refused("no text", f"It is a picture. {NOT_INSTALLED}")
    recognition = TextRecognition(options)
    pages = []
    for number, frame in enumerate(picture_frames(data), start=1):
        if number > options.limits.form_pages:
            break
        words = tuple(Word(text, box, recognised=True) for text, box in recognition.placed_words(frame))
        pages.append(PageLayout(number, frame.width, frame.height, words))
    return DocumentLayout("", tuple(pages), len(pages))


def _png(picture: Image.Image) -> bytes:
    with io.BytesIO() as buffer:
        picture.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()
