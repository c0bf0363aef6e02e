"""The layout of any file that a reader knows, and pictures of pages."""

import io
from pathlib import Path

from PIL import Image

from ingest.layout.grid import layout_of_markup, layout_of_text
from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.docx import docx_markup
from ingest.readers.encoding import decode
from ingest.readers.html import decode_html
from ingest.readers.ocr import TextRecognition, picture_frames
from ingest.readers.registry import format_of, named, required_format
from ingest.readers.text import markdown_markup
from ingest.types import DocumentLayout, PageLayout, Word
from vectorstore.types import BlockKind


def read_layout(path: Path, data: bytes, options: ReadOptions, *, pictures: bool) -> DocumentLayout:
    """The words of the file's bytes and their places. Raises Refused, also where there is no word."""
    format = required_format(path, data)
    if format.layout:
        layout: DocumentLayout = named(format.layout)(data, options, pictures)
    else:
        document = format.read(data, options)
        layout = layout_of_text(document.title, _with_a_line_a_cell(document))
    if not any(page.words for page in layout.pages):
        raise format.without_text()
    return layout


def _with_a_line_a_cell(document: ReadDocument) -> str:
    """The document's text, the cells of its rows below each other, as those of a form are."""
    text = "".join(page.text for page in document.pages)
    for block in reversed(document.blocks):
        if block.kind is BlockKind.ROW:
            row = text[block.start : block.end].replace("; ", "\n")
            text = text[: block.start] + row + text[block.end :]
    return text


def page_picture(path: Path, data: bytes, page: int, width: int) -> bytes:
    """The page (from 1) as a PNG, ``width`` pixels wide. Raises Refused."""
    format = format_of(path)
    if format is None or format.picture is None:
        raise Refused("unsupported", "The file has no pages that can be shown.")
    picture: Image.Image = named(format.picture)(data, page, width)
    with io.BytesIO() as buffer:
        picture.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()


def text_layout(data: bytes, _options: ReadOptions, _pictures: bool) -> DocumentLayout:
    return layout_of_text("", decode(data)[0])


def markdown_layout(data: bytes, _options: ReadOptions, _pictures: bool) -> DocumentLayout:
    return layout_of_markup(markdown_markup(decode(data)[0]))


def html_layout(data: bytes, _options: ReadOptions, _pictures: bool) -> DocumentLayout:
    return layout_of_markup(decode_html(data)[0])


def docx_layout(data: bytes, options: ReadOptions, _pictures: bool) -> DocumentLayout:
    return layout_of_markup(docx_markup(data, options))


def picture_layout(data: bytes, options: ReadOptions, _pictures: bool) -> DocumentLayout:
    """A picture, each of several in a file a page."""
    recognition = TextRecognition(options)
    pages = []
    for number, frame in enumerate(picture_frames(data), start=1):
        if number > options.limits.form_pages:
            break
        words = tuple(Word(text, box, recognised=True) for text, box in recognition.placed_words(frame))
        pages.append(PageLayout(number, frame.width, frame.height, words))
    return DocumentLayout("", tuple(pages), len(pages))


def picture_page(data: bytes, page: int, width: int) -> Image.Image:
    for number, frame in enumerate(picture_frames(data), start=1):
        if number == page:
            picture = frame.convert("RGB")
            return picture.resize((width, max(1, round(picture.height * width / picture.width))))
    raise Refused("damaged", f"There is no page {page}.")
