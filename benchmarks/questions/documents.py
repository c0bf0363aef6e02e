"""The documents of the two corpora, each written in its own format from a text in this folder.

A source's name says what becomes of it: ``travel-rules.docx.md`` is Markdown that becomes ``travel-rules.docx``,
``price-list.xlsx.csv`` a table that becomes a workbook. All others are documents already.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import xlsxwriter
from lxml import etree
from lxml.builder import ElementMaker  # type: ignore[import-not-found]  # the stubs lack it

from scripts.build_handbook import Block, parse, to_pdf, to_word

HERE = Path(__file__).parent

_NAMES = {name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "text", "table")}
_OFFICE, _TEXT, _TABLE = (ElementMaker(namespace=url, nsmap=_NAMES) for url in _NAMES.values())
_LEVEL = f"{{{_NAMES['text']}}}outline-level"


def write_documents(corpus: str, folder: Path) -> list[Path]:
    """Write the documents of a corpus, ``rules`` or ``town``, into ``folder``; returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for source in sorted((HERE / corpus).iterdir()):
        target = folder / source.stem
        make = _MAKERS.get(target.suffix)
        if make is None:
            target = folder / source.name
        target.write_bytes(make(source.read_text(encoding="utf-8")) if make else source.read_bytes())
        written.append(target)
    return written


def _to_open_document(blocks: Sequence[Block]) -> bytes:
    body = _OFFICE.text()
    before = ""
    for block in blocks:
        match block.kind:
            case "heading":
                body.append(_TEXT.h(block.text, {_LEVEL: str(block.level)}))
            case "table":
                rows = ([_TABLE("table-cell", _TEXT.p(cell)) for cell in row] for row in block.rows)
                body.append(_TABLE.table(*(_TABLE("table-row", *cells) for cells in rows)))
            case "bullet" | "number":
                if block.kind != before or block.level == 1:
                    body.append(_TEXT.list())
                body[-1].append(_TEXT("list-item", _TEXT.p(block.text)))
            case _:
                body.append(_TEXT.p(block.text))
        before = block.kind
    content = _OFFICE("document-content", _OFFICE.body(body))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", etree.tostring(content, encoding="UTF-8", xml_declaration=True))
    return packed.getvalue()


def _to_workbook(table: str) -> bytes:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as workbook:
        sheet, bold = workbook.add_worksheet("List"), workbook.add_format({"bold": True})
        for number, row in enumerate(csv.reader(io.StringIO(table))):
            sheet.write_row(number, 0, [_cell(value) for value in row], None if number else bold)
    return packed.getvalue()


def _cell(value: str) -> str | float:
    try:
        return float(value.replace(",", ""))
    except ValueError:
        return value


_MAKERS: dict[str, Callable[[str], bytes]] = {
    ".docx": lambda text: to_word(parse(text)),
    ".odt": lambda text: _to_open_document(parse(text)),
    ".pdf": lambda text: to_pdf(parse(text)),
    ".xlsx": _to_workbook,
}
