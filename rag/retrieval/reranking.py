"""The passages of one question, read: what the reader and the embedding model find in them, best first."""

from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from rag.calibration.scoring import weighted_sum
from rag.calibration.signals import PassageSignals
from rag.reader.spans import NO_SPAN
from rag.reader.types import PassageText, Reader
from rag.retrieval.hybrid import bears_name
from rag.retrieval.types import ReadSentence, ScoredPassage
from rag.retrieval.variants import QueryVariant
from rag.text.tokens import content_stems
from vectorstore.identifiers import names_in
from vectorstore.types import Chunk, Embedder, Passage, Vectors

_SHORTEST_REST = 0.3


def rerank(
    variants: Sequence[QueryVariant],
    passages: Sequence[Passage],
    reader: Reader,
    embedder: Embedder,
    weights: PassageSignals,
) -> list[ScoredPassage]:
    """Read all passages with every variant of the question, and put them in order of the sum of their signals, each
    by its weight.

    Scores and what the reader tells of passages and sentences are weighted means over the variants; of each
    signal the largest counts. The spans are those of the first variant.
    """
    texts = [PassageText.of(passage.chunk) for passage in passages]
    found = [reader.read(variant.text, texts) for variant in variants]
    chunks = [passage.chunk for passage in passages]
    embedded = _Embedded(embedder, [text for chunk in chunks for text in (chunk.subject, chunk.heading)])
    asked = embedder.embed_queries([variant.text for variant in variants])
    share = np.array([variant.weight for variant in variants]) / sum(variant.weight for variant in variants)
    aspects = _aspects(asked, variants, chunks, embedded)
    scored = []
    for number, (passage, text) in enumerate(zip(passages, texts, strict=True)):
        readings = [of_variant[number] for of_variant in found]
        belongs = share @ np.array([reading.sentences for reading in readings])
        held = _held(text)
        signals = [
            PassageSignals(
                passage.dense,
                passage.lexical / variant.terms.total,
                max(map(variant.terms.share, held), default=0.0),
                bounded(readings[n].spans[0].margin if readings[n].spans else NO_SPAN),
                float(aspects[number, n]),
                bounded(readings[n].relevance),
            )
            for n, variant in enumerate(variants)
        ]
        scored.append(
            ScoredPassage(
                passage,
                readings[0].spans,
                tuple(
                    ReadSentence(start, end, float(part))
                    for (start, end), part in zip(text.sentences, belongs, strict=True)
                ),
                float(share @ [reading.relevance for reading in readings]),
                PassageSignals(*map(max, zip(*map(astuple, signals), strict=True))),
                float(share @ [weighted_sum(weights, of_variant) for of_variant in signals]),
            )
        )
    return sorted(scored, key=lambda item: -item.score)


class _Embedded:
    """Texts and their vectors, each text embedded once."""

    def __init__(self, embedder: Embedder, texts: Sequence[str]) -> None:
        self._places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        self._vectors = embedder.embed(list(self._places))

    def vectors(self, texts: Sequence[str]) -> Vectors:
        return self._vectors[[self._places[text] for text in texts]]


def _aspects(
    asked: Vectors, variants: Sequence[QueryVariant], chunks: Sequence[Chunk], embedded: _Embedded
) -> NDArray[np.float32]:
    """``PassageSignals.aspect`` of each chunk for each variant, of shape ``(chunks, variants)``."""
    told = np.array([bool(chunk.section) for chunk in chunks])
    begins = np.array([chunk.begins for chunk in chunks])
    named = np.array([_named(variant, chunks) for variant in variants]).T
    subjects = embedded.vectors([chunk.subject for chunk in chunks])
    headings = embedded.vectors([chunk.heading for chunk in chunks])
    questions_along, headings_along = subjects @ asked.T, np.sum(subjects * headings, axis=1, keepdims=True)
    rest = headings @ asked.T - questions_along * headings_along
    aspects = rest / _length_without(questions_along) / _length_without(headings_along)
    others = aspects[told].mean(axis=0) if told.any() else 0.0
    untold = np.where(1.0 - questions_along**2 < _SHORTEST_REST**2, 1.0, others)
    opens = named & (begins | ~told)[:, np.newaxis]
    names = [names_in(variant.text) for variant in variants]
    bears = np.array([[bears_name(chunk, of_variant) for of_variant in names] for chunk in chunks])
    return np.where(opens | bears, 1.0, np.where(told[:, np.newaxis], aspects, untold))


def _named(variant: QueryVariant, chunks: Sequence[Chunk]) -> list[bool]:
    """Whether the subject of each says all that is asked, as "git-tag(1)" does of "What does git tag do?"; of several
    that do, only those with the fewest words.
    """
    subjects = [frozenset(content_stems(chunk.subject)) for chunk in chunks]
    naming = [bool(variant.terms.weights) and variant.terms.weights.keys() <= stems for stems in subjects]
    fewest = min((len(stems) for stems, names in zip(subjects, naming, strict=True) if names), default=0)
    return [names and len(stems) == fewest for stems, names in zip(subjects, naming, strict=True)]


def _length_without(along: NDArray[np.float32]) -> NDArray[np.float32]:
    """How long the rest of a unit vector is that goes so far along another. A rest too short says nothing: it is
    bounded from below.
    """
    rest: NDArray[np.float32] = np.sqrt(np.maximum(1.0 - along**2, _SHORTEST_REST**2))
    return rest


def bounded(margin: float) -> float:
    """A reader's margin without the extremes, which say no more than 10 does."""
    return max(NO_SPAN, min(-NO_SPAN, margin))


def _held(passage: PassageText) -> list[frozenset[str]]:
    """The stems of each sentence, with those of the heading."""
    heading = content_stems(passage.heading)
    return [frozenset(heading + content_stems(passage.text[start:end])) for start, end in passage.sentences]
