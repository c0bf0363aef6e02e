"""DOCX with mammoth, which knows Word's styles and gives HTML."""

import io
import zipfile

import mammoth

from ingest.readers.base import ReadDocument, Refused
from ingest.readers.html import html_to_document

_MAX_ENTRIES = 10_000
_MAX_EXPANDED = 200 * 1024**2
_MAX_RATIO = 100
_RATIO_MATTERS_ABOVE = 20 * 1024**2  # small XML compresses better than 100 to 1 quite honestly

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_docx(data: bytes) -> ReadDocument:
    if data.startswith(_OLE):
        raise Refused("encrypted", "The document asks for a password, or is in Word's old .doc format.")
    check_archive(data)
    try:
        # Pictures are left out: only their alternative text could be searched.
        result = mammoth.convert_to_html(
            io.BytesIO(data), convert_image=mammoth.images.img_element(lambda _: {"src": ""})
        )
    except Exception as error:  # mammoth raises whatever its XML or ZIP layer raises
        raise Refused("damaged", "The Word document cannot be read.") from error
    return html_to_document(f"<body>{result.value}</body>", {})


def check_archive(data: bytes) -> None:
    """Refuse a ZIP archive that would expand beyond reason, before anything is expanded."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise Refused("damaged", "The document is not a whole ZIP archive.") from error
    expanded = sum(entry.file_size for entry in entries)
    if len(entries) > _MAX_ENTRIES or expanded > _MAX_EXPANDED:
        raise Refused("too large", f"The document expands to {expanded // 1024**2} MB in {len(entries)} parts.")
    if expanded > _RATIO_MATTERS_ABOVE and expanded > _MAX_RATIO * len(data):
        raise Refused("too large", "The document expands to more than 100 times its size.")
