"""Does the check let true sentences through, and no others? Fits and tests the weights of ``rag.grounding.score``.

Sentences are derived from half of the articles of a SQuAD file and half of some files of MedQuAD to fit with, and from
the other halves and from three other data sets (long scientific articles, product reviews, forum posts) to test with.
"""

import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.data import unpack_medquad
from benchmarks.sentences.cases import Case, derive
from benchmarks.sentences.texts import medquad_texts, squad_texts
from rag.desk import open_embedder
from rag.grounding.checker import Checker
from rag.grounding.score import WEIGHTS, Weights, signals_of
from rag.grounding.tokens import tokens_of
from rag.reader.model import load_reader
from rag.reader.types import Reader
from rag.settings import load_settings
from vectorstore.types import Embedder, Vectors

Accepts = Callable[[Case], bool]

_EACH = 40
_MEDQUAD_FILES = 400
_OVERLAP = 0.9


class _NoMeaning:
    """An embedder to which no two texts are alike."""

    fingerprint = "none"
    dimension = 512

    def embed(self, texts: list[str]) -> Vectors:
        vectors = np.random.default_rng(1).standard_normal((len(texts), self.dimension), dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def run(data: Path, work: Path, each: int = _EACH, seed: int = 5) -> dict[str, Any]:
    """Fit on one part of the cases, ask every way of checking about the other."""
    settings = load_settings()
    embedder, reader = open_embedder(settings), load_reader(settings.reader.model)
    fitting, testing = _cases(data, work, each, seed)
    fitted = _fit(Checker(embedder), fitting)
    milliseconds: list[float] = []
    ways: dict[str, Accepts] = {
        "the check": _timed(_checked(embedder, reader), milliseconds),
        "without the reader": _checked(embedder, None),
        "without the embedding model": _checked(_NoMeaning(), reader),
        "nine tenths of the words in one sentence": _overlaps,
    }
    accepted = {name: [accepts(case) for case in testing] for name, accepts in ways.items()}
    return {
        "fitting": len(fitting),
        "testing": len(testing),
        "weights": {"shipped": _rounded(WEIGHTS), "fitted": _rounded(fitted)},
        "ways": {name: _rates(testing, passed) for name, passed in accepted.items()},
        "groups": _by(testing, accepted["the check"], lambda case: case.group),
        "kinds": {name: _shares(testing, passed) for name, passed in accepted.items()},
        "ms_a_sentence": {
            "median": round(statistics.median(milliseconds), 1),
            "p95": round(sorted(milliseconds)[int(0.95 * (len(milliseconds) - 1))], 1),
        },
    }


def _cases(data: Path, work: Path, each: int, seed: int) -> tuple[list[Case], list[Case]]:
    squad = squad_texts(data / "qa/squad2-part-a.json")
    medquad = medquad_texts(unpack_medquad(data, work / "medquad"), _MEDQUAD_FILES, seed)
    half, part = len(squad) // 2, len(medquad) // 2
    fitting = derive("SQuAD 2.0", squad[:half], each, fitting=True, seed=seed)
    fitting += derive("MedQuAD", medquad[:part], each, fitting=True, seed=seed)
    testing = derive("SQuAD 2.0, other articles", squad[half:], each, fitting=False, seed=seed)
    testing += derive("MedQuAD, other files", medquad[part:], each, fitting=False, seed=seed)
    for name, file in (
        ("COVID-QA", "covidqa"),
        ("reviews", "squadshifts-amazon"),
        ("forum posts", "squadshifts-reddit"),
    ):
        texts = squad_texts(data / f"qa/{file}.json")
        testing += derive(name, texts, each, fitting=False, seed=seed)
    return fitting, testing


def _checked(embedder: Embedder, reader: Reader | None) -> Accepts:
    checker = Checker(embedder)

    def accepts(case: Case) -> bool:
        found = reader.read(case.question, [chunk.text for chunk in case.chunks]) if reader and case.question else ()
        return bool(checker.on(case.chunks, case.question, found).check(case.sentence).places)

    return accepts


def _timed(accepts: Accepts, milliseconds: list[float]) -> Accepts:
    def measured(case: Case) -> bool:
        started = time.perf_counter()
        passed = accepts(case)
        if not case.question:  # the reader's time is the search's, not the check's
            milliseconds.append((time.perf_counter() - started) * 1000.0)
        return passed

    return measured


def _overlaps(case: Case) -> bool:
    keys = [token.key for token in tokens_of(case.sentence) if token.is_content]
    return any(
        sum(key in held for key in keys) >= _OVERLAP * len(keys)
        for chunk in case.chunks
        for held in [{token.key for token in tokens_of(sentence)} for sentence in chunk.text.split(". ")]
    )


def _fit(checker: Checker, cases: Sequence[Case]) -> Weights:
    """On what breaks no rule, the best place of each sentence; sentences made of questions have a way of their own."""
    rows, labels = [], []
    for case in cases:
        judged = [] if case.question else list(checker.on(case.chunks).judged(case.sentence))
        allowed = [signals_of(judgement, cosine) for _, _, judgement, cosine in judged if not judgement.vetoes]
        if allowed:
            rows.append(min(allowed))
            labels.append(case.supported)
    model = LogisticRegression(C=10.0, class_weight="balanced").fit(np.array(rows), labels)
    return Weights(float(model.intercept_[0]), *(float(weight) for weight in model.coef_[0]))


def _rounded(weights: Weights) -> dict[str, float]:
    return {name: round(getattr(weights, name), 2) for name in Weights.__slots__}


def _rates(cases: Sequence[Case], passed: Sequence[bool]) -> dict[str, float]:
    right = sum(case.supported for case, yes in zip(cases, passed, strict=True) if yes)
    low, high = _interval([case.supported for case, yes in zip(cases, passed, strict=True) if yes])
    return {
        "precision": round(right / max(1, sum(passed)), 4),
        "precision_low": low,
        "precision_high": high,
        "recall": round(right / max(1, sum(case.supported for case in cases)), 4),
    }


def _interval(outcomes: Sequence[bool], rounds: int = 1000) -> tuple[float, float]:
    """95 of 100 bootstrap samples have their mean in it."""
    draw = random.Random(1)
    means = sorted(statistics.fmean(draw.choices(outcomes, k=len(outcomes))) for _ in range(rounds if outcomes else 0))
    return (round(means[rounds // 40], 4), round(means[-rounds // 40], 4)) if means else (0.0, 1.0)


def _by(cases: Sequence[Case], passed: Sequence[bool], part: Callable[[Case], str]) -> dict[str, dict[str, float]]:
    groups: dict[str, list[tuple[Case, bool]]] = defaultdict(list)
    for case, yes in zip(cases, passed, strict=True):
        groups[part(case)].append((case, yes))
    return {name: _rates(*zip(*pairs, strict=True)) for name, pairs in groups.items()}


def _shares(cases: Sequence[Case], passed: Sequence[bool]) -> dict[str, dict[str, Any]]:
    """For each kind of sentence the share that was let through."""
    kinds: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for case, yes in zip(cases, passed, strict=True):
        kinds[(not case.supported, case.kind)].append(yes)
    return {
        kind: {"supported": not twisted, "cases": len(yes), "accepted": round(statistics.fmean(yes), 3)}
        for (twisted, kind), yes in sorted(kinds.items())
    }
