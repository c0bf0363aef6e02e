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
    overlaps = [min(end, span.end) - max(start, span.start) for start, end in sentences]
    if not overlaps or max(overlaps) <= 0:
        return None
    first = last = overlaps.index(max(overlaps))
    while last + 1 < len(sentences) and overlaps[last + 1] > 0 and "\n" not in text[sentences[last][1] : span.end]:
        last += 1
    introduction = _introduction(text, sentences, first)
    if introduction is not None:
        first = introduction
    elif first > 0 and _LEANS_ON_THE_ONE_BEFORE.match(text, sentences[first][0]):
        first -= 1
    start, end = sentences[first][0], sentences[last][1]
    if introduction is not None or text[start:end].endswith(":"):
        end = max(end, list_end(text, sentences, first if introduction is not None else last))
    short_answer = text[max(start, span.start) : min(end, span.end)]
    offset = evidence.chunk.start
    return Quote(offset + start, offset + end, text[start:end], short_answer)


def _introduction(text: str, sentences: list[tuple[int, int]], item: int) -> int | None:
    """The sentence that introduces the list of which ``item`` is a bulleted fragment, if it is in the passage."""
    if text[slice(*sentences[item])].endswith((".", "!", "?")):
        return None  # an item that is a sentence stands alone
    for i in range(item, -1, -1):
        start, end = sentences[i]
        if i < item and text[start:end].endswith(":"):
            return i
        if not _BULLET.match(text, text.rfind("\n", 0, start) + 1):
            return None
    return None
