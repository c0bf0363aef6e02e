"""Do the documents answer this question? One probability from seven signals, calibrated by benchmarks/abstention.py."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.calibration.scoring import logistic, weighted_sum
from rag.retrieval.reranking import Evidence, Wording
from rag.text.tokens import Kind, tokens_of
from rag.text.words import words_of

_MARGINS_FROM = 3
_NAMING = frozenset({Kind.NAME, Kind.NUMBER})
_LOWEST_MARGIN = -3.0


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for or against an answer.

    ``margin`` is the reader's best over the first three passages, from -3 to 10: what is lower says no more about the
    passages than about a kind of question that the reader was not trained on. ``similarity`` is the best cosine of the
    question and a passage, ``sentence`` that of the question and a sentence. Of the question's words, weighted by how
    rare they are, ``coverage`` is the share that the best passage or its heading holds, ``together`` the share that one
    sentence of it holds, and ``unknown`` the share that no stored passage holds. ``missing`` counts the
    names and numbers of the question that the best passage and its heading lack.
    """

    margin: float
    similarity: float
    sentence: float
    coverage: float
    together: float
    unknown: float
    missing: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model over the signals."""

    intercept: float
    weights: Signals

    def probability(self, signals: Signals) -> float:
        """Between 0 (the documents do not say) and 1."""
        return logistic(self.intercept + weighted_sum(self.weights, signals))


CALIBRATION = Calibration(
    -2.69,
    Signals(margin=0.22, similarity=0.39, sentence=3.34, coverage=-1.12, together=2.31, unknown=-1.11, missing=-0.86),
)


def signals_of(evidence: Sequence[Evidence], wordings: Sequence[Wording]) -> Signals:
    """The signals for ``evidence``, best first and not empty, that was read with ``wordings``."""
    best = evidence[0].chunk
    text = f"{best.heading}\n{best.text}"
    held = frozenset(words_of(text).content)
    return Signals(
        margin=max(_LOWEST_MARGIN, *(item.margin for item in evidence[:_MARGINS_FROM])),
        similarity=max(item.signals.cosine for item in evidence),
        sentence=max(item.signals.sentence for item in evidence),
        coverage=max(wording.terms.share(held) for wording in wordings),
        together=evidence[0].signals.words,
        unknown=max(wording.terms.unknown for wording in wordings),
        missing=min(_missing(wording.text, text) for wording in wordings),
    )


def _missing(question: str, text: str) -> int:
    held = {token.key for token in tokens_of(text)}
    # The first word has a capital letter whatever it is.
    return sum(token.kind in _NAMING and token.key not in held for token in tokens_of(question)[1:])
