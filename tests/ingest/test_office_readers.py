"""Presentations, spreadsheets, books, mail and the other formats of an office."""

from email.message import EmailMessage

import pytest

from ingest.readers.base import Refused
from ingest.sources.mapping import Mapping
from tests.ingest.office import EXAMPLES, RICH_TEXT, book, mail, open_document, open_sheet, sheets, slides, zipped
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
        "Item: Lamp\nPrice: 12\nSince: 2024-03-01",
        "Item: Chair\nPrice: 40.5",
    ]
    assert document.units[1].metadata["Item"] == "Chair"


def test_every_sheet_is_read_and_named() -> None:
    headings = [headings for headings, _ in sections_of(read("a.xlsx", sheets("North", "South")))]
    assert headings == [("North",), ("North",), ("South",), ("South",)]


def test_a_sheet_of_an_open_document_is_read() -> None:
    assert [text for _, text in sections_of(read("a.ods", EXAMPLES[".ods"]))] == ["Item: Lamp\nPrice: 12"]


def test_a_sheet_whose_tags_do_not_match_is_refused_at_once() -> None:
    with pytest.raises(Refused, match="damaged"):
        read("a.ods", open_sheet(end="</table:table>"))


def test_tabs_separate_columns() -> None:
    assert [text for _, text in sections_of(read("a.tsv", EXAMPLES[".tsv"]))] == ["Item: Lamp, tall\nPrice: 12"]


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
        "name: Ada\nhome.city: Ulm\ntags: a, b",
        "name: Bo\nopen: true",
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
