"""PPTX with python-pptx: a slide is a page, its title a heading, its notes follow."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any

import pptx
from lxml import etree
from pptx.shapes.base import BaseShape

from ingest.readers.archive import opened
from ingest.readers.base import ReadDocument, ReadOptions, Refused, not_read
from ingest.readers.builder import DocumentBuilder
from ingest.readers.tables import table_rows

_DIAGRAM = b"drawingml/2006/diagram"


def read_pptx(data: bytes, options: ReadOptions) -> ReadDocument:
    with opened(data, options.limits):
        try:
            slides = pptx.Presentation(io.BytesIO(data))
        except Exception as error:  # whatever its XML or packaging layer raises
            raise Refused("damaged", "The presentation cannot be read.") from error
    builder = DocumentBuilder()
    for note in not_read(Counter(kind for slide in slides.slides for kind in _unread(slide.shapes))):
        builder.note(note)
    for number, slide in enumerate(slides.slides, start=1):
        builder.page(number)
        title = slide.shapes.title
        if title is not None:
            builder.heading(2, title.text_frame.text)
        _add_shapes(builder, (shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id))
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            builder.paragraph(slide.notes_slide.notes_text_frame.text)
    builder.title = (slides.core_properties.title or "").strip()
    return builder.build()


def _unread(shapes: Iterable[BaseShape]) -> Iterator[str]:
    """What kinds of things there are of which the words are not read."""
    for shape in shapes:
        within: Any = shape
        if hasattr(shape, "shapes"):
            yield from _unread(within.shapes)
        elif shape.has_chart:
            yield "chart"
        elif _DIAGRAM in etree.tostring(shape._element):
            yield "diagram"


def _add_shapes(builder: DocumentBuilder, shapes: Iterable[BaseShape]) -> None:
    """From top to bottom, as they are read, not as they are layered."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        within: Any = shape
        if hasattr(shape, "shapes"):
            _add_shapes(builder, within.shapes)
        elif shape.has_table:
            rows = [[cell.text for cell in row.cells] for row in within.table.rows]
            with builder.table():
                for text in table_rows(rows, header=within.table.first_row):
                    builder.row(text)
        elif shape.has_text_frame:
            paragraphs = [(one.level, one.text) for one in within.text_frame.paragraphs if one.text.strip()]
            if len(paragraphs) == 1:
                builder.paragraph(paragraphs[0][1])
            else:
                _add_items(builder, paragraphs)


def _add_items(builder: DocumentBuilder, paragraphs: Sequence[tuple[int, str]]) -> None:
    """Paragraphs with their levels, as a list; those that are deeper than the one before are in its item."""
    place = 0
    with builder.listing():
        while place < len(paragraphs):
            level, text = paragraphs[place]
            inner = _deeper(level, paragraphs[place + 1 :])
            with builder.item():
                builder.paragraph(text)
                if inner:
                    _add_items(builder, inner)
            place += 1 + len(inner)


def _deeper(level: int, paragraphs: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    return list(takewhile(lambda one: one[0] > level, paragraphs))
