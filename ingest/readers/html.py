"""HTML, and what is turned into HTML first (Markdown, DOCX), to headings, paragraphs, list items and table rows."""

import re
from collections.abc import Iterator, Sequence

from lxml import html
from lxml.etree import ParserError
from lxml.html import HtmlElement

from ingest.readers.base import DocumentBuilder, ReadDocument, ReadOptions, Refused
from ingest.readers.encoding import decode

SKIPPED = frozenset(
    """
    script style noscript template svg nav head iframe object select button textarea input
    """.split()
)
BLOCKS = frozenset(
    """
    address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer
    h1 h2 h3 h4 h5 h6 header hr html li main ol p pre section summary table tbody td tfoot th thead tr ul
    """.split()
)
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_LABEL = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*(?P<name>[\w.:-]+)""", re.IGNORECASE | re.ASCII)
_LABEL_WITHIN = 1024  # as browsers look for it (WHATWG HTML)
_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")


def read_html(data: bytes, _: ReadOptions) -> ReadDocument:
    text, encoding = decode_html(data)
    return html_to_document(text, {"encoding": encoding})


def decode_html(data: bytes) -> tuple[str, str]:
    """The markup, and the encoding it was in."""
    label = _LABEL.search(data[:_LABEL_WITHIN])
    return decode(data, label["name"].decode("ascii") if label else "")


def html_to_document(markup: str, metadata: dict[str, str]) -> ReadDocument:
    """The markup as a document of its own."""
    builder = DocumentBuilder()
    try:
        title = add_html(builder, markup)
    except ValueError as error:
        raise Refused("no text", "The page holds no text.") from error
    builder.title = title or builder.title
    return builder.build(metadata)


def add_html(builder: DocumentBuilder, markup: str) -> str:
    """Walk the markup's blocks in reading order; its title. Nothing it refers to is fetched.

    Raises ValueError where there is nothing to walk.
    """
    root = html_tree(markup)
    _Walker(builder).walk(root)
    return _SPACE.sub(" ", root.findtext(".//head/title") or "").strip()


def html_tree(markup: str) -> HtmlElement:
    """The markup's root element. Raises ValueError where it holds nothing."""
    try:
        return html.document_fromstring(_DECLARED.sub("", markup))
    except (ParserError, AssertionError) as error:
        raise ValueError from error


class _Walker:
    """Collects inline text until a block begins or ends, then hands it to the builder as one paragraph."""

    def __init__(self, builder: DocumentBuilder) -> None:
        self._builder = builder
        self._inline: list[str] = []
        self._prefix = ""  # the bullet of a list item, until its first words come

    def walk(self, element: HtmlElement) -> None:
        if not isinstance(element.tag, str) or element.tag in SKIPPED:
            return
        if element.tag == "br":
            self._inline.append("\n")
        elif element.tag in {"sup", "sub"}:
            self._inline.append(_raised(element))
        elif element.tag == "table" and not element.findall(".//table"):
            self._flush()
            for row in _rows(element):
                self._builder.paragraph(row)
        elif element.tag == "pre":
            self._flush()
            self._builder.paragraph(element.text_content())
        elif element.tag in BLOCKS:
            self._flush()
            if element.tag == "li":
                self._prefix = "- "
            self._inside(element)
            if element.tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
                self._builder.heading(int(element.tag[1]), self._take())
            else:
                self._flush()
        else:
            self._inside(element)

    def _inside(self, element: HtmlElement) -> None:
        self._inline.append(_SPACE.sub(" ", element.text or ""))
        for child in element:
            self.walk(child)
            self._inline.append(_SPACE.sub(" ", child.tail or ""))

    def _take(self) -> str:
        lines = "".join(self._inline).split("\n")
        self._inline = []
        return "\n".join(_SPACE.sub(" ", line).strip() for line in lines).strip()

    def _flush(self) -> None:
        text = self._take()
        if text:
            self._builder.paragraph(self._prefix + text)
            self._prefix = ""


def _raised(element: HtmlElement) -> str:
    """10<sup>6</sup> must not become 106: digits are raised or lowered in Unicode, other text stands apart."""
    text = element.text_content().strip()
    table = _SUPERSCRIPT if element.tag == "sup" else _SUBSCRIPT
    return text.translate(table) if text.isdecimal() else f" {text}"


def _cell(element: HtmlElement) -> str:
    """A cell's text; what stands in blocks or lines of its own does not run together."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in SKIPPED:
            apart = " " if child.tag == "br" or child.tag in BLOCKS else ""
            parts += [apart, _raised(child) if child.tag in {"sup", "sub"} else _cell(child), apart]
        parts.append(child.tail or "")
    return _SPACE.sub(" ", "".join(parts)).strip()


def _rows(table: HtmlElement) -> Iterator[str]:
    """Each row on one line, every cell under its column's header: a row still says what its numbers mean."""
    caption = table.find("caption")
    if caption is not None and _cell(caption):
        yield _cell(caption)
    rows = [[cell for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
    rows = [row for row in rows if row]
    head = next((n for n, row in enumerate(rows) if all(cell.tag == "th" for cell in row)), len(rows))
    texts = [[_cell(cell) for cell in row] for row in rows]
    yield from table_rows(texts[:head], header=False)
    yield from table_rows(texts[head:], header=True)


def table_rows(rows: Sequence[Sequence[str]], *, header: bool) -> Iterator[str]:
    """Each row of cells on one line; with a ``header`` as the first row, every cell under its column's name."""
    names = rows[0] if header and rows else []
    for row in rows[1:] if header else rows:
        cells = list(row)
        if len(names) == len(cells):
            cells = [f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True) if cell]
        line = "; ".join(cell for cell in cells if cell)
        if line:
            yield line + ("" if line.endswith((".", "!", "?")) else ".")
