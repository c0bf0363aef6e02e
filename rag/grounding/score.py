"""The probability that a place supports a sentence that breaks none of the rules."""

from dataclasses import dataclass

from rag.grounding.judgement import Judgement
from rag.scoring import logistic

_MOST_UNSAID = 2.0


@dataclass(frozen=True, slots=True)
class Weights:
    """Of a logistic model over the signals of a ``Judgement`` and the cosine of the sentence and its source."""

    intercept: float
    unsaid: float
    unlike: float
    left_out: float
    cosine: float


WEIGHTS = Weights(intercept=-1.0, unsaid=-10.0, unlike=0.0, left_out=2.0, cosine=4.5)
"""Fitted by benchmarks/grounding.py."""
THRESHOLD = 0.8


def signals_of(judgement: Judgement, cosine: float) -> tuple[float, float, float, float]:
    """In the order of ``Weights``, each bounded."""
    return min(judgement.unsaid, _MOST_UNSAID), judgement.unlike, judgement.left_out, cosine


def probability(judgement: Judgement, cosine: float, weights: Weights = WEIGHTS) -> float:
    """Between 0 and 1."""
    weighted = (weights.unsaid, weights.unlike, weights.left_out, weights.cosine)
    signals = signals_of(judgement, cosine)
    logit = weights.intercept + sum(weight * signal for weight, signal in zip(weighted, signals, strict=True))
    return logistic(logit)
