"""The extractive answer: the sentence that answers best, verbatim, with what it needs to be understood."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.calibration.scoring import weighted_sum
from rag.calibration.signals import SentenceSignals
from rag.grounding.places import introduces_list, list_end
from rag.reader.types import AnswerSpan
from rag.retrieval.reranking import bounded
from rag.retrieval.types import ReadSentence, ScoredPassage

_PASSAGES = 6
_FEWEST_WORDS = 3
"""Less says nothing by itself, nor do as many without a full stop: "Yes.", "Signs and symptoms"."""
MOST_CHARACTERS = 400
"""Of a quote that goes on after its first sentence."""
_SURE = 2.0
"""The margin from which the reader's words are the answer, so that no sentence has to be added."""
LEANS_ON_THE_ONE_BEFORE = re.compile(r"(?:It|Its|They|Their|This|These|Those|Such|He|She|However|But|Also)\b")
_BULLET = re.compile(r"\s*[-*•–]\s")
_PARAGRAPH = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim piece of a passage: ``start`` to ``end`` of its document's stored text.

    ``short_answer`` are the reader's words inside it, None where it marked none.
    """

    passage: ScoredPassage
    start: int
    end: int
    text: str
    short_answer: str | None


@dataclass(frozen=True, slots=True)
class SentenceCandidate:
    """A sentence that may be quoted: number ``chosen`` of a passage, ``place`` among those that say something, and the
    reader's best span in it.
    """

    passage: ScoredPassage
    chosen: int
    place: int
    span: AnswerSpan | None

    @property
    def text(self) -> str:
        sentence = self.passage.sentences[self.chosen]
        return self.passage.chunk.text[sentence.start : sentence.end]

    @property
    def margin(self) -> float:
        return bounded(self.span.margin if self.span else -math.inf)

    @property
    def tells(self) -> bool:
        """Whether the passage opens a text whose heading says what of its subject it tells."""
        return self.passage.chunk.opens and bool(self.passage.chunk.section)

    @property
    def signals(self) -> SentenceSignals:
        return SentenceSignals(
            self.passage.score,
            self.passage.sentences[self.chosen].closeness,
            self.margin,
            max(0.0, self.passage.signals.aspect) / (1 + self.place) if self.tells else 0.0,
        )


def extractive_answer(
    passages: Sequence[ScoredPassage], weights: SentenceSignals, most_characters: int = MOST_CHARACTERS
) -> Quote | None:
    """The sentence of the best passages with the largest sum of signals, each by its weight; None if there is no
    sentence that says anything. See docs/decisions/0009.

    A list is quoted with its introduction, "It ..." with the sentence before, and the opening of a text whose heading
    tells what is asked with the sentences after it, unless the reader is sure of some words in it.
    """
    candidates = candidates_of(passages)
    if not candidates:
        return None
    best = max(candidates, key=lambda candidate: weighted_sum(weights, candidate.signals))
    return _complete(best, most_characters)


def candidates_of(passages: Sequence[ScoredPassage]) -> list[SentenceCandidate]:
    """The sentences of the best passages that may be quoted."""
    return [candidate for passage in passages[:_PASSAGES] for candidate in _candidates(passage)]


def _candidates(passage: ScoredPassage) -> list[SentenceCandidate]:
    """Those of one passage: no questions and, unless there is nothing else or the reader would answer with
    them, nothing as short as "Key points" or "Yes.".
    """
    texts = [passage.chunk.text[sentence.start : sentence.end] for sentence in passage.sentences]
    spans = [_span_in(passage, sentence) for sentence in passage.sentences]
    told = [i for i, text in enumerate(texts) if not text.endswith("?")]
    saying = [i for i in told if _says_something(texts[i]) or ((span := spans[i]) and span.margin > 0.0)]
    return [SentenceCandidate(passage, i, place, spans[i]) for place, i in enumerate(saying or told)]


def _span_in(passage: ScoredPassage, sentence: ReadSentence) -> AnswerSpan | None:
    """The reader's best that lies in the sentence for the most part."""
    inside = [span for span in passage.spans if sentence.start <= (span.start + span.end) // 2 < sentence.end]
    return max(inside, key=lambda span: span.margin, default=None)


def _says_something(sentence: str) -> bool:
    return len(sentence.split()) >= _FEWEST_WORDS + (not sentence.endswith((".", "!", ":")))


def _complete(candidate: SentenceCandidate, most_characters: int) -> Quote:
    """The sentence with what it needs: the list's introduction and items, the sentence that "it" refers to, or what
    follows an opening.
    """
    chunk = candidate.passage.chunk
    sentences = [(sentence.start, sentence.end) for sentence in candidate.passage.sentences]
    text = chunk.text
    first = candidate.chosen
    end = sentences[first][1]
    introduction = _introduction(text, sentences, first)
    if introduction is not None:
        first = introduction
    elif first > 0 and LEANS_ON_THE_ONE_BEFORE.match(text, sentences[first][0]):
        first -= _says_something(text[slice(*sentences[first - 1])])
    start = sentences[first][0]
    listed = introduction if introduction is not None else candidate.chosen
    if introduction is not None or introduces_list(text, sentences, listed):
        end = max(end, list_end(text, sentences, listed))
    elif candidate.tells and candidate.place == 0 and candidate.margin < _SURE:
        end = _with_what_follows(text, sentences, candidate.chosen, most_characters)
    span = candidate.span
    words = text[max(start, span.start) : min(end, span.end)] if span else None
    return Quote(candidate.passage, chunk.start + start, chunk.start + end, text[start:end], words)


def _with_what_follows(text: str, sentences: Sequence[tuple[int, int]], first: int, most_characters: int) -> int:
    """The end of the sentence ``first`` with up to two more of its paragraph, if all are no longer than that."""
    start, end = sentences[first]
    for i in range(first + 1, min(first + 3, len(sentences))):
        following, stop = sentences[i]
        written = text[following:stop]
        apart = (
            _PARAGRAPH.search(text, end, following) or not written.endswith((".", "!")) or not _says_something(written)
        )
        if apart or stop - start > most_characters:
            break
        end = stop
    return end


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
