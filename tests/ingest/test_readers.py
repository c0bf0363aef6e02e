import io
import zipfile
from pathlib import Path

import docx
import fpdf
import pypdf
import pytest

from ingest.limits import Limits
from ingest.readers.archive import opened
from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.registry import read_file
from ingest.sources.mapping import Mapping, presets


def read(name: str, data: bytes, *mappings: Mapping) -> ReadDocument:
    return read_file(Path(name), data, ReadOptions(mappings))


def text_of(document: ReadDocument) -> str:
    return "".join(page.text for page in document.pages)


def sections_of(document: ReadDocument) -> list[tuple[tuple[str, ...], str]]:
    text = text_of(document)
    return [(section.headings, text[section.start : section.end]) for section in document.sections]


def pdf(*pages: str, title: str = "") -> bytes:
    made = fpdf.FPDF()
    made.set_font("Helvetica", size=12)
    made.set_title(title)
    for page in pages:
        made.add_page()
        if page:
            made.multi_cell(0, 6, page)
    return bytes(made.output())


def word(*paragraphs: tuple[str, str]) -> bytes:
    made = docx.Document()
    for style, text in paragraphs:
        made.add_paragraph(text, style=style)
    table = made.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, [("Drug", "Dose"), ("Aspirin", "100 mg")], strict=True):
        for cell, value in zip(row.cells, cells, strict=True):
            cell.text = value
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def test_markdown_becomes_plain_text_under_its_headings() -> None:
    source = b"# Eye *drops*\n\nUse them **daily**, see [here](http://x).\n\n## Side effects\n\n- red eyes\n- `itch`\n"
    document = read("a.md", source)
    assert document.title == "Eye drops"
    assert sections_of(document) == [
        (("Eye drops",), "Use them daily, see here."),
        (("Eye drops", "Side effects"), "- red eyes\n- itch"),
    ]


def test_html_leaves_out_what_is_not_for_reading() -> None:
    source = (
        b"<html><head><title> Opening  hours </title><style>p {}</style></head><body><nav>Home | About</nav>"
        b"<div role=navigation><h3>See</h3><p>Prices</p></div><h1>Hours</h1>"
        b"<p>Nine<br>to five.<script>alert(1)</script></p><div>On <b>Sunday</b> "
        b"closed.</div></body></html>"
    )
    document = read("a.html", source)
    assert document.title == "Opening hours"
    assert sections_of(document) == [(("Hours",), "Nine\nto five.\n\nOn Sunday closed.")]


def test_a_table_row_keeps_the_names_of_its_columns() -> None:
    source = b"<table><tr><th>Drug</th><th>Dose</th></tr><tr><td>Aspirin</td><td>100 mg</td></tr></table>"
    assert sections_of(read("a.html", source)) == [((), "Drug: Aspirin; Dose: 100 mg.")]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (
            "<table><tr><td>Take 5<br>10 tablets</td><td><p>Dose 5</p><p>10 mg</p></td></tr></table>",
            "Take 5 10 tablets; Dose 5 10 mg.",
        ),
        ("<p>10<sup>6</sup> litres of H<sub>2</sub>O</p>", "10⁶ litres of H₂O"),
        ("<form><p>A page in a form.</p></form>", "A page in a form."),
        ("<table><caption>Doses</caption><tr><td>one</td></tr></table>", "Doses\none."),
        ("<ul><li><p>one</p></li><li>two<ul><li>three</li></ul></li></ul>", "- one\n- two\n  - three"),
    ],
)
def test_html_keeps_apart_what_is_apart(markup: str, text: str) -> None:
    assert text_of(read("a.html", markup.encode())).strip() == text


def test_the_first_line_of_a_text_is_its_title_if_it_stands_alone_and_is_no_sentence() -> None:
    document = read("a.txt", b"Dining hall - hours\n\nTea: 16:00\nSupper: 18:00\n")
    assert (document.title, sections_of(document)) == (
        "Dining hall - hours",
        [(("Dining hall - hours",), "Tea: 16:00\nSupper: 18:00")],
    )
    assert read("a.txt", b"Dear all,\n\nthe hall is closed.\n").title == ""
    assert read("a.txt", b"Tea is at four.\n\nSupper is at six.\n").title == ""


def test_a_first_row_names_columns_whose_values_recur() -> None:
    cells = ["Place Box Wash", "Lodge yes no", "Kitchen yes yes", "Lab no no"]
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row.split())}</tr>" for row in cells)
    assert "Place: Lodge; Box: yes; Wash: no." in text_of(read("a.html", f"<table>{rows}</table>".encode()))


def test_csv_loses_no_cell() -> None:
    source = b'a,a,b\n1,2,3,4\n"He said ""no"", loudly",x,y\n'
    text = text_of(read("a.csv", source))
    assert "a: 1; a (2): 2; b: 3; column 4: 4" in text
    assert 'He said "no", loudly' in text


def test_a_rule_at_the_top_of_a_markdown_file_is_no_front_matter() -> None:
    assert "Warning" in text_of(read("a.md", b"---\nWarning: never mix these.\n\n---\n\nRest"))
    assert "draft" not in text_of(read("a.md", b"---\nstate: draft\ntags:\n- a\n---\nRest"))


def test_pdf_keeps_page_numbers_and_joins_wrapped_lines() -> None:
    first = (
        "The first page has a sentence that is long enough to be wrapped by the program that made it, twice even. " * 2
    )
    document = read("a.pdf", pdf(first.strip(), "", "The third page.", title="A guide"))
    assert document.title == "A guide"
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert sections_of(document) == [((), first.strip()), ((), "The third page.")]
    third = document.pages[2]
    assert text_of(document)[third.start : third.start + 15] == "The third page."


def test_word_documents_keep_headings_lists_and_tables() -> None:
    document = read("a.docx", word(("Heading 1", "Care"), ("Normal", "Wash it."), ("List Bullet", "daily")))
    assert document.title == "Care"
    text = text_of(document)
    assert "Wash it." in text
    assert "- daily" in text
    assert "Aspirin" in text
    assert document.sections[0].headings == ("Care",)


@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        ("Größe und Übermaß der Äpfel: fünf Stück für zehn Euro, außerdem Öl.", ["cp1252", "utf-8-sig", "utf-32-le"]),
        ("Price 12€ for Müller's", ["cp1252"]),
        ("The library opens at nine o'clock, “always”.", ["cp1252"]),
        ("図書館は月曜日に休館します。開館時間は午前九時から午後五時までです。", ["shift_jis"]),
        ("休館日", ["shift_jis"]),
        ("Библиотека открывается в девять часов утра каждый день.", ["cp1251", "koi8-r"]),
        ("Zażółć gęślą jaźń. Biblioteka jest otwarta od dziewiątej.", ["cp1250", "iso-8859-2"]),
        ("图书馆每天早上九点开放，星期一休息。请保持安静。", ["gb18030"]),
    ],
)
def test_encodings_come_out_right_and_are_recorded(text: str, encodings: list[str]) -> None:
    for encoding in [*encodings, "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]:
        document = read("a.txt", text.encode(encoding))
        assert text_of(document).strip() == text
        assert document.metadata["encoding"]


@pytest.mark.parametrize(
    ("name", "source", "encoding"),
    [
        ("a.html", '<meta charset="euc-jp"><p>図書館は休館</p>', "euc-jp"),
        ("a.html", '<meta charset="iso-8859-1"><p>“図書館”は休館</p>', "utf-8"),
        ("a.html", '<meta charset="utf-8"><p>“Müller” öffnet</p>', "cp1252"),
        ("a.html", '<meta charset="nonsense"><p>“Müller” öffnet</p>', "cp1252"),
        ("a.xml", '<?xml version="1.0" encoding="utf-8"?><a>“Müller” öffnet</a>', "cp1252"),
        ("a.xml", '<?xml version="1.0" encoding="iso-8859-2"?><a>Zażółć</a>', "iso-8859-2"),
        (
            "a.eml",
            "Subject: s\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nMüller",
            "cp1252",
        ),
    ],
)
def test_a_label_is_believed_where_it_can_be_true(name: str, source: str, encoding: str) -> None:
    text = text_of(read(name, source.encode(encoding)))
    assert any(words in text for words in ("図書館", "Müller", "Zażółć"))


LEFT = (
    "The ferry runs from Easter to the end of October, but not in a storm or when there is ice on the lake. Bicycles "
    "travel free of charge; a dog needs a ticket of its own."
)
RIGHT = (
    "In winter the mail sledge takes passengers who ask for it on the day before. Nobody is taken along without warm "
    "boots, and nobody after dark."
)


@pytest.mark.parametrize("columns", [(LEFT, RIGHT), (LEFT, RIGHT, LEFT)])
def test_columns_of_a_pdf_are_read_one_after_the_other_however_they_were_drawn(columns: tuple[str, ...]) -> None:
    made = fpdf.FPDF()
    made.set_font("Helvetica", size=10)
    made.add_page()
    made.cell(text="News from the lake", new_x="LMARGIN", new_y="NEXT")
    made.ln(6)
    width = made.epw / len(columns) - 6
    wrapped = [made.multi_cell(width, 5, text, dry_run=True, output="LINES") for text in columns]
    for number in range(max(map(len, wrapped))):
        for place, lines in enumerate(wrapped):
            made.set_x(made.l_margin + place * (width + 9))
            made.cell(text=lines[number] if number < len(lines) else "")
        made.ln(5)
    text = text_of(read("a.pdf", bytes(made.output())))
    assert " ".join(text.split()) == " ".join(["News from the lake", *columns])


def test_a_table_of_long_cells_is_read_row_by_row() -> None:
    made = fpdf.FPDF()
    made.set_font("Helvetica", size=10)
    made.add_page()
    rows = ["Ferry to the island|Every hour from eight", "Ferry to the castle|Twice a day in summer", "Mail|On Mondays"]
    for row in [*rows, "Night ferry|Never"]:
        for place, cell in enumerate(row.split("|")):
            made.set_x(made.l_margin + place * 80)
            made.cell(text=cell)
        made.ln(5)
    text = " ".join(text_of(read("a.pdf", bytes(made.output()))).split())
    assert text.index("Every hour") < text.index("Ferry to the castle")


def test_running_heads_of_a_pdf_are_kept_once_and_what_only_looks_alike_stays() -> None:
    pdf = fpdf.FPDF()
    pdf.set_font("helvetica", size=12)
    for number in range(1, 7):
        pdf.add_page()
        pdf.cell(text="House rules of the library", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(20)
        pdf.multi_cell(0, text=f"Rule number {number} is told here in a sentence of its own.", new_x="LMARGIN")
        pdf.ln(20)
        pdf.cell(text=f"Total {number * 100}", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(20)
        pdf.cell(text=f"House rules, page {number + 4}")
    document = read("a.pdf", bytes(pdf.output()))
    text = text_of(document)
    assert text.count("House rules of the library") == 1
    assert text.count("House rules, page") == 1
    assert all(f"Total {number * 100}" in text and f"Rule number {number}" in text for number in range(1, 7))
    assert [page.number for page in document.pages] == [1, 2, 3, 4, 5, 6]


def test_medquad_pairs_become_units_with_their_fields() -> None:
    source = (
        b'<?xml version="1.0"?><Document id="1" source="NEI" url="http://x"><Focus>Glaucoma</Focus><QAPairs>'
        b'<QAPair pid="1"><Question qid="1-1" qtype="treatment">How is glaucoma treated?</Question>'
        b"<Answer>With drops.</Answer></QAPair>"
        b'<QAPair pid="2"><Question qid="1-2" qtype="outlook">What is the outlook?</Question><Answer></Answer></QAPair>'
        b"</QAPairs></Document>"
    )
    document = read("a.xml", source, *presets())
    assert document.title == "Glaucoma"
    assert document.metadata == {"source": "NEI", "url": "http://x"}
    (unit,) = document.units  # the pair without an answer holds nothing to find
    assert (unit.heading, unit.metadata) == ("How is glaucoma treated?", {"question_type": "treatment"})
    assert text_of(document)[unit.start : unit.end] == "How is glaucoma treated?\nWith drops."
    assert sections_of(document) == [(("Glaucoma", "How is glaucoma treated?"), "With drops.")]


def test_other_xml_gives_its_text() -> None:
    assert text_of(read("a.xml", b"<a><b>One <i>two</i> three.</b><c>Four.</c></a>")).split() == [
        "One",
        "two",
        "three.",
        "Four.",
    ]


def test_external_entities_and_entity_bombs_stay_unexpanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOPSECRET")
    source = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY y "boom">]><a>Text &x; &y; end</a>'
    text = text_of(read("a.xml", source.encode()))
    assert "TOPSECRET" not in text
    assert "Text" in text


def test_csv_rows_become_units_and_a_mapping_chooses_columns() -> None:
    source = b"Name;Opens;Note\nLibrary;9:00;Closed on Sunday\nPool;7:00;\n"
    rows = read("a.csv", source).units
    assert [unit.metadata["Name"] for unit in rows] == ["Library", "Pool"]
    mapping = Mapping(format="csv", heading="Name", text=("Note", "Opens"), metadata={"opens": "Opens"})
    document = read("a.csv", source, mapping)
    assert sections_of(document)[0] == (("Library",), "Closed on Sunday\n\n9:00")
    assert document.units[1].metadata == {"opens": "7:00"}


def encrypted_pdf() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("secret")))
    writer.encrypt("password", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (60 * 1024**2))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.md", b" \n\t ", "empty"),
        ("a.csv", b"only,a,header\n", "empty"),
        ("a.txt", b"\x00\x01\x02 binary \x00\x00", "damaged"),
        ("a.pdf", b"%PDF-1.7 but not really", "damaged"),
        ("a.pdf", pdf("", ""), "no text"),
        ("a.pdf", encrypted_pdf(), "encrypted"),
        ("a.docx", b"not a zip archive at all", "damaged"),
        ("a.docx", bomb(), "too large"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "encrypted"),
        ("a.xml", b"<a><b></a>", "damaged"),
        ("a.html", b"<html><body><script>x</script></body></html>", "no text"),
        ("a.exe", b"MZ and so on", "unsupported"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(name, data)
    assert refusal.value.reason == reason
    assert refusal.value.detail.endswith(".")


def test_an_honest_document_is_no_bomb() -> None:
    with opened(word(("Normal", "text " * 20_000)), Limits()):
        pass


def test_nothing_unstorable_gets_into_the_text() -> None:
    document = read("a.html", "<p>one&#0;two &#xD800; soft\u00adhyphen</p>".encode())
    text = text_of(document)
    assert "\x00" not in text
    assert "softhyphen" in text
    text.encode("utf-8")


@pytest.mark.parametrize("tag", ["div", "b", "blockquote", "table><tr><td", "ul><li"])
@pytest.mark.parametrize("levels", [100, 300, 600])
def test_what_is_nested_deep_in_a_page_is_read(tag: str, levels: int) -> None:
    closing = "".join(f"</{name}>" for name in reversed(tag.split("><"))) * levels
    page = f"<p>First</p>{f'<{tag}>' * levels}deep <i>down</i><script>no</script><p>below</p>{closing}<p>Last</p>"
    words = text_of(read("a.html", page.encode())).split()
    assert [word for word in words if word.isalpha()] == ["First", "deep", "down", "below", "Last"]


def test_a_page_nested_deeper_than_can_be_read_says_so() -> None:
    with pytest.raises(Refused, match="nested too deeply"):
        read("a.html", b"<p>First</p>" + b"<div>" * 3_000 + b"lost" + b"</div>" * 3_000 + b"<p>Last</p>")
