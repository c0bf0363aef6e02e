"""DOCX with mammoth, which knows Word's styles and gives HTML."""

import io

import mammoth

from ingest.readers.archive import opened
from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.html import html_to_document


def docx_markup(data: bytes, options: ReadOptions) -> str:
    """The document as HTML. Raises Refused."""
    with opened(data, options.limits):
        try:
            # Pictures are left out: only their alternative text could be searched.
            result = mammoth.convert_to_html(
                io.BytesIO(data), convert_image=mammoth.images.img_element(lambda _: {"src": ""})
            )
        except Exception as error:  # mammoth raises whatever its XML or ZIP layer raises
            raise Refused("damaged", "The Word document cannot be read.") from error
    return f"<body>{result.value}</body>"


def read_docx(data: bytes, options: ReadOptions) -> ReadDocument:
    return html_to_document(docx_markup(data, options), {})
