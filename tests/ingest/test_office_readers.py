"""Presentations, spreadsheets, books, mail and the other formats of an office."""

import datetime
import io
import zipfile
from email.message import EmailMessage

import pptx
import pytest
import xlsxwriter
from pptx.util import Inches

from ingest.mapping import Mapping
from ingest.readers.base import Refused
from tests.ingest.test_readers import read, sections_of, text_of


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
    for (row, column), text in {(0, 0): "Floor", (0, 1): "Warden", (1, 0): "2", (1, 1): "Ines"}.items():
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


def test_a_slide_is_a_page_with_its_title_its_table_and_its_notes() -> None:
    document = read("a.pptx", slides())
    assert document.title == "Fire drill"
    assert [page.number for page in document.pages] == [1, 2]
    assert sections_of(document) == [
        (("Leaving the house",), "- Walk, do not run.\n\n- Meet at the oak.\n\nShow the map here."),
        (("Wardens",), "One on each floor.\n\nFloor: 2; Warden: Ines."),
    ]


def test_a_row_of_a_spreadsheet_is_a_record_and_a_number_reads_as_it_was_typed() -> None:
    document = read("a.xlsx", sheets("Prices"))
    assert [text for _, text in sections_of(document)] == [
        "Item: Lamp\nPrice: 12\nSince: 2024-03-01",
        "Item: Chair\nPrice: 40.5",
    ]
    assert document.units[1].metadata["Item"] == "Chair"


def test_every_sheet_is_read_and_named() -> None:
    headings = [headings for headings, _ in sections_of(read("a.xlsx", sheets("North", "South")))]
    assert headings == [("North",), ("North",), ("South",), ("South",)]


def test_tabs_separate_columns() -> None:
    assert [text for _, text in sections_of(read("a.tsv", b"Item\tPrice\nLamp, tall\t12\n"))] == [
        "Item: Lamp, tall\nPrice: 12"
    ]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b'[{"name": "Ada", "home": {"city": "Ulm"}, "tags": ["a", "b"]}, {"name": "Bo", "open": true}]'),
        ("a.json", b'{"count": 2, "people": [{"name": "Ada", "home": {"city": "Ulm"}, "tags": ["a", "b"]}, '
         b'{"name": "Bo", "open": true}]}'),
        ("a.jsonl", b'{"name": "Ada", "home": {"city": "Ulm"}, "tags": ["a", "b"]}\n\n{"name": "Bo", "open": true}\n'),
    ],
)  # fmt: skip
def test_json_objects_in_a_list_are_records(name: str, data: bytes) -> None:
    assert [text for _, text in sections_of(read(name, data))] == [
        "name: Ada\nhome.city: Ulm\ntags: a, b",
        "name: Bo\nopen: true",
    ]


def test_a_mapping_says_what_of_a_json_record_is_heading_and_text() -> None:
    mapping = Mapping(format="csv", heading="q", text=("a.text",))
    (section,) = sections_of(read("a.json", b'[{"q": "When?", "a": {"text": "At nine."}, "id": 7}]', mapping))
    assert section == (("When?",), "At nine.")


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    book = zipped(
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
    )
    document = read("a.epub", book)
    assert document.title == "The Garden"
    assert sections_of(document) == [(("Spring",), "Sow beans."), (("Autumn",), "Rake leaves.")]


def test_an_open_document_keeps_headings_lists_tables_and_spaces() -> None:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
    )
    body = (
        '<text:h text:outline-level="1">Rules</text:h><text:p>Be<text:s/>kind<text:span>!</text:span>'
        "<office:annotation><text:p>really?</text:p></office:annotation></text:p>"
        "<text:list><text:list-item><text:p>No shoes</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>Day</text:p></table:table-cell>"
        "<table:table-cell><text:p>Who</text:p></table:table-cell></table:table-row><table:table-row>"
        "<table:table-cell><text:p>Monday</text:p></table:table-cell><table:table-cell><text:p>Bo</text:p>"
        "</table:table-cell></table:table-row></table:table>"
    )
    text = f"<office:body><office:text>{body}</office:text></office:body>"
    content = f"<office:document-content {names}>{text}</office:document-content>"
    document = read("a.odt", zipped(**{"content.xml": content}))
    assert sections_of(document) == [(("Rules",), "Be kind!\n\n- No shoes\n\nDay: Monday; Who: Bo.")]


def test_a_mail_is_read_with_its_people_and_its_attachments_are_named() -> None:
    message = EmailMessage()
    message["Subject"] = "Grüße vom Umzug"
    message["From"] = "Ada <ada@example.org>"
    message["Date"] = "Mon, 04 Mar 2024 10:00:00 +0100"
    message.set_content("The boxes come on Friday.\n\nAda\n")
    message.add_alternative("<p>The <b>boxes</b> come on Friday.</p>", subtype="html")
    message.add_attachment(b"...", maintype="image", subtype="png", filename="boxes.png")
    document = read("a.eml", bytes(message))
    assert document.title == "Grüße vom Umzug"
    text = text_of(document)
    assert "From: Ada <ada@example.org>" in text
    assert text.count("come on Friday") == 1
    assert "Attachments: boxes.png" in text


def test_a_mail_in_html_alone_is_read() -> None:
    message = EmailMessage()
    message["Subject"] = "Hours"
    message.set_content("<p>We open at <b>nine</b>.</p>", subtype="html")
    assert "We open at nine." in text_of(read("a.eml", bytes(message)))


def test_rich_text_becomes_plain() -> None:
    source = rb"{\rtf1\ansi\ansicpg1252 {\b Caf\'e9} opens at nine.\par It closes at \u8220?six\u8221?.}"
    assert [text for _, text in sections_of(read("a.rtf", source))] == ["Café opens at nine.\n\nIt closes at “six”."]


@pytest.mark.parametrize("name", ["a.pptx", "a.xlsx", "a.ods", "a.epub", "a.odt"])
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 broken", "damaged"),
        (zipped(anything="else"), "damaged"),
        (zipped(**{"content.xml": "0" * 250_000_000}), "too large"),
    ],
    ids=["half", "other", "bomb"],
)
def test_what_is_no_such_document_is_refused_by_name(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(name, data)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.json", b'{"a": '), ("a.jsonl", b'{"a": 1}\n{"b"'), ("a.rtf", b"hello"), ("a.eml", b"no header here")],
)
def test_broken_text_formats_are_refused_by_name(name: str, data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        read(name, data)
    assert refusal.value.reason == "damaged"


def test_an_external_entity_in_a_package_is_not_read() -> None:
    content = (
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>'
        "<text:p>Before &e; after</text:p></office:text></office:body></office:document-content>"
    )
    assert "".join(text_of(read("a.odt", zipped(**{"content.xml": content}))).split()) == "Beforeafter"
