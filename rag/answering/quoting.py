"""The extractive answer: the reader's span inside its own sentence, verbatim, with what that sentence needs to be
understood.
"""

import re
from dataclasses import dataclass

from ingest.sentences import sentence_spans
from rag.answering.evidence import Evidence
from rag.grounding.checker import list_end

_LEANS_ON_THE_ONE_BEFORE = re.compile(r"(?:It|Its|They|Their|This|These|Those|Such|He|She|However|But|Also)\b")
_BULLET = re.compile(r"\s*[-*•–]\s")


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim piece of a document: ``start`` to ``end`` of its stored text, with the answering words inside it."""

    start: int
    end: int
    text: str
    short_answer: str


def quote_answer(evidence: Evidence) -> Quote | None:
    """The sentence around the best span; a list is quoted with its introduction, and "It ..." with the sentence
    before.
    """
    if not evidence.spans:
        return None
    text = evidence.chunk.text
    span = evidence.spans[0]
    sentences = sentence_spans(text)
    touched = [i for i, (start, end) in enumerate(sentences) if start < span.end and end > span.start]
    if not touched:
        return None
    first, last = touched[0], touched[-1]
    introduction = _introduction(text, sentences, first)
    if introduction is not None:
        first = introduction
    elif first > 0 and _LEANS_ON_THE_ONE_BEFORE.match(text, sentences[first][0]):
        first -= 1
    start, end = sentences[first][0], sentences[last][1]
    if text[start:end].endswith(":") or introduction is not None:
        end = max(end, list_end(text, sentences, first if introduction is not None else last))
    offset = evidence.chunk.start
    return Quote(offset + start, offset + end, text[start:end], text[span.start : span.end])


def _introduction(text: str, sentences: list[tuple[int, int]], item: int) -> int | None:
    """The sentence that introduces the list of which ``item`` is a bulleted line, if it is in the passage."""
    for i in range(item, -1, -1):
        start, end = sentences[i]
        if i < item and text[start:end].endswith(":"):
            return i
        if not _BULLET.match(text, text.rfind("\n", 0, start) + 1):
            return None
    return None
