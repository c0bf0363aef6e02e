"""Who wrote what in a message: what it quotes, or sends on below a header, stands under who wrote it and when."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

from lxml import etree
from lxml.html import HtmlElement

from ingest.readers.builder import DocumentBuilder
from ingest.readers.html import BLOCKS, LABEL
from ingest.readers.text import add_text

_QUOTED = "Quoted text"
_PREFIXES = re.compile(
    r"\s*(?:(?:re|aw|sv|vs|res|rif|ref|antw|odp|ynt|atb|hv|回复|回覆|答复|答覆|fwd?|wg|tr|rv|enc|i|doorst|pd|vb|vl|vá|ilt|trans|转发|轉寄)"
    r"(?:\[\d+\])?\s?[:：]\s*)+",
    re.IGNORECASE,
)
"""Before the subject of an answer, or of what is sent on, as mail programs write it."""
_MARKS = re.compile(r"(?:>[ ]?(?=>)|>)+")
_DEEPEST = 10
_MORE_THAN = re.compile(r"\s*\d")
_LABELLED = re.compile(r"[\s*_]*(?P<label>[^\W\d_][^:：\n]{0,24}?)[\s*_]*[:：][\s*_]*(?<=[\s*_])(?P<value>\S.*)")
_ADDRESS = re.compile(r"[^\s@<>\[\]():]+@[^\s@<>\[\]()]+\.\w+")
_MOMENT = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[:.]\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d\d")
_PARTING = re.compile(r"\s*(?:[-_=*]{3,}[^\n]*[-_=*]{3,}|[-_=*]{5,})\s*")
_FEWEST_HEADERS = 3
_MOST_HEADERS = 12
_LONGEST_LABEL = 200
_MOST_LINES = 3
_ENDS = (":", "：")
_MOST_ELEMENTS = 80
"""An element that holds more is more than a header."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without its marks, of which ``depth`` stood before it."""

    depth: int
    text: str


@dataclass(frozen=True, slots=True)
class _Header:
    """The header of a message that is sent on, between two lines; ``label`` says who wrote it and when."""

    start: int
    end: int
    label: str
    lines: tuple[str, ...]


def unprefixed(subject: str) -> str:
    """The subject of a message, which its answers have too.

    >>> unprefixed("AW: Fwd: Gate code")
    'Gate code'
    """
    return _PREFIXES.sub("", subject, count=1)


def add_written(
    builder: DocumentBuilder, text: str, subject: str, *, flowed: bool = False, joined: bool = False
) -> None:
    """The plain text of a message on ``subject``, with what is quoted in it ("> ..."), or sent on below a header.

    ``flowed`` lines go on below where they end with a blank, which is no part of them if they are ``joined`` (RFC
    3676).
    """
    lines = [_marked(line, flowed) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    _add(builder, _filled(_unflowed(lines, joined) if flowed else lines), 0, unprefixed(subject))


def _marked(line: str, flowed: bool) -> _Line:
    marks = _MARKS.match(line)
    if not marks:
        return _Line(0, line[1:] if flowed and line.startswith(" ") else line)
    text = line[marks.end() :]
    return _Line(min(marks[0].count(">"), _DEEPEST), text[1:] if text.startswith(" ") else text)


def _unflowed(lines: Sequence[_Line], joined: bool) -> list[_Line]:
    """Each paragraph on one line, with an empty one below it."""
    found: list[_Line] = []
    flows = False
    for line in lines:
        flowing = line.text.endswith(" ") and line.text != "-- "
        text = line.text[:-1] if flowing and joined else line.text
        if flows and found[-1].depth == line.depth:
            found[-1] = replace(found[-1], text=found[-1].text + text)
        else:
            found.append(replace(line, text=text))
        if flows and not flowing:
            found.append(_Line(line.depth, ""))
        flows = flowing
    return found


def _filled(lines: Sequence[_Line]) -> list[_Line]:
    """Empty lines between two that are quoted are quoted too."""
    filled = list(lines)
    before = 0
    empty: list[int] = []
    for number, line in enumerate(lines):
        if not line.text.strip() and not line.depth:
            empty.append(number)
            continue
        for place in empty:
            filled[place] = _Line(min(before, line.depth), "")
        before, empty = line.depth, []
    return filled


def _add(builder: DocumentBuilder, lines: Sequence[_Line], depth: int, subject: str) -> None:
    headers = list(_headers([line.text if line.depth == depth else "" for line in lines], subject))
    starts = [header.start for header in headers] + [len(lines)]
    _add_quoting(builder, lines[: starts[0]], depth, subject)
    for header, end in zip(headers, starts[1:], strict=True):
        with builder.under(header.label):
            with builder.table():
                builder.row("; ".join(header.lines))
            _add_quoting(builder, lines[header.end : end], depth, subject)


def _add_quoting(builder: DocumentBuilder, lines: Sequence[_Line], depth: int, subject: str) -> None:
    own: list[str] = []
    for quoted, run in groupby(lines, lambda line: line.depth > depth):
        found = list(run)
        if not quoted:
            own += [line.text for line in found]
            continue
        own, label = _attributed(own)
        if not label and len(found) == 1 and _MORE_THAN.match(found[0].text):  # "> 100 kg" is no quotation
            own.append(f"> {found[0].text}")
            continue
        add_text(builder, "\n".join(own))
        own = []
        with builder.under(label or _ascribed([line.text for line in found]) or _QUOTED):
            builder.paragraph(label)
            _add(builder, found, depth + 1, subject)
    add_text(builder, "\n".join(own))


def _attributed(lines: Sequence[str]) -> tuple[list[str], str]:
    """The lines without the last ones, if those say whose words follow ("On Monday Dana wrote:"), and these."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    start = end
    while start and end - start < _MOST_LINES and lines[start - 1].strip():
        start -= 1
    for first in range(end - 1, start - 1, -1):
        said = " ".join(" ".join(lines[first:end]).split())
        alone = first == 0 or not lines[first - 1].strip()
        if said.endswith(_ENDS) and len(said) <= _LONGEST_LABEL and (alone or first == start or _MOMENT.search(said)):
            return list(lines[:first]), said
    return list(lines), ""


def _ascribed(lines: Sequence[str]) -> str:
    """The first lines of a quotation, if they say whose words follow."""
    said = ""
    for line in islice(filter(str.strip, lines), _MOST_LINES):
        said = f"{said} {line.strip()}".strip()
        if said.endswith(_ENDS):
            return said if len(said) <= _LONGEST_LABEL else ""
    return ""


def _headers(lines: Sequence[str], subject: str) -> Iterator[_Header]:
    """Lines with labels that stand together, tell a moment, and begin with an address, have the subject, or stand below
    a line that parts them from what is above.
    """
    place = 0
    while place < len(lines):
        end = place
        while end < len(lines) and _LABELLED.fullmatch(lines[end].rstrip()):
            end += 1
        above = place - 1
        while above >= 0 and not lines[above].strip():
            above -= 1
        found = [one for one in map(_LABELLED.fullmatch, lines[place:end]) if one]
        answers = bool(subject) and any(unprefixed(one["value"].strip()) == subject for one in found)
        parted = above >= 0 and (bool(_PARTING.fullmatch(lines[above])) or lines[above].rstrip().endswith(_ENDS))
        own = tuple(" ".join(line.split()) for line in lines[place:end])
        if _FEWEST_HEADERS <= len(own) <= _MOST_HEADERS and (label := _label(own, parted or answers)):
            start = above if above >= 0 and _PARTING.fullmatch(lines[above]) else place
            yield _Header(start, end, label, own)
        place = max(end, place + 1)


def _label(lines: Sequence[str], is_header: bool) -> str:
    """Who wrote it, in the first line with an address or the first of all, and when; empty where it is no header."""
    moment = next((line for line in lines if _MOMENT.search(line)), "")
    if not moment or not (is_header or _ADDRESS.search(lines[0])):
        return ""
    author = next((line for line in lines if _ADDRESS.search(line)), lines[0])
    return "; ".join(dict.fromkeys((author, moment)))


# As HTML


def mark_quotations(tree: HtmlElement, subject: str) -> None:
    """Mark what a message on ``subject`` quotes or sends on by who said it; what follows a header gets an element."""
    for quotation in tree.iter("blockquote"):
        quotation.set(LABEL, _before(quotation) or _QUOTED)
    headers: list[tuple[HtmlElement, str]] = []
    inside: set[HtmlElement] = set()
    for element in tree.iter("p", "div", "table"):
        if element not in inside and (label := _header_in(element, unprefixed(subject))):
            headers.append((element, label))
            inside.update(element.iter())
    holders: set[HtmlElement] = set()
    for element, label in reversed(headers):
        _put_below(element, label, holders)


def _header_in(element: HtmlElement, subject: str) -> str:
    """The label of the header that an element is, and nothing else; empty where it is none."""
    if len(list(islice(element.iter(), _MOST_ELEMENTS))) == _MOST_ELEMENTS:
        return ""
    lines = [line for line in _lines_of(element) if line.strip()]
    parted = bool(lines) and (bool(_PARTING.fullmatch(lines[0])) or lines[0].rstrip().endswith(_ENDS))
    first = next(_headers(lines, subject), None)
    whole = first and first.end == len(lines) and (first.start == 0 or (parted and first.start == 1))
    return first.label if first and whole else ""


def _put_below(header: HtmlElement, label: str, holders: set[HtmlElement]) -> None:
    """Put the header, and what follows it up to the next one's, into an element that is one of the ``holders`` then."""
    top = header
    while (above := top.getparent()) is not None and above.tag not in ("body", "html") and not _is_followed(top):
        if (above.text or "").strip() or any(_lines_said(one) for one in top.itersiblings(preceding=True)):
            break
        top = above
    parent = top.getparent()
    if parent is None:
        return
    holder = etree.SubElement(parent, "blockquote", {LABEL: label})
    parent.insert(parent.index(top), holder)
    holders.add(holder)
    for one in [top, *top.itersiblings()]:
        if one in holders:
            break
        holder.append(one)


def _is_followed(element: HtmlElement) -> bool:
    return bool((element.tail or "").strip()) or any(_lines_said(one) for one in element.itersiblings())


def _lines_said(element: HtmlElement) -> bool:
    return bool(element.text_content().strip() or (element.tail or "").strip())


def _before(element: HtmlElement) -> str:
    """The line right before an element, if it says whose words follow."""
    place = element
    for _ in range(_DEEPEST):
        said: list[str] = []
        for one in place.itersiblings(preceding=True):
            said = [*_lines_of(one), *(one.tail or "").split("\n")]
            if any(line.strip() for line in said):
                break
        else:
            parent = place.getparent()
            if parent is None or parent.tag == "body":
                return ""
            said = (parent.text or "").split("\n")
            if not any(line.strip() for line in said):
                place = parent
                continue
        label = " ".join(next(line for line in reversed(said) if line.strip()).split())
        return label if label.endswith(_ENDS) and len(label) <= _LONGEST_LABEL else ""
    return ""


def _lines_of(element: HtmlElement) -> list[str]:
    """The text of an element, what stands in blocks or lines of its own in lines of its own."""
    parts: list[str] = []

    def tell(one: HtmlElement) -> None:
        apart = one.tag == "br" or (one.tag in BLOCKS and one.tag not in ("td", "th"))
        parts.append("\n" if apart else " " if one.tag in ("td", "th") else "")
        parts.append(" ".join((one.text or " ").split(" ")).replace("\n", " "))
        for inner in one:
            if isinstance(inner.tag, str):
                tell(inner)
            parts.append((inner.tail or "").replace("\n", " "))
        parts.append("\n" if apart else "")

    tell(element)
    return "".join(parts).split("\n")
