"""Small documents of an office, one of each format."""

import datetime
import io
import zipfile
from email.message import EmailMessage

import pptx
import xlsxwriter
from pptx.util import Inches


def zipped(**parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def slides() -> bytes:
    made = pptx.Presentation()
    made.core_properties.title = "Fire drill"
    first = made.slides.add_slide(made.slide_layouts[1])
    first.shapes.title.text = "Leaving the house"
    first.placeholders[1].text = "Walk, do not run.\nMeet at the oak."
    first.notes_slide.notes_text_frame.text = "Show the map here."
    second = made.slides.add_slide(made.slide_layouts[5])
    second.shapes.title.text = "Wardens"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(3), Inches(4), Inches(1)).table
    for (row, column), text in {(0, 0): "Floor", (0, 1): "Warden", (1, 0): "2", (1, 1): "Ada"}.items():
        table.cell(row, column).text = text
    above = second.shapes.add_textbox(Inches(1), Inches(2), Inches(4), Inches(1))
    above.text_frame.text = "One on each floor."
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def sheets(*names: str) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as workbook:
        date = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for name in names:
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, ["Item", "Price", "Since"])
            sheet.write_row(1, 0, ["Lamp", 12.0])
            sheet.write_datetime(1, 2, datetime.datetime(2024, 3, 1), date)
            sheet.write_row(2, 0, ["Chair", 40.5])
    return buffer.getvalue()


def sheet(rows: list[list[str | float]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as workbook:
        page = workbook.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return buffer.getvalue()


def book(**more: str) -> bytes:
    return zipped(
        **{
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
            "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            "<metadata><dc:title>The Garden</dc:title></metadata><manifest>"
            '<item id="b" href="text/two%20b.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="a" href="one.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="c" href="../../../etc/passwd" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/><itemref idref="b"/><itemref idref="c"/></spine></package>',
            "OEBPS/one.xhtml": "<html><body><h1>Spring</h1><p>Sow beans.</p></body></html>",
            "OEBPS/text/two b.xhtml": "<html><body><h1>Autumn</h1><p>Rake leaves.</p></body></html>",
        }
        | more,
    )


OPEN_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table", "style")
)


def open_document() -> bytes:
    body = (
        '<text:h text:outline-level="1">Rules</text:h><text:p>Be<text:s/>kind<text:span>!</text:span>'
        "<office:annotation><text:p>really?</text:p></office:annotation></text:p>"
        "<text:list><text:list-item><text:p>No shoes</text:p></text:list-item></text:list>"
        "<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Day</text:p>"
        "</table:table-cell><table:table-cell><text:p>Who</text:p></table:table-cell></table:table-row>"
        "</table:table-header-rows><table:table-row>"
        "<table:table-cell><text:p>Monday</text:p></table:table-cell><table:table-cell><text:p>Bo</text:p>"
        "</table:table-cell></table:table-row></table:table>"
    )
    text = f"<office:body><office:text>{body}</office:text></office:body>"
    content = f"<office:document-content {OPEN_NAMES}>{text}</office:document-content>"
    return zipped(**{"content.xml": content})


def open_sheet(end: str = "</text:p>") -> bytes:
    """A spreadsheet, each text of which has the ``end``."""

    def row(*cells: str) -> str:
        return "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}{end}</table:table-cell>' for cell in cells
        )

    rows = "".join(f"<table:table-row>{row(*cells)}</table:table-row>" for cells in (("Item", "Price"), ("Lamp", "12")))
    table = f'<table:table table:name="North">{rows}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    return zipped(
        **{
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"<office:document-content {OPEN_NAMES}>{body}</office:document-content>",
        }
    )


def mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "Grüße vom Umzug"
    message["From"] = "Ada <ada@example.org>"
    message["Date"] = "Mon, 04 Mar 2024 10:00:00 +0100"
    message.set_content("The boxes come on Friday.\n\nAda\n")
    message.add_alternative("<p>The <b>boxes</b> come on Friday.</p>", subtype="html")
    message.add_attachment(b"...", maintype="image", subtype="png", filename="boxes.png")
    return bytes(message)


RICH_TEXT = rb"{\rtf1\ansi\ansicpg1252 {\b M\'fcller} opens at nine.\par It closes at \u8220?six\u8221?.}"

JSON = (
    b'{"count": 2, "people": [{"name": "Ada", "home": {"city": "Ulm"}, "tags": ["a", "b"]}, '
    b'{"name": "Bo", "open": true}]}'
)

EXAMPLES = {
    ".pptx": slides(),
    ".xlsx": sheets("North", "South"),
    ".epub": book(),
    ".odt": open_document(),
    ".ods": open_sheet(),
    ".eml": mail(),
    ".rtf": RICH_TEXT,
    ".json": JSON,
    ".tsv": b"Item\tPrice\nLamp, tall\t12\n",
    ".jsonl": b'{"name": "Ada", "home": {"city": "Ulm"}, "tags": ["a", "b"]}\n\n{"name": "Bo", "open": true}\n',
}
"""By the ending of the file's name."""
