"""What stands around the text of a document and within it: page headers, notes, boxes; and what of it is not read."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import fpdf
import pptx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.layout.documents import docx_layout
from ingest.readers.base import ReadDocument, ReadOptions
from ingest.readers.registry import read_file
from tests.ingest.office import OPEN_NAMES, book, zipped

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def read(name: str, data: bytes) -> ReadDocument:
    return read_file(Path(name), data, ReadOptions())


def sections(document: ReadDocument) -> list[tuple[str, str]]:
    text = "".join(page.text for page in document.pages)
    return [
        (section.headings[-1] if section.headings else "", text[section.start : section.end])
        for section in document.sections
    ]


def page_field(paragraph: object) -> None:
    run = paragraph.add_run()  # type: ignore[attr-defined]
    for kind, text in (("begin", ""), ("", "PAGE"), ("separate", ""), ("value", "7"), ("end", "")):
        if kind == "":
            element = OxmlElement("w:instrText")
            element.text = f" {text} "
        elif kind == "value":
            element = OxmlElement("w:t")
            element.text = text
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def word(fill: Callable[[docx.document.Document], None], **parts: tuple[str, str]) -> bytes:
    """A Word document, with ``parts`` of a kind and with a content that python-docx does not make."""
    made = docx.Document()
    fill(made)
    buffer = io.BytesIO()
    made.save(buffer)
    changed = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(changed, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "word/_rels/document.xml.rels":
                relations = "".join(
                    f'<Relationship Id="x{name}" Type="{TYPES}/{name}" Target="{name}.xml"/>' for name in parts
                )
                data = data.replace(b"</Relationships>", relations.encode() + b"</Relationships>")
            new.writestr(entry.filename, data)
        for name, (tag, content) in parts.items():
            new.writestr(f"word/{name}.xml", f"<w:{tag} {WORD}>{content}</w:{tag}>")
    return changed.getvalue()


def test_page_headers_and_footers_of_word_are_read_once_and_a_page_number_is_nothing() -> None:
    def fill(made: docx.document.Document) -> None:
        section = made.sections[0]
        section.different_first_page_header_footer = True
        section.header.paragraphs[0].text = "Rules of the house\tDocument QM-17\tPage "
        page_field(section.header.paragraphs[0])
        section.first_page_header.paragraphs[0].text = "Oak House, 4 Mill Lane"
        table = section.footer.add_table(1, 2, docx.shared.Cm(10))
        table.cell(0, 0).text, table.cell(0, 1).text = "Valid from 1 March", "Approved: Ada"
        section.footer.add_paragraph("Page ")
        page_field(section.footer.paragraphs[-1])
        made.add_heading("Rules of the house", 1)
        for number in range(40):
            made.add_paragraph(f"Rule {number} is to be kept by all who live here.")

    data = word(fill)
    *body, around = sections(read("a.docx", data))
    assert all("QM-17" not in text and "Mill Lane" not in text for _, text in body)
    assert around == (
        "Page header and footer",
        "Rules of the house | Document QM-17\n\nOak House, 4 Mill Lane\n\nValid from 1 March; Approved: Ada",
    )
    assert "QM-17" in " ".join(
        word.text for page in docx_layout(data, ReadOptions(), False).pages for word in page.words
    )


def test_headers_that_only_count_or_say_what_the_text_says_are_left_out() -> None:
    def fill(made: docx.document.Document) -> None:
        made.sections[0].header.paragraphs[0].text = "The garden"
        made.sections[0].footer.paragraphs[0].text = "- Page "
        page_field(made.sections[0].footer.paragraphs[0])
        made.add_heading("The garden", 1)
        made.add_paragraph("Sow beans.")

    assert sections(read("a.docx", word(fill))) == [("The garden", "Sow beans.")]


def reference(kind: str, number: int) -> object:
    return parse_xml(f'<w:r {nsdecls("w")}><w:{kind}Reference w:id="{number}"/></w:r>')


def test_notes_of_word_stand_below_what_they_are_on_and_leave_its_sentences_alone() -> None:
    def fill(made: docx.document.Document) -> None:
        paragraph = made.add_paragraph("A dog costs 5 EUR")
        paragraph._p.append(reference("footnote", 2))
        paragraph.add_run(" a day.")
        paragraph._p.append(reference("endnote", 3))
        made.add_paragraph("Cats are free.")

    note = "<w:{0} w:id='{1}'><w:p><w:r><w:{0}Ref/></w:r><w:r><w:t>{2}</w:t></w:r></w:p></w:{0}>"
    data = word(
        fill,
        footnotes=("footnotes", note.format("footnote", 2, "Guide dogs are free.")),
        endnotes=("endnotes", note.format("endnote", 3, "Since 2024.")),
    )
    assert sections(read("a.docx", data)) == [
        ("", "A dog costs 5 EUR a day.\n\nGuide dogs are free.\n\nSince 2024.\n\nCats are free.")
    ]


BOX = (
    "<w:p {0}><w:r>{1}<w:drawing><wp:anchor><a:graphic><a:graphicData><wps:wsp><wps:txbx><w:txbxContent><w:p><w:r><w:t>"
    "Call 112 first.</w:t></w:r></w:p></w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor>"
    "</w:drawing>{2}</w:r></w:p>"
)
NAMES = (
    f'{nsdecls("w", "wp", "a")} xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"'
)
OLD_BOX = (
    "<w:pict><v:shape><v:textbox><w:txbxContent><w:p><w:r><w:t>Call 112 first.</w:t></w:r></w:p></w:txbxContent>"
    "</v:textbox></v:shape></w:pict>"
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("<mc:AlternateContent><mc:Choice Requires='wps'>", "</mc:Choice></mc:AlternateContent>"),
        (
            "<mc:AlternateContent><mc:Choice Requires='wps'>",
            f"</mc:Choice><mc:Fallback>{OLD_BOX}</mc:Fallback></mc:AlternateContent>",
        ),
    ],
    ids=["new", "choice", "both"],
)
def test_text_boxes_of_word_are_read_once_in_whichever_form_they_are_written(before: str, after: str) -> None:
    def fill(made: docx.document.Document) -> None:
        made.add_paragraph("In a fire:")
        made.element.body.insert(1, parse_xml(BOX.format(NAMES, before, after)))
        made.add_paragraph("Then leave.")

    ((_, text),) = sections(read("a.docx", word(fill)))
    assert text.split("\n\n") == ["In a fire:", "Call 112 first.", "Then leave."]


def test_what_of_a_word_document_is_not_read_is_said() -> None:
    def fill(made: docx.document.Document) -> None:
        made.add_paragraph("The fee is 5 EUR.")
        made.element.body.insert(
            1,
            parse_xml(
                f'<w:p {nsdecls("w")} xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math">'
                "<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath></w:p>"
            ),
        )

    said = "<w:comment w:id='{}' w:author='Bo'><w:p><w:r><w:t>Really?</w:t></w:r></w:p></w:comment>"
    document = read("a.docx", word(fill, comments=("comments", said.format(0) + said.format(1))))
    assert document.notes == ("Not read: 2 comments, 1 formula.",)
    assert read("a.docx", word(lambda made: made.add_paragraph("Whole.") and None)).notes == ()


def test_notes_and_headers_of_an_open_document_are_read_and_its_comments_named() -> None:
    note = (
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Guide dogs are free.</text:p>"
        "</text:note-body></text:note>"
    )
    body = (
        f"<text:h text:outline-level='1'>Rules</text:h><text:p>A dog costs 5 EUR{note} a day.</text:p>"
        "<text:p>Cats are free.<office:annotation><text:p>really?</text:p></office:annotation></text:p>"
    )
    around = (
        "<style:header><text:p>Oak House, 4 Mill Lane</text:p></style:header>"
        "<style:footer><text:p>Page <text:page-number>1</text:page-number></text:p></style:footer>"
    )
    document = read(
        "a.odt",
        zipped(
            **{
                "content.xml": f"<office:document-content {OPEN_NAMES}><office:body><office:text>{body}</office:text>"
                "</office:body></office:document-content>",
                "styles.xml": f"<office:document-styles {OPEN_NAMES}><style:master-page>{around}</style:master-page>"
                "</office:document-styles>",
            }
        ),
    )
    assert sections(document) == [
        ("Rules", "A dog costs 5 EUR a day.\n\nGuide dogs are free.\n\nCats are free."),
        ("Page header and footer", "Oak House, 4 Mill Lane"),
    ]
    assert document.notes == ("Not read: 1 comment.",)


@pytest.mark.parametrize(
    ("chapter", "notes"),
    [
        (
            '<p>Sow 5<a epub:type="noteref" href="#n1">1</a> beans.</p><aside epub:type="footnote" id="n1" hidden="">'
            "<p>Or more.</p></aside><p>Water them.</p>",
            "",
        ),
        (
            '<p>Sow 5<sup><a id="r1" href="text/two%20b.xhtml#n1">1</a></sup> beans.</p><p>Water them.</p>',
            '<section epub:type="endnotes"><h2>Notes</h2><ol><li id="n1"><p><a href="../one.xhtml#r1">1</a> '
            "Or more.</p></li></ol></section>",
        ),
        (
            '<p>Sow 5<a id="r1" href="#n1">[1]</a> beans.</p><p>Water them.</p>'
            '<p><a id="n1"/><a href="#r1">[1]</a> Or more.</p>',
            "",
        ),
    ],
    ids=["popup", "endnotes", "untyped"],
)
def test_notes_of_a_book_stand_below_what_they_are_on(chapter: str, notes: str) -> None:
    parts = {
        "OEBPS/one.xhtml": f"<html><head><title/></head><body><h1>Spring</h1>{chapter}</body></html>",
        "OEBPS/text/two b.xhtml": f"<html><body><h1>Autumn</h1><p>Rake leaves.</p>{notes}</body></html>",
    }
    assert sections(read("a.epub", book(**parts))) == [
        ("Spring", "Sow 5 beans.\n\nOr more.\n\nWater them."),
        ("Autumn", "Rake leaves."),
    ]


def test_a_note_that_nothing_refers_to_and_a_link_that_is_no_reference_stay() -> None:
    chapter = (
        '<p>See <a href="#s2">2</a> and <a href="#s2">there</a>.</p><p id="s2">Beans.</p>'
        '<aside epub:type="footnote" id="n">By Ada.</aside>'
    )
    parts = {"OEBPS/one.xhtml": f"<html><body><h1>Spring</h1>{chapter}</body></html>"}
    assert sections(read("a.epub", book(**parts)))[0] == ("Spring", "See 2 and there.\n\nBeans.\n\nBy Ada.")


def test_charts_of_slides_and_files_in_a_pdf_are_named() -> None:
    slides = pptx.Presentation()
    data = CategoryChartData()
    data.categories = ["North", "South"]
    data.add_series("Sales", (1, 2))
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Sales", "They rose."
    slide.shapes.add_chart(XL_CHART_TYPE.PIE, Inches(1), Inches(2), Inches(3), Inches(3), data)
    buffer = io.BytesIO()
    slides.save(buffer)
    assert read("a.pptx", buffer.getvalue()).notes == ("Not read: 1 chart.",)
    made = fpdf.FPDF()
    made.add_page()
    made.set_font("Helvetica")
    made.cell(text="The bridge is open.")
    made.embed_file(basename="rules.txt", bytes=b"Rules")
    assert read("a.pdf", bytes(made.output())).notes == ("Not read: 1 attached file.",)
