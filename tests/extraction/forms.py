"""Forms for tests: texts set as on a page, and small PDFs."""

import io
from collections.abc import Sequence

import fpdf

from ingest.layout.grid import layout_of_text
from rag.extraction.page import FormText, read_form

Placed = tuple[float, float, str]
"""Points from the left and from the top, and what stands there."""

INVOICE: tuple[Placed, ...] = (
    (50, 60, "Nordwind Handel GmbH"),
    (50, 75, "Hafenstraße 12, 20457 Hamburg"),
    (50, 90, "Tel. +49 40 555 0101, info@nordwind-handel.de"),
    (50, 150, "Rechnung an"),
    (50, 165, "Erika Beispiel"),
    (50, 180, "Gartenweg 3"),
    (50, 195, "80331 München"),
    (350, 150, "Rechnungsnummer:"),
    (470, 150, "RE-2024-0815"),
    (350, 165, "Kundennummer:"),
    (470, 165, "44170"),
    (350, 180, "Rechnungsdatum:"),
    (470, 180, "05.03.2024"),
    (350, 195, "Lieferdatum:"),
    (470, 195, "01.03.2024"),
    (350, 210, "Zahlbar bis:"),
    (470, 210, "19.03.2024"),
    (50, 300, "Schreibtisch"),
    (470, 300, "1.000,00"),
    (350, 340, "Zwischensumme"),
    (470, 340, "1.000,00"),
    (350, 355, "MwSt. 19%"),
    (470, 355, "190,00"),
    (350, 370, "Gesamtbetrag"),
    (470, 370, "1.190,00 EUR"),
    (50, 800, "USt-IdNr. DE136695976"),
)
FIELDS = {
    "issuer": "Nordwind Handel GmbH",
    "invoice_number": "RE-2024-0815",
    "date": "2024-03-05",
    "amount": "1190.00",
    "currency": "EUR",
}


def form(text: str) -> FormText:
    """A text whose columns are lined up by spaces."""
    return read_form(layout_of_text("", text))


def pdf(*pages: Sequence[Placed], rotation: int = 0) -> bytes:
    """Pages of A4 in Helvetica; ``rotation`` turns how they are shown."""
    made = fpdf.FPDF("portrait", "pt", "A4")
    made.set_auto_page_break(False)
    made.set_font("Helvetica", size=9)
    for page in pages:
        made.add_page()
        for x, y, text in page:
            made.text(x, y, text)
    data = bytes(made.output())
    return rotated(data, rotation) if rotation else data


def rotated(data: bytes, degrees: int) -> bytes:
    """Every page to be shown turned."""
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    for page in writer.pages:
        page.rotate(degrees)
    return written(writer)


def encrypted(data: bytes) -> bytes:
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt("secret")
    return written(writer)


def written(writer: object) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()
