"""The passages of one question, read: what the reader and the embedding model find in them, best first."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ingest.sentences import sentence_spans
from rag.calibration.scoring import weighted_sum
from rag.reader.types import AnswerSpan, Reader
from rag.retrieval.terms import Terms, terms_of
from rag.text.words import words_of
from vectorstore.sqlite.knowledge import KnowledgeBase
from vectorstore.types import EVERYTHING, Chunk, Embedder, Passage, Scope, Vectors

_MARGIN_BOUND = 10.0
_SHORTEST_REST = 0.3


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """``text[start:end]`` of a passage, with the cosine of the question and the sentence under its heading."""

    start: int
    end: int
    closeness: float


@dataclass(frozen=True, slots=True)
class PassageSignals:
    """What speaks for a passage. ``cosine`` is the search's.

    ``bm25`` is divided by the sum of the question's term weights. ``sentence`` is the cosine of the closest sentence
    and ``words`` the share of the question's terms in the sentence that holds most of them. ``margin`` is the reader's,
    bounded to 10. ``aspect`` is the cosine of the question and the heading without what both say of the subject, the
    heading's first part: what is asked about it, and what is told. Without a heading below the subject it is 1 where
    the subject says all that is asked, else the mean of the passages that have one.
    """

    cosine: float
    bm25: float
    sentence: float
    words: float
    margin: float
    aspect: float


RELEVANCE = PassageSignals(cosine=6.4, bm25=1.4, sentence=5.0, words=3.6, margin=0.19, aspect=10.1)
"""Weights of a linear score over the signals, fitted by benchmarks/reranking.py. Only differences between the passages
of one question mean something.
"""


@dataclass(frozen=True, slots=True)
class Wording:
    """A wording of the question, with its terms; ``weight`` is how much it counts beside the others."""

    text: str
    terms: Terms
    weight: float = 1.0


def wording_of(text: str, knowledge: KnowledgeBase, scope: Scope = EVERYTHING, weight: float = 1.0) -> Wording:
    """``text`` with its terms, by how rare they are within ``scope``."""
    frequencies = partial(knowledge.frequencies, scope=scope)
    return Wording(text, terms_of(text, frequencies, knowledge.count(scope)), weight)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage with its sentences, the reader's best spans in it, and its score among the passages of the question."""

    passage: Passage
    spans: tuple[AnswerSpan, ...]
    sentences: tuple[ReadSentence, ...]
    signals: PassageSignals
    score: float

    @property
    def chunk(self) -> Chunk:
        return self.passage.chunk

    @property
    def margin(self) -> float:
        """The best span's margin over "no answer here", bounded; the lower bound when there is no span."""
        return self.signals.margin


def weigh(
    wordings: Sequence[Wording], passages: Sequence[Passage], reader: Reader, embedder: Embedder
) -> list[Evidence]:
    """Read all passages with every wording of the question and put them in order of ``RELEVANCE``.

    Scores and closeness are weighted means over the wordings; of each signal the largest counts. The spans are those
    of the first wording.
    """
    found = [reader.read(wording.text, [passage.chunk.text for passage in passages]) for wording in wordings]
    sentences = [
        [(start, end, _in_context(passage.chunk, start, end)) for start, end in sentence_spans(passage.chunk.text)]
        for passage in passages
    ]
    embedded = _Embedded(
        embedder,
        [
            *(wording.text for wording in wordings),
            *(text for passage in passages for text in (passage.chunk.subject, passage.chunk.heading)),
            *(text for of_one in sentences for *_, text in of_one),
        ],
    )
    asked = embedded.vectors([wording.text for wording in wordings])
    share = np.array([wording.weight for wording in wordings]) / sum(wording.weight for wording in wordings)
    aspects = _aspects(asked, [passage.chunk for passage in passages], embedded)
    evidence = []
    for number, (passage, of_one) in enumerate(zip(passages, sentences, strict=True)):
        spans = [of_wording[number] for of_wording in found]
        held = _held(passage.chunk, of_one)
        closeness = embedded.vectors([text for *_, text in of_one]) @ asked.T
        signals = [
            PassageSignals(
                passage.dense,
                passage.lexical / wording.terms.total,
                max(map(float, closeness[:, n]), default=passage.dense),
                max(map(wording.terms.share, held), default=0.0),
                bounded(spans[n][0].margin if spans[n] else -_MARGIN_BOUND),
                float(aspects[number, n]),
            )
            for n, wording in enumerate(wordings)
        ]
        evidence.append(
            Evidence(
                passage,
                spans[0],
                tuple(
                    ReadSentence(start, end, float(close))
                    for (start, end, _), close in zip(of_one, closeness @ share, strict=True)
                ),
                PassageSignals(*map(max, zip(*map(astuple, signals), strict=True))),
                float(share @ [weighted_sum(RELEVANCE, of_wording) for of_wording in signals]),
            )
        )
    return sorted(evidence, key=lambda item: -item.score)


class _Embedded:
    """Texts and their vectors, each text embedded once."""

    def __init__(self, embedder: Embedder, texts: Sequence[str]) -> None:
        self._places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        self._vectors = embedder.embed(list(self._places))

    def vectors(self, texts: Sequence[str]) -> Vectors:
        return self._vectors[[self._places[text] for text in texts]]


def _aspects(asked: Vectors, chunks: Sequence[Chunk], embedded: _Embedded) -> NDArray[np.float32]:
    """``PassageSignals.aspect`` of each chunk for each wording, of shape ``(chunks, wordings)``."""
    told = np.array([bool(chunk.section) for chunk in chunks])
    subjects = embedded.vectors([chunk.subject for chunk in chunks])
    headings = embedded.vectors([chunk.heading for chunk in chunks])
    questions_along, headings_along = subjects @ asked.T, np.sum(subjects * headings, axis=1, keepdims=True)
    rest = headings @ asked.T - questions_along * headings_along
    aspects = rest / _length_without(questions_along) / _length_without(headings_along)
    others = aspects[told].mean(axis=0) if told.any() else 0.0
    untold = np.where(1.0 - questions_along**2 < _SHORTEST_REST**2, 1.0, others)
    return np.where(told[:, np.newaxis], aspects, untold)


def _length_without(along: NDArray[np.float32]) -> NDArray[np.float32]:
    """How long the rest of a unit vector is that goes so far along another. A rest too short says nothing: it is
    bounded from below.
    """
    rest: NDArray[np.float32] = np.sqrt(np.maximum(1.0 - along**2, _SHORTEST_REST**2))
    return rest


def _in_context(chunk: Chunk, start: int, end: int) -> str:
    return f"{chunk.subject}: {chunk.text[start:end]}" if chunk.subject else chunk.text[start:end]


def bounded(margin: float) -> float:
    """A reader's margin without the extremes, which say no more than 10 does."""
    return max(-_MARGIN_BOUND, min(_MARGIN_BOUND, margin))


def _held(chunk: Chunk, sentences: Sequence[tuple[int, int, str]]) -> list[frozenset[str]]:
    """The stems of each sentence, with those of the heading."""
    heading = words_of(chunk.heading).content
    return [frozenset(heading + words_of(chunk.text[start:end]).content) for start, end, _ in sentences]
