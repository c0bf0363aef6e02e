"""ODT: an OpenDocument text (OASIS, OpenDocument 1.3) as HTML, with its headings, lists, tables, code and terms."""

from collections.abc import Iterator

from lxml import etree, html
from lxml.html import HtmlElement
from lxml.html.builder import E

from ingest.readers.archive import opened, part
from ingest.readers.base import ReadDocument, ReadOptions, not_read
from ingest.readers.footnotes import place_footnotes
from ingest.readers.html import WORDS_OF_A_COUNT, add_around, required_tree, tree_to_document

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_WEIGHT = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}font-weight"
_NOTE = f"{_TEXT}note"
_COMMENT = f"{_OFFICE}annotation"
_NOT_READ = frozenset({_COMMENT, f"{_TEXT}tracked-changes", f"{_TEXT}table-of-content"})
_AROUND = (f"{_STYLE}header", f"{_STYLE}header-first", f"{_STYLE}footer", f"{_STYLE}footer-first")
_COUNTS = frozenset({f"{_TEXT}page-number", f"{_TEXT}page-count", f"{_TEXT}date", f"{_TEXT}time"})
_MAX_REPEATED = 100
_TAGS = {
    "Preformatted_20_Text": "pre",
    "Source_20_Code": "pre",
    "List_20_Heading": "dt",
    "Definition_20_Term": "dt",
    "List_20_Contents": "dd",
    "Definition_20_Definition": "dd",
    "Caption": "caption",
    "Table": "caption",
    "Strong_20_Emphasis": "strong",
    "Source_20_Text": "code",
}
"""What paragraphs and words of these styles, as LibreOffice and Pandoc name them, or of those made from them, are."""
_JOINED = {"pre": "pre", "dt": "dl", "dd": "dl"}
"""What holds elements that stand side by side."""


def read_odt(data: bytes, options: ReadOptions) -> ReadDocument:
    with opened(data, options.limits) as archive:
        content = part(archive, "content.xml")
        named = [part(archive, name) for name in ("meta.xml", "styles.xml") if name in archive.NameToInfo]
    title = " ".join(next((found for root in named if (found := root.findtext(".//{*}title"))), "").split())
    page = E.html(E.head(E.title(title)), E.body())
    body = content.find(f".//{_OFFICE}text")
    comments = 0
    if body is not None:
        _Pages([content, *named]).add(page.find("body"), body)
        comments = sum(1 for _ in body.iter(_COMMENT))
    page = required_tree(html.tostring(page, encoding="unicode"))
    place_footnotes({"": page})
    add_around(page, (line for root in named for around in root.iter(*_AROUND) for line in _lines(around)))
    return tree_to_document(page, {}, not_read({"comment": comments}))


def _lines(around: etree._Element) -> Iterator[str]:
    """The paragraphs of a page's header or footer, but those that only count the pages."""
    for paragraph in around.iter(f"{_TEXT}p", f"{_TEXT}h"):
        counts = any(True for _ in paragraph.iter(*_COUNTS))
        etree.strip_elements(paragraph, *_COUNTS, with_tail=False)
        words = str(paragraph.xpath("string()")).split()
        yield "" if counts and len(words) <= WORDS_OF_A_COUNT else " ".join(words)


class _Pages:
    """Sets elements of a document as HTML."""

    def __init__(self, roots: list[etree._Element]) -> None:
        self._parents: dict[str, str] = {}
        self._bold: set[str] = set()
        self._numbered: dict[str, set[int]] = {}
        self._notes = 0
        for style in (style for root in roots for style in root.iter(f"{_STYLE}style")):
            name = str(style.get(f"{_STYLE}name"))
            self._parents[name] = str(style.get(f"{_STYLE}parent-style-name", ""))
            if any(one.get(_WEIGHT) == "bold" for one in style.iter(f"{_STYLE}text-properties")):
                self._bold.add(name)
        for style in (style for root in roots for style in root.iter(f"{_TEXT}list-style")):
            levels = style.iter(f"{_TEXT}list-level-style-number")
            self._numbered[str(style.get(f"{_STYLE}name"))] = {int(one.get(f"{_TEXT}level", "1")) for one in levels}

    def add(self, place: HtmlElement, element: etree._Element, lists: tuple[str, ...] = ()) -> None:
        """Put what ``element`` holds into ``place``; ``lists`` are the styles of the lists around it."""
        for child in element:
            if child.tag == f"{_TEXT}h":
                level = min(max(int(child.get(f"{_TEXT}outline-level", "1")), 1), 6)
                self._words(_put(place, f"h{level}"), child)
            elif child.tag == f"{_TEXT}p":
                self._paragraph(place, child)
            elif child.tag == f"{_TEXT}list":
                own = child.get(f"{_TEXT}style-name") or (lists[-1] if lists else "")
                numbered = len(lists) + 1 in self._numbered.get(own, ())
                self.add(_put(place, "ol" if numbered else "ul"), child, (*lists, own))
            elif child.tag in (f"{_TEXT}list-item", f"{_TEXT}list-header"):
                item = _put(place, "li")
                if start := child.get(f"{_TEXT}start-value"):
                    item.set("value", start)
                self.add(item, child, lists)
            elif child.tag == f"{_TABLE}table":
                self._table(place, child)
            elif child.tag not in _NOT_READ:
                self.add(place, child, lists)

    def _kind(self, element: etree._Element) -> str:
        """What the style of a paragraph or of words says that they are."""
        name, seen = str(element.get(f"{_TEXT}style-name", "")), set[str]()
        bold = name in self._bold
        while name and name not in seen:
            if name in _TAGS:
                return _TAGS[name]
            seen.add(name)
            name = self._parents.get(name, "")
        return "strong" if bold else ""

    def _paragraph(self, place: HtmlElement, element: etree._Element) -> None:
        kind = self._kind(element)
        if kind in _JOINED:
            last = place[-1] if len(place) else None
            holder = last if last is not None and last.tag == _JOINED[kind] else _put(place, _JOINED[kind])
            if kind == "pre":
                _say(holder, "\n" if len(holder) or holder.text else "")
            self._words(holder if kind == "pre" else _put(holder, kind), element)
        elif kind == "caption":
            self._words(_put(place, "p", **{"class": "caption"}), element)
        else:
            inner = _put(place, "p")
            self._words(_put(inner, "strong") if kind == "strong" else inner, element)

    def _table(self, place: HtmlElement, element: etree._Element) -> None:
        table = _put(place, "table")
        for row in element.iter(f"{_TABLE}table-row"):
            parent = row.getparent()
            tag = "th" if parent is not None and parent.tag == f"{_TABLE}table-header-rows" else "td"
            line = _put(table, "tr")
            for cell in row.iterfind(f"{_TABLE}table-cell"):
                for _ in range(min(int(cell.get(f"{_TABLE}number-columns-repeated", "1")), _MAX_REPEATED)):
                    spans = {
                        name: cell.get(f"{_TABLE}number-{which}-spanned", "1")
                        for name, which in (("colspan", "columns"), ("rowspan", "rows"))
                    }
                    self.add(_put(line, tag, **spans), cell)

    def _note(self, place: HtmlElement, note: etree._Element) -> None:
        """A reference, and the note at the end of the page."""
        self._notes += 1
        name = f"note-{self._notes}"
        _put(place, "a", href=f"#{name}", role="doc-noteref").text = str(self._notes)
        page = place.getroottree().getroot()
        for body in note.iterfind(f"{_TEXT}note-body"):
            self.add(_put(page.find("body"), "div", id=name, role="doc-footnote"), body)

    def _words(self, place: HtmlElement, element: etree._Element) -> None:
        _say(place, element.text)
        for child in element:
            if child.tag == f"{_TEXT}line-break":
                _put(place, "br")
            elif child.tag == f"{_TEXT}s":
                _say(place, " " * min(int(child.get(f"{_TEXT}c", "1")), _MAX_REPEATED))
            elif child.tag == f"{_TEXT}tab":
                _say(place, "\t")
            elif child.tag == _NOTE:
                self._note(place, child)
            elif child.tag not in _NOT_READ:
                kind = self._kind(child)
                self._words(_put(place, kind) if kind in ("strong", "code") else place, child)
            _say(place, child.tail)


def _put(place: HtmlElement, tag: str, **attributes: str) -> HtmlElement:
    return etree.SubElement(place, tag, attributes)


def _say(place: HtmlElement, text: str | None) -> None:
    """Add text at the end of what ``place`` holds."""
    if len(place):
        place[-1].tail = (place[-1].tail or "") + (text or "")
    else:
        place.text = (place.text or "") + (text or "")
