"""Sentence boundaries with exact offsets, for cutting chunks, quoting and checking.

Marks that only end sentences ("。", "।", "؟") end them in any text; where a full stop does so tells Punkt, with what it
learned of the line's language.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import regex

from ingest.languages import ENGLISH, language_of, sentences_of

_REMEMBERED = 2_000
"""Characters of a line; thousands of longer ones would take more memory than time."""
_LINE = regex.compile(r"[^\n]+")
_MARKER = regex.compile(r"\s*(?:[-*•–]\s+)?(?P<number>\(?(?:\d{1,3}|[a-z])[.)]\s+)?")
_CLOSING = r"[\p{Pe}\p{Pf}\"']*"
_END = regex.compile(
    r"(?V1)(?:[\p{Sentence_Terminal}--[.．!?]]|(?<!\d)．(?!\d)|[!?](?=[\p{Han}\p{Hiragana}\p{Katakana}]))"
    rf"[\p{{Sentence_Terminal}}--[.]]*{_CLOSING}"
)
"""What ends a sentence whatever follows it, no space either, with what closes there."""
_SET_APART = regex.compile(r"「[^「」]*」|『[^『』]*』|（[^（）]*）")
"""What is said or added within a sentence that goes on behind it."""
_FULL_STOP_INSIDE = regex.compile(r"\.\W*\s")
_QUESTION = regex.compile(rf"[?？؟;՞፧]{_CLOSING}$")
_FINISHED = regex.compile(rf"\p{{Sentence_Terminal}}{_CLOSING}$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    r"""Start and end of each sentence in ``text``. A line break always ends a sentence; bullets are left out, numbers
    stay with their step.

    >>> text = "Dr. Smith came. He left.\n- An item\n1. A step."
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['Dr. Smith came.', 'He left.', 'An item', '1. A step.']
    """
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        offset = line.start()
        marker = _MARKER.match(line.group())
        skip = marker.end() if marker else 0
        said = line.group()[skip:]
        found = _in_line(said) if len(said) <= _REMEMBERED else _in_line.__wrapped__(said)
        own = [(offset + skip + start, offset + skip + end) for start, end in found]
        if own and marker and marker["number"]:
            own[0] = offset + marker.start("number"), own[0][1]
        spans += own
    return [(start, end) for start, end in spans if any(character.isalnum() for character in text[start:end])]


def is_question(sentence: str) -> bool:
    """Whether it ends with a question mark of any script."""
    return bool(_QUESTION.search(sentence))


def is_finished(sentence: str) -> bool:
    """Whether it ends as sentences do, and announces nothing: with a full stop, or another such mark of any script."""
    return bool(_FINISHED.search(sentence))


@lru_cache(maxsize=4096)
def _in_line(line: str) -> tuple[tuple[int, int], ...]:
    sentences = sentences_of(language_of(line) if _FULL_STOP_INSIDE.search(line) else ENGLISH)
    spans: list[tuple[int, int]] = []
    for start, end in _parts(line):
        spans += [(start + first, start + last) for first, last in _joined(sentences.spans(line[start:end]))]
    return tuple(spans)


def _parts(line: str) -> Iterator[tuple[int, int]]:
    """The stretches of ``line`` that end with marks which end sentences in any text."""
    apart = [match.span() for match in _SET_APART.finditer(line)]
    start = 0
    for mark in _END.finditer(line):
        if any(first < mark.start() < last for first, last in apart):
            continue
        yield start, mark.end()
        start = mark.end() + len(line[mark.end() :]) - len(line[mark.end() :].lstrip())
    if line[start:].strip():
        yield start, len(line)


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, those together that no blank parts: "Ext.: 2050"."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            start = joined.pop()[0]
        joined.append((start, end))
    return joined
