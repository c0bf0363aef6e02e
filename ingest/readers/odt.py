"""ODT: headings, paragraphs, lists and tables of an OpenDocument text (OASIS, OpenDocument 1.3)."""

from collections.abc import Iterator

from lxml import etree

from ingest.readers.archive import opened, part
from ingest.readers.base import DocumentBuilder, ReadDocument, ReadOptions
from ingest.readers.html import table_rows

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_NOT_READ = frozenset({f"{_TEXT}note", f"{_OFFICE}annotation", f"{_TEXT}tracked-changes", f"{_TEXT}table-of-content"})
_MAX_REPEATED = 100


def read_odt(data: bytes, options: ReadOptions) -> ReadDocument:
    with opened(data, options.limits) as archive:
        content = part(archive, "content.xml")
        meta = part(archive, "meta.xml") if "meta.xml" in archive.NameToInfo else None
    builder = DocumentBuilder()
    body = content.find(f".//{_OFFICE}text")
    if body is not None:
        _add(builder, body, prefix="")
    if meta is not None:
        builder.title = " ".join((meta.findtext(".//{*}title") or "").split()) or builder.title
    return builder.build()


def _add(builder: DocumentBuilder, element: etree._Element, prefix: str) -> None:
    for child in element:
        if child.tag == f"{_TEXT}h":
            builder.heading(int(child.get(f"{_TEXT}outline-level", "1")), "".join(_words(child)))
        elif child.tag == f"{_TEXT}p":
            text = "".join(_words(child)).strip()
            builder.paragraph(prefix + text if text else "")
        elif child.tag == f"{_TEXT}list":
            _add(builder, child, prefix="- ")
        elif child.tag == f"{_TABLE}table":
            rows = [list(_cells(row)) for row in child.iter(f"{_TABLE}table-row")]
            for text in table_rows(rows, header=True):
                builder.paragraph(text)
        elif child.tag not in _NOT_READ:
            _add(builder, child, prefix)


def _cells(row: etree._Element) -> Iterator[str]:
    for cell in row.iterfind(f"{_TABLE}table-cell"):
        repeated = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        yield from [" ".join("".join(_words(cell)).split())] * min(repeated, _MAX_REPEATED)


def _words(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == f"{_TEXT}line-break":
            yield "\n"
        elif child.tag in (f"{_TEXT}s", f"{_TEXT}tab"):
            yield " "
        elif child.tag not in _NOT_READ:
            yield from _words(child)
            if child.tag == f"{_TEXT}p":
                yield " "
        yield child.tail or ""
