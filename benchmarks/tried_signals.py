"""Signals for a passage that were tried beside ``rag.calibration.signals.PassageSignals`` and are not used."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.retrieval.types import ScoredPassage
from rag.retrieval.variants import QueryVariant
from rag.text.tokens import content_stems
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, embedding_input

_FEEDBACK_PASSAGES = 3
_MANY_TERMS = 10


@dataclass(frozen=True, slots=True)
class TriedSignals:
    """``text`` is the cosine of question and passage where the heading is left out of what is embedded. ``heading`` is
    the share of the question's terms in the heading (a field of its own in the lexical leg), ``around`` the mean cosine
    of the passages before and after, ``feedback`` the cosine with the mean of the search's first three passages
    (pseudo-relevance feedback: Rocchio, 1971). The last four let the legs' weights follow from the query and from the
    scores: ``cosine_terms`` and ``bm25_terms`` are the two scores times a tenth of the number of the question's terms,
    ``cosine_lead`` and ``bm25_lead`` times how far the leg's best passage is ahead of the mean.
    """

    text: float
    heading: float
    around: float
    feedback: float
    cosine_terms: float
    bm25_terms: float
    cosine_lead: float
    bm25_lead: float


def tried_signals(
    knowledge: KnowledgeStore, variant: QueryVariant, passages: Sequence[ScoredPassage]
) -> list[TriedSignals]:
    """The signals of each passage."""
    asked, *texts = knowledge.embedder.embed([variant.text, *(item.chunk.text for item in passages)])
    chunks = [item.chunk for item in passages]
    with knowledge.view() as view:
        stored = [one for document in {chunk.document for chunk in chunks} for one in view.chunks(document, EVERYTHING)]
    near = {chunk.id + step for chunk in chunks for step in (-1, 0, 1)}
    beside = [one for one in stored if one.id in near]
    embedded = knowledge.embedder.embed([embedding_input(one.heading, one.text) for one in beside])
    vectors = {one.id: vector for one, vector in zip(beside, embedded, strict=True)}
    document = {one.id: one.document for one in beside}

    def around(place: int) -> float:
        chunk = chunks[place]
        beside = [i for i in (chunk.id - 1, chunk.id + 1) if document.get(i) == chunk.document]
        return float(np.mean([asked @ vectors[i] for i in beside or [chunk.id]]))

    fused = sorted(passages, key=lambda item: -item.passage.score)
    feedback = np.mean([vectors[item.chunk.id] for item in fused[:_FEEDBACK_PASSAGES]], axis=0)
    cosine, bm25 = (np.array([getattr(item.signals, leg) for item in passages]) for leg in ("cosine", "bm25"))
    terms = len(variant.terms.weights) / _MANY_TERMS
    return [
        TriedSignals(
            float(asked @ texts[place]),
            variant.terms.share(frozenset(content_stems(chunk.heading))),
            around(place),
            float(feedback @ vectors[chunk.id]),
            cosine[place] * terms,
            bm25[place] * terms,
            cosine[place] * _lead(cosine),
            bm25[place] * _lead(bm25),
        )
        for place, chunk in enumerate(chunks)
    ]


def _lead(scores: NDArray[np.float64]) -> float:
    return float(scores.max() - scores.mean())
