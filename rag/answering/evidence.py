"""The passages of one question, read: what the reader and the embedding model find in them, best first."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from ingest.sentences import sentence_spans
from rag.grounding.words import words_of
from rag.reader.types import AnswerSpan, Reader
from rag.retrieval.terms import Terms
from rag.scoring import weighted_sum
from vectorstore.types import Chunk, Embedder, Passage

_MARGIN_BOUND = 10.0


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
    bounded to 10.
    """

    cosine: float
    bm25: float
    sentence: float
    words: float
    margin: float


RELEVANCE = PassageSignals(cosine=4.2, bm25=1.9, sentence=4.1, words=3.9, margin=0.36)
"""Weights of a linear score over the signals, fitted by benchmarks/reranking.py. Only differences between the passages
of one question mean something.
"""


@dataclass(frozen=True, slots=True)
class Wording:
    """A wording of the question, with its terms; ``weight`` is how much it counts beside the others."""

    text: str
    terms: Terms
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage with its sentences, the reader's best spans in it, and its score among the passages of the question.

    ``heading`` is the cosine of the question and the passage's heading, 1 where it has none.
    """

    passage: Passage
    spans: tuple[AnswerSpan, ...]
    sentences: tuple[ReadSentence, ...]
    heading: float
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
    headings = [passage.chunk.heading for passage in passages if passage.chunk.heading]
    read = list(dict.fromkeys([*headings, *(text for of_one in sentences for *_, text in of_one)]))
    vectors = embedder.embed([*(wording.text for wording in wordings), *read])
    cosines = dict(zip(read, vectors[len(wordings) :] @ vectors[: len(wordings)].T, strict=True))
    share = np.array([wording.weight for wording in wordings]) / sum(wording.weight for wording in wordings)
    evidence = []
    for number, (passage, of_one) in enumerate(zip(passages, sentences, strict=True)):
        heading = passage.chunk.heading
        spans = [of_wording[number] for of_wording in found]
        held = _held(passage.chunk, of_one)
        signals = [
            PassageSignals(
                passage.dense,
                passage.lexical / wording.terms.total,
                max((float(cosines[text][n]) for *_, text in of_one), default=passage.dense),
                max(map(wording.terms.share, held), default=0.0),
                bounded(spans[n][0].margin if spans[n] else -_MARGIN_BOUND),
            )
            for n, wording in enumerate(wordings)
        ]
        evidence.append(
            Evidence(
                passage,
                spans[0],
                tuple(ReadSentence(start, end, float(cosines[text] @ share)) for start, end, text in of_one),
                float(cosines[heading] @ share) if heading else 1.0,
                PassageSignals(*map(max, zip(*map(astuple, signals), strict=True))),
                float(share @ [weighted_sum(RELEVANCE, of_wording) for of_wording in signals]),
            )
        )
    return sorted(evidence, key=lambda item: -item.score)


def _in_context(chunk: Chunk, start: int, end: int) -> str:
    about = chunk.heading.split(" > ")[0]
    return f"{about}: {chunk.text[start:end]}" if about else chunk.text[start:end]


def bounded(margin: float) -> float:
    """A reader's margin without the extremes, which say no more than 10 does."""
    return max(-_MARGIN_BOUND, min(_MARGIN_BOUND, margin))


def _held(chunk: Chunk, sentences: Sequence[tuple[int, int, str]]) -> list[frozenset[str]]:
    """The stems of each sentence, with those of the heading."""
    heading = words_of(chunk.heading).content
    return [frozenset(heading + words_of(chunk.text[start:end]).content) for start, end, _ in sentences]
