"""DOCX with mammoth, which knows Word's styles and gives HTML."""

import io

import mammoth

from ingest.readers.archive import opened
from ingest.readers.base import ReadDocument, Reading, Refused
from ingest.readers.html import html_to_document


def docx_markup(data: bytes, reading: Reading) -> str:
    """The document as HTML. Raises Refused."""
    with opened(data, reading.limits):
        try:
            # Pictures are left out: only their alternative text could be searched.
            result = mammoth.convert_to_html(
                io.BytesIO(data), convert_image=mammoth.images.img_element(lambda _: {"src": ""})
            )
        except Exception as error:  # mammoth raises whatever its XML or ZIP layer raises
            raise Refused("damaged", "The Word document cannot be read.") from error
    return f"<body>{result.value}</body>"


def read_docx(data: bytes, reading: Reading) -> ReadDocument:
    return html_to_document(docx_markup(data, reading), {})
