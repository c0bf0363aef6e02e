"""Build the handbook's PDF and Word documents from the Markdown in docs/handbook-sources.

The outputs lie in docs/handbook beside the documents that are written by hand. A rebuild gives the same bytes:
dates and metadata are fixed, and nothing is compressed, since zlib's output differs between machines.

    python scripts/build_handbook.py            writes the documents
    python scripts/build_handbook.py --check    writes nothing; exits 1 if a document is not what its source gives
"""

import io
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import docx
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph
from fpdf import FPDF
from fpdf.enums import Align, WrapMode, XPos, YPos
from fpdf.fonts import FontFace
from fpdf.util import Padding
from markdown_it import MarkdownIt
from markdown_it.token import Token

DOCS = Path(__file__).resolve().parent.parent / "docs"
PDF = ("commands", "llama-and-gpu")
WORD = ("glossary", "models")
DATE = datetime(2026, 11, 1, tzinfo=UTC)
TABLE_STYLE = "Light Grid Accent 1"
ACCENT = (31, 78, 121)

Style = Literal["", "bold", "code"]
Kind = Literal["heading", "paragraph", "bullet", "number", "code", "table"]
Runs = tuple[tuple[str, Style], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document: ``level`` is a heading's level or a numbered item's number, ``rows`` a table's cells."""

    kind: Kind
    runs: Runs = ()
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """The text without its styles."""
        return "".join(text for text, _ in self.runs)


def _runs(inline: Token) -> Runs:
    runs: list[tuple[str, Style]] = []
    bold = False
    for token in inline.children or []:
        if token.type in ("strong_open", "strong_close"):
            bold = token.type == "strong_open"
        elif token.type in ("softbreak", "hardbreak"):
            runs.append((" ", ""))
        elif token.content:
            runs.append((token.content, "code" if token.type == "code_inline" else "bold" if bold else ""))
    return tuple(runs)


def parse(markdown: str) -> list[Block]:
    """Cut a Markdown text into blocks: headings, paragraphs, flat lists, code and tables."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    blocks: list[Block] = []
    rows: list[list[str]] = []
    item: Kind = "paragraph"
    number = level = 0
    for token in tokens:
        match token.type:
            case "heading_open":
                level = int(token.tag[1])
            case "bullet_list_open" | "ordered_list_open":
                item, number = ("bullet" if token.type.startswith("bullet") else "number"), 0
            case "bullet_list_close" | "ordered_list_close":
                item = "paragraph"
            case "list_item_open":
                number += 1
            case "fence":
                blocks.append(Block("code", ((token.content.rstrip("\n"), "code"),)))
            case "table_open":
                rows = []
            case "tr_open":
                rows.append([])
            case "table_close":
                blocks.append(Block("table", rows=tuple(map(tuple, rows))))
            case "inline" if token.level == 1 and level:
                blocks.append(Block("heading", _runs(token), level))
                level = 0
            case "inline" if item == "paragraph" and token.level > 1:
                rows[-1].append("".join(text for text, _ in _runs(token)))
            case "inline":
                blocks.append(Block(item, _runs(token), number))
    return blocks


class _Sheet(FPDF):
    """A4 pages with their number at the foot."""

    def footer(self) -> None:
        self.set_y(-16)
        self.set_font("Helvetica", size=9)
        self.set_text_color(110)
        self.cell(0, 6, f"Page {self.page_no()} of {{nb}}", align=Align.C)


def _pdf_runs(pdf: FPDF, runs: Runs, indent: float = 0) -> None:
    with pdf.text_columns(l_margin=pdf.l_margin + indent, line_height=1.35) as column:
        for text, style in runs:
            pdf.set_font("Courier" if style == "code" else "Helvetica", "B" if style == "bold" else "", 11)
            column.write(text)


def to_pdf(blocks: list[Block]) -> bytes:
    """Make a PDF with an outline; its text is restricted to the Latin-1 letters of the PDF core fonts."""
    pdf = _Sheet(format="A4")
    pdf.set_margins(25, 22, 25)
    pdf.set_auto_page_break(True, 24)
    pdf.set_compression(False)
    pdf.set_creation_date(DATE)
    pdf.set_title(blocks[0].text)
    pdf.set_author("Refdesk")
    pdf.set_producer("Refdesk")
    pdf.set_lang("en-GB")
    pdf.add_page()
    for block in blocks:
        pdf.set_text_color(30)
        match block.kind:
            case "heading":
                if pdf.will_page_break(32):  # a heading stays with the text below it
                    pdf.add_page()
                pdf.ln(0 if block.level == 1 else 4)
                pdf.start_section(block.text, block.level - 1)
                pdf.set_font("Helvetica", "B", 20 if block.level == 1 else 13)
                pdf.set_text_color(*ACCENT)
                pdf.multi_cell(0, 10 if block.level == 1 else 7, block.text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
                pdf.ln(2 if block.level == 1 else 0.5)
            case "table":
                pdf.set_font("Helvetica", size=10)
                bold = FontFace(emphasis="BOLD", fill_color=(228, 235, 243))
                with pdf.table(block.rows, headings_style=bold, line_height=6.5, text_align=Align.L, padding=(0, 1.5)):
                    pass
                pdf.ln(3)
            case "code":
                pdf.ln(1)
                pdf.set_font("Courier", size=10)
                pdf.set_fill_color(243, 244, 246)
                pdf.multi_cell(0, 5.5, block.text, fill=True, padding=Padding(1.5, 3, 1.5, 3), wrapmode=WrapMode.CHAR)
                pdf.set_xy(pdf.l_margin, pdf.get_y() + 2.5)
            case _:
                start = {"bullet": "\x95", "number": f"{block.level}."}.get(block.kind)  # \x95: the fonts' bullet
                if start:
                    pdf.set_font("Helvetica", size=11)
                    pdf.cell(7, 5.3, start)
                    pdf.set_x(pdf.l_margin)
                _pdf_runs(pdf, block.runs, 7 if start else 0)
                pdf.ln(1 if start else 2)
    return bytes(pdf.output())


def _word_runs(paragraph: Paragraph, runs: Runs) -> None:
    for text, style in runs:
        run = paragraph.add_run(text)
        run.bold = style == "bold" or None
        if style == "code":
            run.font.name = "Courier New"


def _drop_unused(document: WordDocument) -> None:
    """Leave out what python-docx's template carries and nothing here uses: most of its size."""
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name not in ("Normal Table", TABLE_STYLE):
            style.delete()
    for rels in (document.part.package.rels, document.part.rels):
        for key, relation in list(rels.items()):
            if relation.reltype.endswith(("/thumbnail", "/stylesWithEffects", "/customXml")):
                del rels[key]


def to_word(blocks: list[Block]) -> bytes:
    """Make a Word document with real heading, list and table styles."""
    document = docx.Document()
    document.styles["Normal"].font.size = Pt(11)
    for level in (1, 2):
        document.styles[f"Heading {level}"].font.color.rgb = RGBColor(*ACCENT)
    about = document.core_properties
    about.title, about.author, about.last_modified_by, about.comments = blocks[0].text, "Refdesk", "Refdesk", ""
    about.created = about.modified = DATE
    about.language = "en-GB"
    for block in blocks:
        if block.kind == "heading":
            document.add_heading(block.text, block.level)
        elif block.kind == "table":
            table = document.add_table(len(block.rows), len(block.rows[0]), TABLE_STYLE)
            table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # repeated on the next page
            for row, cells in zip(table.rows, block.rows, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
            document.add_paragraph()
        else:
            style = {"bullet": "List Bullet", "number": "List Number"}.get(block.kind)
            _word_runs(document.add_paragraph(style=style), block.runs)
    _drop_unused(document)
    raw, fixed = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name))
    return fixed.getvalue()


def build() -> dict[Path, bytes]:
    """Every built document with its bytes."""
    sources = DOCS / "handbook-sources"
    made = {f"{name}.pdf": to_pdf(parse((sources / f"{name}.md").read_text("utf-8"))) for name in PDF}
    made |= {f"{name}.docx": to_word(parse((sources / f"{name}.md").read_text("utf-8"))) for name in WORD}
    return {DOCS / "handbook" / name: content for name, content in made.items()}


def main() -> int:
    """Write the documents, or with --check compare them; returns the exit status."""
    check = "--check" in sys.argv[1:]
    stale = 0
    for path, content in build().items():
        if path.exists() and path.read_bytes() == content:
            continue
        stale += 1
        if not check:
            path.write_bytes(content)
        verdict = "out of date, run scripts/build_handbook.py" if check else "written"
        print(f"{path.relative_to(DOCS.parent)}: {verdict}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
