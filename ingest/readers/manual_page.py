"""Manual pages as ``man`` shows them: sections at the margin, text seven columns in, terms above what they mean."""

import re
from collections.abc import Sequence
from itertools import groupby

from ingest.readers.builder import DocumentBuilder
from ingest.readers.lines import unwrapped

_STEP = 7
"""Columns by which groff indents the text of a section, and what is said of a term."""
_NAMED = re.compile(r".*\s{3}\S+\([1-9]\w*\)")
"""How the first line ends, and the last one."""
_TERM_AND_TEXT = re.compile(r"\s*(?P<term>\S(?:.*?\S)??)\s{2,}(?=\S)")
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-‐]$")
_LEAST_INDENTED = 0.5
_FEWEST_LINES = 4
_SUBSECTION = 3


def is_manual_page(text: str) -> bool:
    """Whether a text is laid out as ``man`` does: half of its lines are one or two steps in, no line at the margin
    begins in lower case, and none stands between the columns of headings and text.
    """
    lines = [line for line in text.expandtabs().split("\n") if line.strip()]
    of_text = sum(_indent(line) in (_STEP, 2 * _STEP) for line in lines)
    headings = [line for line in lines if _indent(line) < _STEP]
    laid_out = all(_indent(line) == _SUBSECTION if line[0] == " " else not line[0].islower() for line in headings)
    return len(lines) >= _FEWEST_LINES and of_text >= _LEAST_INDENTED * len(lines) and laid_out


def add_manual_page(builder: DocumentBuilder, text: str, level: int = 2) -> None:
    """Its sections as headings from ``level`` on, its paragraphs, and its terms as entries."""
    lines = [line.rstrip() for line in text.expandtabs().split("\n")]
    said = [n for n, line in enumerate(lines) if line]
    for place in said[:1] + said[-1:]:
        if _NAMED.fullmatch(lines[place]):
            lines[place] = ""
    for is_heading, run in groupby(lines, lambda line: bool(line) and _indent(line) < _STEP):
        if is_heading:
            for line in run:
                builder.heading(level + bool(_indent(line)), line.rstrip(":"))
        else:
            _add(builder, list(run), _STEP)


def _add(builder: DocumentBuilder, lines: Sequence[str], indent: int) -> None:
    """Text ``indent`` columns in: paragraphs, and terms with what is said of them a step further in."""
    place = 0
    while place < len(lines):
        if not lines[place]:
            place += 1
        elif _said_of(lines, place, indent):
            with builder.listing(entries=True):
                while place < len(lines) and (said := _said_of(lines, place, indent)):
                    term, body, place = said
                    with builder.entry([term]):
                        _add(builder, body, indent + _STEP)
                    while place < len(lines) and not lines[place]:
                        place += 1
        else:
            end = place + 1
            while end < len(lines) and lines[end] and not _said_of(lines, end, indent):
                end += 1
            paragraph = lines[place:end]
            if min(map(_indent, paragraph)) > indent and len(paragraph) > 1:
                builder.code("\n".join(line[indent:] for line in paragraph))
            else:
                builder.paragraph(unwrapped(_rejoined(paragraph)))
            place = end


def _said_of(lines: Sequence[str], place: int, indent: int) -> tuple[str, list[str], int] | None:
    """The term in this line, the lines that tell of it and the place after them; None where it is none."""
    line = lines[place]
    if _indent(line) != indent or (place and lines[place - 1] and _indent(lines[place - 1]) == indent):
        return None
    beside = _TERM_AND_TEXT.match(line)
    if beside and beside.end() == indent + _STEP:
        term, body = beside["term"], [" " * beside.end() + line[beside.end() :]]
    elif place + 1 < len(lines) and _indent(lines[place + 1]) == indent + _STEP:
        term, body = line.strip(), []
    else:
        return None
    end = place + 1
    while end < len(lines) and (not lines[end] or _indent(lines[end]) >= indent + _STEP):
        body.append(lines[end])
        end += 1
    return term, body, end


def _rejoined(lines: Sequence[str]) -> list[str]:
    """The lines, with the words whole that were divided at their ends."""
    joined: list[str] = []
    for line in lines:
        if joined and _HYPHEN.search(joined[-1]) and line.lstrip()[:1].islower():
            rest, _, line = line.strip().partition(" ")
            joined[-1] = joined[-1][:-1] + rest
        if line.strip():
            joined.append(line)
    return joined


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
