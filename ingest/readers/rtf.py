"""RTF with striprtf, as plain text."""

from striprtf.striprtf import rtf_to_text

from ingest.readers.base import DocumentBuilder, ReadDocument, Refused


def read_rtf(data: bytes) -> ReadDocument:
    if not data.lstrip().startswith(b"{\\rtf"):
        raise Refused("damaged", "This is no RTF document.")
    builder = DocumentBuilder()
    for line in rtf_to_text(data.decode("latin-1"), errors="replace").split("\n"):
        builder.paragraph(line)
    return builder.build()
