"""A small file for every ending that a reader takes, made here, and words that it says."""

import io

import docx
import fpdf
from PIL import Image, ImageDraw, ImageFont

from tests.ingest import office

SENTENCE = "Lanterns are lit at dusk."


def _pdf() -> bytes:
    made = fpdf.FPDF()
    made.set_font("Helvetica", size=12)
    for text in (SENTENCE, "They are put out at dawn."):
        made.add_page()
        made.multi_cell(0, 6, text)
    return bytes(made.output())


def _word() -> bytes:
    made = docx.Document()
    made.add_heading("Light", 1)
    made.add_paragraph(SENTENCE)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def _picture(kind: str) -> bytes:
    made = Image.new("L", (1600, 500), "white")
    lines = "\n".join([SENTENCE] * 5)  # enough to see which way is up
    ImageDraw.Draw(made).text((80, 60), lines, fill="black", font=ImageFont.load_default(60))
    buffer = io.BytesIO()
    made.save(buffer, kind)
    return buffer.getvalue()


_TEXT = f"# Light\n\n{SENTENCE}\n".encode()
_PAGE = f"<html><body><h1>Light</h1><p>{SENTENCE}</p></body></html>".encode()

FORMATS = {
    ".txt": (_TEXT, SENTENCE),
    ".log": (_TEXT, SENTENCE),
    ".md": (_TEXT, SENTENCE),
    ".markdown": (_TEXT, SENTENCE),
    ".html": (_PAGE, SENTENCE),
    ".htm": (_PAGE, SENTENCE),
    ".rtf": (office.RICH_TEXT, "Müller opens at nine."),
    ".eml": (office.mail(), "The boxes come on Friday."),
    ".docx": (_word(), SENTENCE),
    ".odt": (office.open_document(), "No shoes"),
    ".pptx": (office.slides(), "Walk, do not run."),
    ".epub": (office.book(), "Sow beans."),
    ".pdf": (_pdf(), SENTENCE),
    ".png": (_picture("PNG"), SENTENCE),
    ".jpg": (_picture("JPEG"), SENTENCE),
    ".jpeg": (_picture("JPEG"), SENTENCE),
    ".tif": (_picture("TIFF"), SENTENCE),
    ".tiff": (_picture("TIFF"), SENTENCE),
    ".webp": (_picture("WEBP"), SENTENCE),
    ".bmp": (_picture("BMP"), SENTENCE),
    ".csv": (b"Item,Price\nLamp,12\n", "Item: Lamp"),
    ".tsv": (b"Item\tPrice\nLamp\t12\n", "Item: Lamp"),
    ".json": (office.JSON, "name: Ada"),
    ".jsonl": (b'{"name": "Ada"}\n{"name": "Bo"}\n', "name: Ada"),
    ".xlsx": (office.sheets("North"), "Item: Lamp"),
    ".xls": (office.sheets("North"), "Item: Lamp"),  # read by its content: nothing here can write old Excel's
    ".ods": (office.open_sheet(), "Item: Lamp"),
    ".xml": (f"<rules><rule>{SENTENCE}</rule></rules>".encode(), SENTENCE),
}
