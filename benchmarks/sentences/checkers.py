"""Checkers of a sentence, to be compared."""

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.sentences.cases import Case
from rag.calibration.numbers import shipped_calibration
from rag.calibration.scoring import SupportModel
from rag.calibration.signals import SupportSignals
from rag.grounding.asked import AnswersAsRead
from rag.grounding.rules import RuleCheck, RuleChecker
from rag.grounding.types import Place, Reason, Verdict
from rag.reader.types import PassageText, Reader, SupportReader
from rag.reader.types import Support as SupportOfReader
from rag.text.tokens import tokens_of
from vectorstore.types import Embedder, Vectors

Checks = Callable[[Case, Place | None], Verdict]
"""The verdict on a case's sentence, told where the sentence before it is supported."""
Opens = Callable[[Case], RuleCheck]
"""The check of a case's passages, with what the reader found in them."""

_OVERLAP = 0.9
_LIKELY = 0.5
_SURE = 0.9
_TURNS = 4
_REASONS = get_args(Reason)
_GUARDS: frozenset[Reason] = frozenset({"number", "name", "negation", "opposite"})


class NoMeaning:
    """An embedder to which no two texts are alike."""

    fingerprint = "none"
    dimension = 512

    def embed(self, texts: list[str]) -> Vectors:
        vectors = np.random.default_rng(1).standard_normal((len(texts), self.dimension), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def embed_queries(self, texts: list[str]) -> Vectors:
        return self.embed(texts)


def opened(embedder: Embedder, reader: Reader | None, as_read: AnswersAsRead | None = None) -> Opens:
    checker = RuleChecker(embedder, shipped_calibration().support, as_read)

    @functools.cache
    def opens(case: Case) -> RuleCheck:
        asked = [PassageText.of(chunk) for chunk in case.chunks] if case.question else []
        found = [reading.spans for reading in reader.read(case.question, asked)] if reader else []
        return checker.on(case.chunks, case.question, found)

    return opens


def checked(opens: Opens, milliseconds: list[float] | None = None) -> Checks:
    """``milliseconds`` takes down how long the checks take; the reader's search for the answer is not theirs."""

    def checks(case: Case, after: Place | None) -> Verdict:
        check = opens(case)
        started = time.perf_counter()
        verdict = check(case.sentence, after)
        if milliseconds is not None:
            milliseconds.append((time.perf_counter() - started) * 1000.0)
        return verdict

    return checks


def read_alone(reader: SupportReader) -> Checks:
    """By what the reader says of each whole passage."""

    def checks(case: Case, after: Place | None) -> Verdict:
        del after
        said = reader.support([(case.sentence, chunk.text) for chunk in case.chunks])
        likely, n = max((support.supported, n) for n, support in enumerate(said))
        places = (Place(n, 0, len(case.chunks[n].text)),) if likely >= _LIKELY else ()
        return Verdict(places, likely)

    return checks


@dataclass(frozen=True, slots=True)
class ReadPlace:
    """A place where a sentence may stand, what the rules find there, and what the reader says of it."""

    place: Place
    vetoes: tuple[Reason, ...]
    signals: SupportSignals
    read: SupportOfReader


def read_places(opens: Opens, reader: SupportReader) -> Callable[[Case], tuple[ReadPlace, ...]]:
    """The places of each case, asked once."""

    @functools.cache
    def places(case: Case) -> tuple[ReadPlace, ...]:
        standing = list(opens(case).supports(case.sentence))
        said = reader.support([(case.sentence, source.premise) for source, _, _ in standing])
        return tuple(
            ReadPlace(Place(source.passage, source.start, source.end), support.vetoes, support.signals, read)
            for (source, _, support), read in zip(standing, said, strict=True)
        )

    return places


def ablation(
    places: Callable[[Case], Sequence[ReadPlace]], model: SupportModel, cases: Sequence[Case]
) -> dict[str, dict[str, int]]:
    """For each rule how many of ``cases`` it alone holds back, and how many of them are ``supported`` all the same."""
    found: dict[str, dict[str, int]] = {}
    for reason in _REASONS:
        held = [
            case.supported
            for case in cases
            if not any(_allowed(one, model, ()) for one in places(case))
            and any(_allowed(one, model, (reason,)) for one in places(case))
        ]
        found[reason] = {"held": len(held), "supported": sum(held)}
    return found


def _allowed(one: ReadPlace, model: SupportModel, ignored: Sequence[Reason]) -> bool:
    return set(one.vetoes) <= set(ignored) and model.probability(one.signals) >= model.threshold


def read_with_guards(places: Callable[[Case], Sequence[ReadPlace]]) -> Checks:
    """By what the reader says of each place, but for the plainest of the rules."""

    def checks(case: Case, after: Place | None) -> Verdict:
        del after
        allowed = [one for one in places(case) if _GUARDS.isdisjoint(one.vetoes)]
        best = max(allowed, key=lambda one: one.read.supported, default=None)
        likely = best.read.supported if best else 0.0
        return Verdict((best.place,) if best and likely >= _LIKELY else (), likely)

    return checks


def combined(
    rules: Checks, places: Callable[[Case], Sequence[ReadPlace]], fitting: Sequence[Case], *, read: bool
) -> Checks:
    """By the rules, and where they hold a sentence back by a logistic model of all that they find, fitted here: each
    broken rule speaks against the sentence as far as the cases say, and where it is ``read`` the reader for or against.
    """

    def rows(case: Case) -> NDArray[np.float64]:
        return np.array(
            [
                (
                    *astuple(one.signals),
                    *(reason in one.vetoes for reason in _REASONS),
                    *([one.read.log_odds] if read else []),
                )
                for one in places(case)
            ],
            np.float64,
        )

    known = [(table, case.supported) for case in fitting if len(table := rows(case))]
    chosen = [0] * len(known)  # of each sentence the place that speaks most for it, found by turns
    for _ in range(_TURNS):
        model = LogisticRegression(max_iter=2000)
        model.fit([table[n] for (table, _), n in zip(known, chosen, strict=True)], [yes for _, yes in known])
        chosen = [int(model.predict_proba(table)[:, 1].argmax()) for table, _ in known]

    def checks(case: Case, after: Place | None) -> Verdict:
        verdict = rules(case, after)
        table = rows(case)
        if verdict.places or not len(table):
            return verdict
        likely = model.predict_proba(table)[:, 1]
        best = int(likely.argmax())
        return Verdict((places(case)[best].place,) if likely[best] >= _SURE else (), float(likely[best]))

    return checks


def overlaps(case: Case, after: Place | None) -> Verdict:
    """Nine tenths of the words in one sentence."""
    del after
    keys = [token.key for token in tokens_of(case.sentence) if token.is_content]
    best, place = 0.0, None
    for n, chunk in enumerate(case.chunks):
        for sentence in chunk.text.split(". "):
            held = {token.key for token in tokens_of(sentence)}
            share = sum(key in held for key in keys) / max(1, len(keys))
            if share > best:
                best, place = share, Place(n, 0, len(chunk.text))
    return Verdict((place,) if place and best >= _OVERLAP else (), best)
