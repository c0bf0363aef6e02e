"""Sentence selection: which sentence of the passages answers best."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.sentences import is_finished, is_question
from rag.calibration.scoring import weighted_sum
from rag.calibration.signals import SentenceSignals
from rag.reader.types import AnswerSpan
from rag.retrieval.reranking import bounded
from rag.retrieval.types import ReadSentence, ScoredPassage
from rag.text.tokens import Kind, content_stems, tokens_of, word_count
from vectorstore.blocks import is_row
from vectorstore.identifiers import whole

_PASSAGES = 6
_FEWEST_WORDS = 3
"""Less says nothing by itself, nor do as many without a full stop: "Yes.", "Signs and symptoms"."""
_FEWEST_SHARED = 2
"""Words of a question that two sentences on the same have in common with it."""
_CELLS = "; "
_CLAUSE = re.compile(r"(?:\(?\d+[.)]|\d+(?:\.\d+)+\.?|§+ ?\d+\w*)\s+(?=[^\W\d_a-z])")
"""The number of a clause or a step, as in "2.4 Smoking is forbidden"."""
LEANS_ON_THE_ONE_BEFORE = re.compile(r"(?:It|Its|They|Their|This|These|Those|Such|He|She|However|But|Also)\b")

_IN_PARENTHESES = re.compile(r"\([^()]*\)")
"""What a heading says beside the name: "(default: $roll.wait)"."""


@dataclass(frozen=True, slots=True)
class SentenceCandidate:
    """A sentence that may be quoted: number ``chosen`` of a passage, and the reader's best span in it."""

    passage: ScoredPassage
    chosen: int
    span: AnswerSpan | None

    @property
    def start(self) -> int:
        """Where it begins in its document's text."""
        return self.passage.chunk.start + self.passage.sentences[self.chosen].start

    @property
    def end(self) -> int:
        return self.passage.chunk.start + self.passage.sentences[self.chosen].end

    @property
    def text(self) -> str:
        sentence = self.passage.sentences[self.chosen]
        return self.passage.chunk.text[sentence.start : sentence.end]

    @property
    def short_answer(self) -> str | None:
        """The reader's words in it, of a row the value that they begin with; None where it marked none, and where it
        marked but the number of a clause, or a row from its beginning.
        """
        if self.span is None:
            return None
        sentence = self.passage.sentences[self.chosen]
        words = self.passage.chunk.text[max(sentence.start, self.span.start) : min(sentence.end, self.span.end)]
        words = words.strip()
        if is_row(self.text) and (_CELLS in words or self.text.startswith(words)):
            return None if self.text.startswith(words) else words.partition(_CELLS)[0].rpartition(": ")[2]
        clause = _CLAUSE.match(self.text)
        return None if not words or (clause and clause[0].startswith(words)) else words

    @property
    def margin(self) -> float:
        return bounded(self.span.margin if self.span else -math.inf)

    @property
    def belongs(self) -> float:
        """The reader's log-odds that it belongs to the answer."""
        return self.passage.sentences[self.chosen].belongs

    @property
    def signals(self) -> SentenceSignals:
        return SentenceSignals(self.passage.score, self.margin, bounded(self.belongs))


def ranked(
    passages: Sequence[ScoredPassage], weights: SentenceSignals, names: Sequence[str] = ()
) -> list[SentenceCandidate]:
    """The sentences of the best passages that may be quoted, the one with the largest sum of signals, each by its
    weight, first. See docs/decisions/0009.

    Before all others come those that belong to the answer in passages that hold one of the ``names`` as they are
    written in the question, or stand under it.
    """
    forms = [whole(name) for name in names]
    bearing = {one.chunk.id for one in passages[:_PASSAGES] if any(form.search(_told(one)) for form in forms)}

    def order(candidate: SentenceCandidate) -> tuple[bool, float]:
        first = candidate.belongs > 0.0 and candidate.passage.chunk.id in bearing
        return not first, -weighted_sum(weights, candidate.signals)

    return sorted(candidates_of(passages), key=order)


def said_alike(candidates: Sequence[SentenceCandidate], question: str) -> list[SentenceCandidate]:
    """The candidates; where the first one denies what ``question`` does not, or the reverse, another one first that
    holds as much of the question, in the same document, and does not: "contain nuts" before "contain no nuts".
    """
    if not candidates or _denies(question) == _denies(candidates[0].text):
        return list(candidates)
    best, *others = candidates
    asked = frozenset(content_stems(question))
    held = asked.intersection(content_stems(best.text))
    if len(held) < _FEWEST_SHARED:
        return list(candidates)
    for other in others:
        is_near = other.passage.chunk.document == best.passage.chunk.document
        if is_near and _denies(other.text) == _denies(question) and held <= frozenset(content_stems(other.text)):
            return [other, *(one for one in candidates if one is not other)]
    return list(candidates)


def _denies(text: str) -> bool:
    return any(token.kind is Kind.NEGATION for token in tokens_of(text))


def _told(passage: ScoredPassage) -> str:
    """Its text below the names that it stands under."""
    return f"{_IN_PARENTHESES.sub('', passage.chunk.heading)}\n{passage.chunk.text}"


def candidates_of(passages: Sequence[ScoredPassage]) -> list[SentenceCandidate]:
    """The sentences of the best passages that may be quoted."""
    return [candidate for passage in passages[:_PASSAGES] for candidate in _candidates(passage)]


def _candidates(passage: ScoredPassage) -> list[SentenceCandidate]:
    """Those of one passage: no questions and, unless there is nothing else or the reader would answer with
    them, nothing as short as "Key points" or "Yes.".
    """
    texts = [passage.chunk.text[sentence.start : sentence.end] for sentence in passage.sentences]
    spans = [_span_in(passage, sentence) for sentence in passage.sentences]
    told = [i for i, text in enumerate(texts) if not is_question(text)]
    saying = [i for i in told if _says_something(texts[i]) or ((span := spans[i]) and span.margin > 0.0)]
    return [SentenceCandidate(passage, i, spans[i]) for i in saying or told]


def _span_in(passage: ScoredPassage, sentence: ReadSentence) -> AnswerSpan | None:
    """The reader's best that lies in the sentence for the most part."""
    inside = [span for span in passage.spans if sentence.start <= (span.start + span.end) // 2 < sentence.end]
    return max(inside, key=lambda span: span.margin, default=None)


def _says_something(sentence: str) -> bool:
    return word_count(sentence) >= _FEWEST_WORDS + (not (is_finished(sentence) or sentence.endswith((":", "："))))
