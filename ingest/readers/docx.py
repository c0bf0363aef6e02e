"""DOCX with mammoth, which knows Word's styles and gives HTML; what it leaves out is read from the parts themselves."""

import copy
import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator

import mammoth
from lxml import etree, html
from lxml.html import HtmlElement

from ingest.readers.archive import opened, part
from ingest.readers.base import ReadDocument, ReadOptions, Refused, not_read
from ingest.readers.footnotes import place_footnotes
from ingest.readers.html import WORDS_OF_A_COUNT, add_around, required_tree, tree_to_document

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='Code'] => pre:separator('\\n')
p[style-name='macro'] => pre:separator('\\n')
p[style-name='Definition Term'] => dl > dt:fresh
p[style-name='Definition'] => dl > dd:fresh
p[style-name='caption'] => p.caption:fresh
p[style-name='Caption'] => p.caption:fresh
p[style-name='Table Caption'] => p.caption:fresh
p[style-name='List Bullet 2'] => ul|ol > li > ul > li:fresh
p[style-name='List Bullet 3'] => ul|ol > li > ul|ol > li > ul > li:fresh
p[style-name='List Number 2'] => ul|ol > li > ol > li:fresh
p[style-name='List Number 3'] => ul|ol > li > ul|ol > li > ol > li:fresh
r[style-name='HTML Code'] => code
r[style-name='Verbatim Char'] => code
"""
"""What mammoth does not know of itself: styles of Word and of Pandoc for titles, code, terms, captions, inner lists."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_VML = "{urn:schemas-microsoft-com:vml}"
_TEXT_BOX = f"{_W}txbxContent"
_FORMULA = "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath"
_MAIN = "word/document.xml"
_RELATIONS = "word/_rels/document.xml.rels"
_COMMENTS = "word/comments.xml"
_COUNTED = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES|SECTION|DATE|TIME|PRINTDATE|SAVEDATE)\b", re.IGNORECASE)
"""Fields whose values are the page's or the moment's, not the author's."""
_VALUE = "\x00"
_PARTS = re.compile(r"[\t|·•–—]")
_UNREAD = (
    ("word/charts/chart", "chart"),
    ("word/diagrams/data", "diagram"),
    ("word/embeddings/", "embedded file"),
    ("word/afchunk", "inserted document"),
)
"""Beginnings of the names of parts, and what they hold."""


def docx_markup(data: bytes, options: ReadOptions) -> str:
    """The document as HTML, with its notes below what they are on, and its page headers at the end. Raises Refused."""
    return str(html.tostring(_page(data, options)[0], encoding="unicode"))


def read_docx(data: bytes, options: ReadOptions) -> ReadDocument:
    page, notes = _page(data, options)
    return tree_to_document(page, {}, notes)


def _page(data: bytes, options: ReadOptions) -> tuple[HtmlElement, list[str]]:
    """The document as HTML, and what of it is not read."""
    with opened(data, options.limits) as archive:
        around = _around(archive)
        unread = _unread(archive)
        source = io.BytesIO(_with_text_boxes(data, archive))
        try:
            # Pictures are left out: only their alternative text could be searched.
            result = mammoth.convert_to_html(
                source, convert_image=mammoth.images.img_element(lambda _: {"src": ""}), style_map=_STYLES
            )
        except Exception as error:  # mammoth raises whatever its XML or ZIP layer raises
            raise Refused("damaged", "The Word document cannot be read.") from error
    page = required_tree(f"<body>{result.value}</body>")
    place_footnotes({"": page}, marked=False)
    add_around(page, around)
    return page, unread


def _around(archive: zipfile.ZipFile) -> list[str]:
    """The paragraphs and rows of the headers and footers of pages, each once, without what only counts pages."""
    lines: dict[str, None] = {}
    for kind in ("header", "footer"):
        for name in _related(archive, kind):
            lines.update(dict.fromkeys(_lines(part(archive, name))))
    return list(lines)


def _related(archive: zipfile.ZipFile, kind: str) -> Iterator[str]:
    if _RELATIONS not in archive.NameToInfo:
        return
    for relation in part(archive, _RELATIONS):
        name = posixpath.normpath(posixpath.join("word", str(relation.get("Target")))).lstrip("/")
        if str(relation.get("Type")).endswith(f"/{kind}") and name in archive.NameToInfo:
            yield name


def _lines(root: etree._Element) -> Iterator[str]:
    for element in root.iterchildren():
        if element.tag == f"{_W}tbl":
            for row in element.iter(f"{_W}tr"):
                cells = [
                    " ".join(filter(None, map(_said, cell.iter(f"{_W}p")))) for cell in row.iterchildren(f"{_W}tc")
                ]
                if line := "; ".join(filter(None, cells)):
                    yield line
        elif element.tag == f"{_W}p":
            if line := _said(element):
                yield line
        else:
            yield from _lines(element)


def _said(paragraph: etree._Element) -> str:
    """The words of a paragraph, without those that only stand around the number of the page."""
    said: list[str] = []
    fields: list[str] = []  # the instructions of the fields around
    for one in paragraph.iter():
        if one.tag == f"{_W}fldChar":
            if one.get(f"{_W}fldCharType") == "begin":
                fields.append("")
            elif one.get(f"{_W}fldCharType") == "end" and fields:
                fields.pop()
        elif one.tag == f"{_W}instrText" and fields:
            fields[-1] += one.text or ""
        elif one.tag == f"{_W}t":
            around = [*fields, *(field.get(f"{_W}instr", "") for field in one.iterancestors(f"{_W}fldSimple"))]
            said.append(_VALUE if any(map(_COUNTED.match, around)) else one.text or "")
        elif one.tag in (f"{_W}tab", f"{_W}ptab"):
            said.append("\t")
        elif one.tag in (f"{_W}br", f"{_W}cr"):
            said.append(" ")
    parts = [part for part in _PARTS.split("".join(said)) if not _counts(part)]
    return " ".join(" | ".join(filter(None, (" ".join(part.replace(_VALUE, " ").split()) for part in parts))).split())


def _counts(text: str) -> bool:
    return _VALUE in text and len(text.replace(_VALUE, " ").split()) <= WORDS_OF_A_COUNT


# What mammoth leaves out


def _with_text_boxes(data: bytes, archive: zipfile.ZipFile) -> bytes:
    """The document with its text boxes where mammoth looks for them: some programs write them in the new form alone."""
    if _MAIN not in archive.NameToInfo or b"txbxContent" not in archive.read(_MAIN):
        return data
    root = part(archive, _MAIN)
    changed = False
    for drawing in list(root.iter(f"{_W}drawing")):
        boxes = list(drawing.iter(_TEXT_BOX))
        other = next(drawing.iterancestors(f"{_COMPATIBILITY}AlternateContent"), None)
        old = other.find(f"{_COMPATIBILITY}Fallback") if other is not None else None
        if not boxes or (old is not None and old.find(f".//{_TEXT_BOX}") is not None):
            continue
        picture = etree.Element(f"{_W}pict")
        for box in boxes:
            etree.SubElement(etree.SubElement(picture, f"{_VML}shape"), f"{_VML}textbox").append(copy.deepcopy(box))
        if other is None:
            drawing.addnext(picture)
        else:
            if old is None:
                old = etree.SubElement(other, f"{_COMPATIBILITY}Fallback")
            old.append(picture)
        changed = True
    return _replaced(archive, _MAIN, etree.tostring(root, encoding="UTF-8", xml_declaration=True)) if changed else data


def _replaced(archive: zipfile.ZipFile, name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as changed:
        for entry in archive.infolist():
            changed.writestr(entry.filename, content if entry.filename == name else archive.read(entry))
    return buffer.getvalue()


def _unread(archive: zipfile.ZipFile) -> list[str]:
    """What of the document is not read, in a sentence."""
    counts: Counter[str] = Counter()
    if _COMMENTS in archive.NameToInfo:
        comments = part(archive, _COMMENTS).iter(f"{_W}comment")
        counts["comment"] = sum(any((text.text or "").strip() for text in one.iter(f"{_W}t")) for one in comments)
    if _MAIN in archive.NameToInfo and b":oMath" in archive.read(_MAIN):
        formulas = part(archive, _MAIN).iter(_FORMULA)
        counts["formula"] = sum(next(one.iterancestors(_FORMULA), None) is None for one in formulas)
    for beginning, noun in _UNREAD:
        counts[noun] = sum(name.startswith(beginning) for name in archive.NameToInfo)
    return not_read(counts)
