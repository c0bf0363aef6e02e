"""PDF with pypdfium2 (PDFium): page by page, wrapped lines joined, hyphenation undone."""

import re

import pypdfium2 as pdfium

from ingest.readers.base import DocumentBuilder, ReadDocument, Refused
from ingest.readers.text import unwrapped

_HYPHEN = re.compile(r"(?<=\w)[\ufffe\x02](?:\r?\n)?|(?<=[a-zäöüß])-\r?\n(?=[a-zäöüß])")
_PASSWORD = 4  # FPDF_ERR_PASSWORD


def read_pdf(data: bytes) -> ReadDocument:
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD or "password" in str(error).lower():
            raise Refused("encrypted", "The PDF asks for a password.") from error
        raise Refused("damaged", "The PDF cannot be opened.") from error
    builder = DocumentBuilder()
    with document:
        for number, page in enumerate(document, start=1):
            builder.page(number)
            text = page.get_textpage().get_text_bounded()
            for paragraph in _paragraphs(_HYPHEN.sub("", text)):
                builder.paragraph(paragraph)
        title = document.get_metadata_dict().get("Title", "").strip()
    if title and not title.lower().endswith((".doc", ".docx", ".pdf", ".tex")):
        builder.title = title
    return builder.build()


def _paragraphs(text: str) -> list[str]:
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    return [unwrapped(block.split("\n")) for block in blocks]
