"""Checkers of a sentence, to be compared."""

import time
from collections.abc import Callable

import numpy as np

from benchmarks.sentences.cases import Case
from rag.calibration.numbers import shipped_calibration
from rag.grounding.rules import RuleChecker
from rag.grounding.types import Place
from rag.reader.types import PassageText, Reader
from rag.text.tokens import tokens_of
from vectorstore.types import Embedder, Vectors

Finds = Callable[[Case, Place | None], Place | None]
"""Where a case's sentence is supported, or None; told where the sentence before it is."""

_OVERLAP = 0.9


class NoMeaning:
    """An embedder to which no two texts are alike."""

    fingerprint = "none"
    dimension = 512

    def embed(self, texts: list[str]) -> Vectors:
        vectors = np.random.default_rng(1).standard_normal((len(texts), self.dimension), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def checked(embedder: Embedder, reader: Reader | None) -> Finds:
    checker = RuleChecker(embedder, shipped_calibration().support)

    def finds(case: Case, after: Place | None) -> Place | None:
        asked = [PassageText.of(chunk) for chunk in case.chunks] if case.question else []
        found = [reading.spans for reading in reader.read(case.question, asked)] if reader else []
        places = checker.on(case.chunks, case.question, found)(case.sentence, after).places
        return places[-1] if places else None

    return finds


def timed(finds: Finds, milliseconds: list[float]) -> Finds:
    def measured(case: Case, after: Place | None) -> Place | None:
        started = time.perf_counter()
        place = finds(case, after)
        if not case.question:  # the reader's time is the search's, not the check's
            milliseconds.append((time.perf_counter() - started) * 1000.0)
        return place

    return measured


def overlaps(case: Case, after: Place | None) -> Place | None:
    del after
    keys = [token.key for token in tokens_of(case.sentence) if token.is_content]
    for n, chunk in enumerate(case.chunks):
        for sentence in chunk.text.split(". "):
            held = {token.key for token in tokens_of(sentence)}
            if sum(key in held for key in keys) >= _OVERLAP * len(keys):
                return Place(n, 0, len(chunk.text))
    return None
