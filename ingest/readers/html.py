"""HTML, and what is made HTML first (Markdown, DOCX, ODT), to headings, paragraphs, lists, tables, entries, code."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import nullcontext

from lxml import html
from lxml.etree import ParserError, iterwalk
from lxml.html import HtmlElement
from lxml.html.builder import E

from ingest.readers.base import ReadDocument, Refused
from ingest.readers.builder import DocumentBuilder
from ingest.readers.encoding import decode
from ingest.readers.lines import leading_label
from ingest.readers.manual_page import add_manual_page, is_manual_page
from ingest.readers.tables import markup_rows

SKIPPED = frozenset(
    """
    script style noscript template svg nav search head iframe object select button textarea input
    """.split()
)
SKIPPED_ROLES = frozenset({"navigation", "search"})  # what <nav> and <search> are, in older pages
BLOCKS = frozenset(
    """
    address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer
    h1 h2 h3 h4 h5 h6 header hr html li main menu ol p pre section summary table tbody td tfoot th thead tr ul
    """.split()
)
_WHOLES = frozenset({"html", "body", "main", "article"})
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LISTS = frozenset({"ul", "ol", "menu", "dl"})
_TERMS = frozenset({"b", "strong", "code", "kbd", "samp", "tt", "var", "dfn"})
"""What marks a term with which an item begins."""
_JOINS = frozenset({"", ",", "/", "|", "or", "and"})
_SAYS = re.compile(r"\s*(?::|：|[-–—](?=\s))")
_LONGEST_LABEL = 100
_NEIGHBOURS = frozenset({"prev", "previous", "next"})
_MOST_WORDS_OF_NAVIGATION = 50
_PARTING = frozenset("|>»›→·•/")
_PERMALINKS = frozenset({"", "¶", "#", "§", "🔗"})
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
LABEL = "data-under"
"""The attribute of an element that readers make, which says under which label stands what is in it."""
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
WORDS_OF_A_COUNT = 3
"""So many words stand around the number of a page: "Page 3 of 9"."""
_LABEL = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*(?P<name>[\w.:-]+)""", re.IGNORECASE | re.ASCII)
_LABEL_WITHIN = 1024  # as browsers look for it (WHATWG HTML)
_DEEPEST = 150
"""Elements within elements that keep their form; of what is nested deeper the words are taken."""
_LIMIT_REACHED = "ERR_RESOURCE_LIMIT"  # more than 2,048 levels, of libxml2
_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")


def decode_html(data: bytes) -> tuple[str, str]:
    """The markup, and the encoding it was in."""
    label = _LABEL.search(data[:_LABEL_WITHIN])
    return decode(data, label["name"].decode("ascii") if label else "")


def html_to_document(markup: str, metadata: dict[str, str]) -> ReadDocument:
    """The markup as a document of its own. Raises Refused."""
    return tree_to_document(required_tree(markup), metadata)


def required_tree(markup: str) -> HtmlElement:
    """As ``html_tree``; raises Refused where there is nothing."""
    try:
        return html_tree(markup)
    except ValueError as error:
        raise Refused("no text", "The page holds no text.") from error


def tree_to_document(root: HtmlElement, metadata: dict[str, str], notes: Iterable[str] = ()) -> ReadDocument:
    """As ``html_to_document``, what the markup was parsed to; ``notes`` say what of it was not read."""
    builder = DocumentBuilder()
    for note in notes:
        builder.note(note)
    title = add_tree(builder, root)
    builder.title = title or builder.title
    return builder.build(metadata)


def add_tree(builder: DocumentBuilder, root: HtmlElement) -> str:
    """Walk the blocks of ``html_tree`` in reading order; its title. Nothing it refers to is fetched."""
    _Walker(builder, root).walk(root)
    return _SPACE.sub(" ", root.findtext(".//head/title") or "").strip()


def html_tree(markup: str) -> HtmlElement:
    """The markup's root element. Raises ValueError where it holds nothing, and Refused where not all can be read."""
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = html.document_fromstring(_DECLARED.sub("", markup), parser)
    except (ParserError, AssertionError) as error:
        raise ValueError from error
    if any(error.type_name == _LIMIT_REACHED for error in parser.error_log):
        raise Refused("damaged", "Its elements are nested too deeply: what is within them cannot be read.")
    return root


def add_around(root: HtmlElement, lines: Iterable[str]) -> None:
    """Add what stands at the top and the bottom of an office document's pages, but for what its text says too."""
    text = " ".join(root.text_content().split())
    own = [E.p(line) for line in dict.fromkeys(lines) if line and line not in text]
    if own:
        root.find("body").append(E.section(*own, **{LABEL: "Page header and footer"}))


class _Walker:
    """Collects inline text until a block begins or ends, then hands it to the builder as one paragraph."""

    def __init__(self, builder: DocumentBuilder, root: HtmlElement) -> None:
        self._builder = builder
        self._inline: list[str] = []
        self._navigation = _navigation(root)
        self._depth = 0

    def walk(self, element: HtmlElement) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in SKIPPED or element.get("role") in SKIPPED_ROLES:
            return
        if _is_permalink(element) or element in self._navigation:
            return
        if self._depth == _DEEPEST:
            self._say(_words_within(element))
            return
        self._depth += 1
        if tag == "br":
            self._inline.append("\n")
        elif tag in {"sup", "sub"}:
            self._inline.append(_raised(element))
        elif tag in BLOCKS:
            self._flush()
            self._block(element)
            self._flush()
        else:
            self._inside(element)
        self._depth -= 1

    def _block(self, element: HtmlElement) -> None:
        tag = element.tag
        if _is_caption(element):
            return  # which its table says
        if label := element.get(LABEL):
            with self._builder.under(label):
                self._inside(element)
                self._flush()
            return
        if tag in _LISTS and _is_contents(element) and _leads_within(element):
            self._builder.contents(_text(link) for link in element.iter("a"))
            return
        if tag == "table" and not element.findall(".//table"):
            with self._builder.table(_caption(element)):
                for row in markup_rows(element, _text):
                    self._builder.row(row)
        elif tag == "pre":
            self._preformatted(_lines(element))
        elif tag in {"ul", "ol", "menu"}:
            self._list(element)
        elif tag == "li":
            with self._builder.listing():
                self._item(element, "-")
        elif tag == "dl":
            self._definitions(element)
        else:
            self._inside(element)
            if tag in _HEADINGS:
                self._builder.heading(int(tag[1]), self._take())

    def _preformatted(self, text: str) -> None:
        if is_manual_page(text):
            add_manual_page(self._builder, text)
        else:
            self._builder.code(text)

    def _list(self, element: HtmlElement) -> None:
        items: list[HtmlElement] = []
        for child in list(element):
            if child.tag in {"ul", "ol"} and items and items[-1].tag == "li":
                items[-1].append(child)  # a list that lies beside the item it belongs in
            else:
                items.append(child)
        marked = [item for item in items if item.tag == "li"]
        numbered = element.tag == "ol"
        markers = iter(_numbers(element, marked) if numbered else ["-"] * len(marked))
        labels = ["" if numbered else _label(item) for item in marked]
        named = iter(labels if all(labels) else [""] * len(marked))
        with self._builder.listing():
            self._say(element.text)
            for item in items:
                if item.tag == "li":
                    self._item(item, next(markers), next(named))
                else:
                    self.walk(item)
                self._say(item.tail)

    def _item(self, element: HtmlElement, marker: str, label: str = "") -> None:
        self._flush()
        with self._builder.item(marker, label):
            self._inside(element)
            self._flush()

    def _definitions(self, element: HtmlElement) -> None:
        if _is_contents(element):
            with self._builder.listing():
                for terms, said in _entries(element):
                    for term in terms[:-1]:
                        self._item(term, "-")
                    with self._builder.item():
                        self._each([*terms[-1:], *said])
            return
        with self._builder.listing(entries=True):
            self._say(element.text)
            for terms, said in _entries(element):
                self._flush()
                named = [_text(term) for term in terms]
                with self._builder.entry(named) if any(named) else nullcontext():
                    for term in terms:
                        self._say(term.tail)
                    self._each(said)

    def _each(self, elements: list[HtmlElement]) -> None:
        for element in elements:
            self.walk(element)
            self._say(element.tail)
        self._flush()

    def _say(self, text: str | None) -> None:
        self._inline.append(_SPACE.sub(" ", text or ""))

    def _inside(self, element: HtmlElement) -> None:
        self._say(element.text)
        for child in element:
            self.walk(child)
            self._say(child.tail)

    def _take(self) -> str:
        lines = "".join(self._inline).split("\n")
        self._inline = []
        return "\n".join(_SPACE.sub(" ", line).strip() for line in lines).strip()

    def _flush(self) -> None:
        self._builder.paragraph(self._take())


def _navigation(root: HtmlElement) -> frozenset[HtmlElement]:
    """The short blocks that lead to both neighbours of the page, which its head names (``<link rel="next">``) or the
    links themselves, or to its translations, and those of links alone that signs part ("Home > Manual", "News | Help").
    """
    neighbours = {link.get("href") for link in root.iterfind(".//head/link") if _relations(link) & _NEIGHBOURS}
    leading: Counter[HtmlElement] = Counter()
    for link in root.iter("a"):
        if link.get("href") in neighbours or _relations(link) & (_NEIGHBOURS | {"alternate"}):
            leading.update(link.iterancestors(*BLOCKS - _WHOLES))
    fewest = 1 if len(neighbours) == 1 else 2
    paths = {link.getparent() for link in root.iter("a") if link.getparent() is not None and _is_path(link.getparent())}
    return frozenset(paths.union(block for block, count in leading.items() if count >= fewest and _is_of_links(block)))


def _is_path(block: HtmlElement) -> bool:
    """Whether there are links in it and nothing else but signs that part them, no commas."""
    between = "".join([block.text or "", *(child.tail or "" for child in block)]).split()
    return bool(between) and set("".join(between)) <= _PARTING and all(child.tag == "a" for child in block)


def _relations(link: HtmlElement) -> frozenset[str]:
    return frozenset((link.get("rel") or "").lower().split())


def _is_of_links(block: HtmlElement) -> bool:
    """Whether a block is short, has no heading, and a third of its words are links at least."""
    words = len(block.text_content().split())
    linked = sum(len(link.text_content().split()) for link in block.iter("a"))
    headed = next(block.iter(*_HEADINGS), None) is not None
    return words <= min(_MOST_WORDS_OF_NAVIGATION, 3 * linked) and not headed


def _numbers(list_: HtmlElement, items: list[HtmlElement]) -> list[str]:
    """What an ``ol`` counts its items by, as a browser shows it."""
    number = _number(list_.get("start"), 1)
    markers = []
    for item in items:
        number = _number(item.get("value"), number)
        kind = list_.get("type", "1")
        shown = chr(ord("a") + number - 1) if kind in "aA" and 1 <= number <= 26 else str(number)
        markers.append(f"{shown.upper() if kind == 'A' else shown}.")
        number += 1
    return markers


def _number(value: str | None, otherwise: int) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 6 else otherwise


def _label(item: HtmlElement) -> str:
    """The term with which a list item begins, if it goes on to say something of it; else nothing.

    A term is in bold or set as code, and a colon or a dash follows; several may be named. A code needs no mark.
    """
    node = item
    while not (node.text or "").strip() and len(node) and node[0].tag in {"p", "div", "span"}:
        node = node[0]
    if (node.text or "").strip():
        return leading_label(_SPACE.sub(" ", node.text_content()).strip())
    terms: list[str] = []
    for child in node:
        if child.tag not in _TERMS and not (len(child) == 1 and child[0].tag in _TERMS):
            return ""
        term = _text(child)
        terms.append(term.rstrip(":： "))
        after = child.tail or ""
        if term.endswith((":", "：")) or _SAYS.match(after):
            label = ", ".join(terms)
            return label if len(label) <= _LONGEST_LABEL else ""
        if after.strip() not in _JOINS:
            return ""
    return ""


def _caption(table: HtmlElement) -> str:
    inside, before = table.find("caption"), table.getprevious()
    if inside is not None:
        return _text(inside)
    return _text(before) if before is not None and _is_caption(before) else ""


def _is_caption(element: HtmlElement) -> bool:
    """Whether it is a paragraph that captions the table below it, as office documents have them."""
    below = element.getnext()
    marked = element.tag == "p" and element.get("class") == "caption"
    return marked and below is not None and below.tag == "table" and below.find("caption") is None


def _entries(list_: HtmlElement) -> Iterator[tuple[list[HtmlElement], list[HtmlElement]]]:
    """The terms of a ``dl`` that stand together, and what is said of them."""
    terms: list[HtmlElement] = []
    said: list[HtmlElement] = []
    for child in (inner for one in list_ for inner in (one if _is_group(one) else (one,))):
        if child.tag == "dt":
            if said:
                yield terms, said
                terms, said = [], []
            terms.append(child)
        else:
            said.append(child)
    if terms or said:
        yield terms, said


def _is_contents(list_: HtmlElement) -> bool:
    """Whether a list is one of links and nothing else."""
    linked = [word for link in list_.iter("a") if link.get("href") for word in _text(link).split()]
    return bool(linked) and len(linked) == len(_text(list_).split())


def _leads_within(list_: HtmlElement) -> bool:
    """Whether its links, of which there are two at least, lead to places in its own page."""
    leads = [link.get("href", "") for link in list_.iter("a")]
    return len(leads) > 1 and all(href.startswith("#") for href in leads)


def _is_group(element: HtmlElement) -> bool:
    """Whether it is a ``div`` in a ``dl`` that only holds terms and what is said of them together."""
    own = [element.text, element.tail, *(child.tail for child in element)]
    return element.tag == "div" and element.find("dt") is not None and not any((text or "").strip() for text in own)


def _is_permalink(element: HtmlElement) -> bool:
    """Whether it is a mark beside a heading or a term that links to it."""
    return element.tag == "a" and "#" in (element.get("href") or "") and element.text_content().strip() in _PERMALINKS


def _raised(element: HtmlElement) -> str:
    """10<sup>6</sup> must not become 106: digits are raised or lowered in Unicode, other text stands apart."""
    text = element.text_content().strip()
    table = _SUPERSCRIPT if element.tag == "sup" else _SUBSCRIPT
    return text.translate(table) if text.isdecimal() else f" {text}"


def _text(element: HtmlElement) -> str:
    """The text of a cell or a term; what stands in blocks or lines of its own does not run together."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in SKIPPED and not _is_permalink(child):
            apart = " " if child.tag == "br" or child.tag in BLOCKS else ""
            parts += [apart, _raised(child) if child.tag in {"sup", "sub"} else _text(child), apart]
        parts.append(child.tail or "")
    return _SPACE.sub(" ", "".join(parts)).strip()


def _words_within(element: HtmlElement) -> str:
    """The text of an element, however deep it is nested."""
    parts: list[str] = []
    walk = iterwalk(element, events=("start", "end"))
    for event, one in walk:
        if event == "start" and one.tag in SKIPPED:
            walk.skip_subtree()
        elif event == "start":
            parts += [" " if one.tag in BLOCKS else "", one.text or ""]
        else:
            parts += [" " if one.tag in BLOCKS else "", (one.tail or "") if one is not element else ""]
    return "".join(parts)


def _lines(element: HtmlElement) -> str:
    """The text of a ``pre``, with its line breaks and blanks."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            parts.append("\n" if child.tag == "br" else _lines(child))
        parts.append(child.tail or "")
    return "".join(parts).replace("\r\n", "\n")
