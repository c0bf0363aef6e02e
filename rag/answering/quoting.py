"""The extractive answer: the sentence that answers best, verbatim, with what it needs to be understood."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.evidence import Evidence, bounded
from rag.grounding.places import introduces_list, list_end
from rag.reader.types import AnswerSpan
from rag.scoring import weighted_sum

_PASSAGES = 6
_LEANS_ON_THE_ONE_BEFORE = re.compile(r"(?:It|Its|They|Their|This|These|Those|Such|He|She|However|But|Also)\b")
_BULLET = re.compile(r"\s*[-*•–]\s")


@dataclass(frozen=True, slots=True)
class SentenceSignals:
    """What speaks for a sentence. ``passage`` is its passage's score, ``closeness`` its cosine with the question (told
    what it is about by its subject) and ``margin`` that of the reader's span in it, bounded to 10. ``opening`` is how
    near it is to the opening of a text whose heading tells what is asked: the heading's aspect, divided by the
    sentence's place.
    """

    passage: float
    closeness: float
    margin: float
    opening: float


WORTH = SentenceSignals(passage=0.15, closeness=1.0, margin=0.04, opening=1.0)
"""Weights of a linear score over the signals; see docs/decisions/0009."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim piece of a passage: ``start`` to ``end`` of its document's stored text.

    ``short_answer`` are the reader's words inside it, None where it marked none.
    """

    evidence: Evidence
    start: int
    end: int
    text: str
    short_answer: str | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    evidence: Evidence
    chosen: int
    span: AnswerSpan | None


def quote_answer(evidence: Sequence[Evidence], worth: SentenceSignals = WORTH) -> Quote | None:
    """The sentence of the best passages that is worth most; None if there is no sentence that says anything.

    A list is quoted with its introduction, and "It ..." with the sentence before.
    """
    candidates = [candidate for item in evidence[:_PASSAGES] for candidate in _candidates(item)]
    if not candidates:
        return None
    return _complete(max(candidates, key=lambda candidate: weighted_sum(worth, _signals(candidate))))


def _candidates(item: Evidence) -> list[_Candidate]:
    found = []
    for i, sentence in enumerate(item.sentences):
        if not item.chunk.text[sentence.start : sentence.end].endswith("?"):
            spans = [span for span in item.spans if sentence.start <= (span.start + span.end) // 2 < sentence.end]
            found.append(_Candidate(item, i, max(spans, key=lambda span: span.margin, default=None)))
    return found


def _signals(candidate: _Candidate) -> SentenceSignals:
    item = candidate.evidence
    tells = item.chunk.opens and item.chunk.section
    return SentenceSignals(
        item.score,
        item.sentences[candidate.chosen].closeness,
        bounded(candidate.span.margin if candidate.span else -math.inf),
        max(0.0, item.signals.aspect) / (1 + candidate.chosen) if tells else 0.0,
    )


def _complete(candidate: _Candidate) -> Quote:
    """The sentence with what it needs: the list's introduction and items, or the sentence that "it" refers to."""
    chunk = candidate.evidence.chunk
    sentences = [(sentence.start, sentence.end) for sentence in candidate.evidence.sentences]
    text = chunk.text
    first = candidate.chosen
    end = sentences[first][1]
    introduction = _introduction(text, sentences, first)
    if introduction is not None:
        first = introduction
    elif first > 0 and _LEANS_ON_THE_ONE_BEFORE.match(text, sentences[first][0]):
        first -= 1
    start = sentences[first][0]
    listed = introduction if introduction is not None else candidate.chosen
    if introduction is not None or introduces_list(text, sentences, listed):
        end = max(end, list_end(text, sentences, listed))
    span = candidate.span
    words = text[max(start, span.start) : min(end, span.end)] if span else None
    return Quote(candidate.evidence, chunk.start + start, chunk.start + end, text[start:end], words)


def _introduction(text: str, sentences: Sequence[tuple[int, int]], item: int) -> int | None:
    """The sentence that introduces the list of which ``item`` is a bulleted fragment, if it is in the passage."""
    if text[slice(*sentences[item])].endswith((".", "!", "?")):
        return None  # an item that is a sentence stands alone
    for i in range(item, -1, -1):
        if i < item and introduces_list(text, sentences, i):
            return i
        if not _BULLET.match(text, text.rfind("\n", 0, sentences[i][0]) + 1):
            return None
    return None
