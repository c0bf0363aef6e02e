"""DOCX with mammoth, which knows Word's styles and gives HTML."""

import io

import mammoth

from ingest.readers.archive import opened
from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.html import html_to_document

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='Code'] => pre:separator('\\n')
p[style-name='macro'] => pre:separator('\\n')
p[style-name='Definition Term'] => dl > dt:fresh
p[style-name='Definition'] => dl > dd:fresh
p[style-name='caption'] => p.caption:fresh
p[style-name='Caption'] => p.caption:fresh
p[style-name='Table Caption'] => p.caption:fresh
p[style-name='List Bullet 2'] => ul|ol > li > ul > li:fresh
p[style-name='List Bullet 3'] => ul|ol > li > ul|ol > li > ul > li:fresh
p[style-name='List Number 2'] => ul|ol > li > ol > li:fresh
p[style-name='List Number 3'] => ul|ol > li > ul|ol > li > ol > li:fresh
r[style-name='HTML Code'] => code
r[style-name='Verbatim Char'] => code
"""
"""What mammoth does not know of itself: styles of Word and of Pandoc for titles, code, terms, captions, inner lists."""


def docx_markup(data: bytes, options: ReadOptions) -> str:
    """The document as HTML. Raises Refused."""
    with opened(data, options.limits):
        try:
            # Pictures are left out: only their alternative text could be searched.
            result = mammoth.convert_to_html(
                io.BytesIO(data), convert_image=mammoth.images.img_element(lambda _: {"src": ""}), style_map=_STYLES
            )
        except Exception as error:  # mammoth raises whatever its XML or ZIP layer raises
            raise Refused("damaged", "The Word document cannot be read.") from error
    return f"<body>{result.value}</body>"


def read_docx(data: bytes, options: ReadOptions) -> ReadDocument:
    return html_to_document(docx_markup(data, options), {})
