"""Presentations, spreadsheets, books, mail and the other formats of an office."""

import io
from email.message import EmailMessage

import pytest
import xlsxwriter

from ingest.readers.base import Refused
from ingest.sources.mapping import Mapping
from tests.ingest.office import (
    EXAMPLES,
    RICH_TEXT,
    book,
    mail,
    open_document,
    open_sheet,
    sheet,
    sheets,
    slides,
    zipped,
)
from tests.ingest.test_readers import read, sections_of, text_of


def test_a_slide_is_a_page_with_its_title_its_table_and_its_notes() -> None:
    document = read("a.pptx", slides())
    assert document.title == "Fire drill"
    assert [page.number for page in document.pages] == [1, 2]
    assert sections_of(document) == [
        (("Leaving the house",), "- Walk, do not run.\n- Meet at the oak.\n\nShow the map here."),
        (("Wardens",), "One on each floor.\n\nFloor: 2; Warden: Ada."),
    ]


def test_a_row_of_a_spreadsheet_is_a_record_and_a_number_reads_as_it_was_typed() -> None:
    document = read("a.xlsx", sheets("Prices"))
    assert [text for _, text in sections_of(document)] == [
        "Item: Lamp; Price: 12; Since: 2024-03-01",
        "Item: Chair; Price: 40.5",
    ]
    assert document.units[1].metadata["Item"] == "Chair"


def test_a_sheet_as_people_fill_it_keeps_its_header_its_notes_and_its_cards() -> None:
    rows: list[list[str | float]] = [
        ["Fees from May 2026"], ["All amounts in pounds, questions to the bursary."], [],
        ["Year", "Day", "Full boarding"], ["Years 3-6", 5640, 9060], ["Upper school"], ["Sixth Form", 7480, 12240],
        ["Second child 5 % less."], [],
        ["Registration", "KX19 BRD"], ["Seats", 16], [], ["Registration", "KX22 BRD"], ["Fuel", "electric"],
    ]  # fmt: skip
    assert sections_of(read("a.xlsx", sheet(rows))) == [
        (("Fees from May 2026",), "All amounts in pounds, questions to the bursary."),
        (("Fees from May 2026",), "Year: Years 3-6; Day: 5640; Full boarding: 9060"),
        (("Fees from May 2026", "Upper school"), "Year: Sixth Form; Day: 7480; Full boarding: 12240"),
        (("Fees from May 2026",), "Second child 5 % less."),
        (("Fees from May 2026",), "Registration: KX19 BRD; Seats: 16"),
        (("Fees from May 2026",), "Registration: KX22 BRD; Fuel: electric"),
    ]


def test_a_header_of_merged_cells_names_the_columns_below_it() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as workbook:
        page = workbook.add_worksheet()
        page.merge_range(0, 0, 1, 0, "Year")
        page.merge_range(0, 1, 0, 2, "Boarding")
        page.write_row(1, 1, ["weekly", "full"])
        page.write_row(2, 0, ["Year 7", 8940, 9980])
        page.write_row(3, 0, ["Year 8", 8990, 9990])
    (first, _) = sections_of(read("a.xlsx", buffer.getvalue()))
    assert first[1] == "Year: Year 7; Boarding weekly: 8940; Boarding full: 9980"


def test_a_csv_with_a_title_above_its_header_is_a_table_under_that_title() -> None:
    assert sections_of(read("a.csv", b"Keys,,\nNo,Door,Holder\n4,Lodge,Pike\n5,Hall,Lang\n"))[0] == (
        ("Keys",),
        "No: 4; Door: Lodge; Holder: Pike",
    )


def test_xml_of_like_parts_is_records_with_their_names() -> None:
    data = b"<all><one id='7'><name>Castell</name><phone>233</phone></one><one><name>Paperline</name></one></all>"
    assert [text for _, text in sections_of(read("a.xml", data))] == [
        "id: 7; name: Castell; phone: 233",
        "name: Paperline",
    ]


def test_every_sheet_is_read_and_named() -> None:
    headings = [headings for headings, _ in sections_of(read("a.xlsx", sheets("North", "South")))]
    assert headings == [("North",), ("North",), ("South",), ("South",)]


def test_a_sheet_of_an_open_document_is_read() -> None:
    assert [text for _, text in sections_of(read("a.ods", EXAMPLES[".ods"]))] == ["Item: Lamp; Price: 12"]


def test_a_sheet_whose_tags_do_not_match_is_refused_at_once() -> None:
    with pytest.raises(Refused, match="damaged"):
        read("a.ods", open_sheet(end="</table:table>"))


def test_tabs_separate_columns() -> None:
    assert [text for _, text in sections_of(read("a.tsv", EXAMPLES[".tsv"]))] == ["Item: Lamp, tall; Price: 12"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b'[{"name": "Ada", "home": {"city": "Ulm"}, "tags": ["a", "b"]}, {"name": "Bo", "open": true}]'),
        ("a.json", EXAMPLES[".json"]),
        ("a.jsonl", EXAMPLES[".jsonl"]),
    ],
)  # fmt: skip
def test_json_objects_in_a_list_are_records(name: str, data: bytes) -> None:
    assert [text for _, text in sections_of(read(name, data))] == [
        "name: Ada; home.city: Ulm; tags: a, b",
        "name: Bo; open: true",
    ]


def test_a_mapping_says_what_of_a_json_record_is_heading_and_text() -> None:
    mapping = Mapping(format="csv", heading="q", text=("a.text",))
    (section,) = sections_of(read("a.json", b'[{"q": "When?", "a": {"text": "At nine."}, "id": 7}]', mapping))
    assert section == (("When?",), "At nine.")


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    document = read("a.epub", book())
    assert document.title == "The Garden"
    assert sections_of(document) == [(("Spring",), "Sow beans."), (("Autumn",), "Rake leaves.")]


def test_an_open_document_keeps_headings_lists_tables_and_spaces() -> None:
    document = read("a.odt", open_document())
    assert sections_of(document) == [(("Rules",), "Be kind!\n\n- No shoes\n\nDay: Monday; Who: Bo.")]


def test_a_mail_is_read_with_its_people_and_its_attachments_are_named() -> None:
    document = read("a.eml", mail())
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
    (section,) = sections_of(read("a.rtf", RICH_TEXT))
    assert section == ((), "Müller opens at nine.\n\nIt closes at “six”.")


@pytest.mark.parametrize(("locked", "refused"), [("OEBPS/text/two%20b.xhtml", True), ("OEBPS/font.otf", False)])
def test_a_book_with_locked_chapters_is_refused_and_one_with_locked_fonts_is_read(locked: str, refused: bool) -> None:
    encryption = (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData '
        'xmlns="http://www.w3.org/2001/04/xmlenc#"><CipherData>'
        f'<CipherReference URI="{locked}"/></CipherData></EncryptedData></encryption>'
    )
    data = book(**{"META-INF/encryption.xml": encryption})
    if not refused:
        assert "Rake leaves." in text_of(read("a.epub", data))
        return
    with pytest.raises(Refused) as refusal:
        read("a.epub", data)
    assert refusal.value.reason == "encrypted"


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
