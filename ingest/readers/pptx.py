"""PPTX with python-pptx: a slide is a page, its title a heading, its notes follow."""

import io
from collections.abc import Iterator
from typing import Any

import pptx
from pptx.shapes.base import BaseShape

from ingest.readers.archive import opened
from ingest.readers.base import DocumentBuilder, ReadDocument, ReadOptions, Refused
from ingest.readers.html import table_rows


def read_pptx(data: bytes, options: ReadOptions) -> ReadDocument:
    with opened(data, options.limits):
        try:
            slides = pptx.Presentation(io.BytesIO(data))
        except Exception as error:  # whatever its XML or packaging layer raises
            raise Refused("damaged", "The presentation cannot be read.") from error
    builder = DocumentBuilder()
    for number, slide in enumerate(slides.slides, start=1):
        builder.page(number)
        title = slide.shapes.title
        if title is not None:
            builder.heading(2, title.text_frame.text)
        for text in _texts(shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id):
            builder.paragraph(text)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            builder.paragraph(slide.notes_slide.notes_text_frame.text)
    builder.title = (slides.core_properties.title or "").strip()
    return builder.build()


def _texts(shapes: Iterator[BaseShape]) -> Iterator[str]:
    """From top to bottom, as they are read, not as they are layered."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        within: Any = shape
        if hasattr(shape, "shapes"):
            yield from _texts(iter(within.shapes))
        elif shape.has_table:
            yield from table_rows([[cell.text for cell in row.cells] for row in within.table.rows], header=True)
        elif shape.has_text_frame:
            paragraphs = [paragraph for paragraph in within.text_frame.paragraphs if paragraph.text.strip()]
            listed = len(paragraphs) > 1
            for paragraph in paragraphs:
                yield f"- {paragraph.text}" if listed else paragraph.text
