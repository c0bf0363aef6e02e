"""The probability that a place supports a sentence that breaks none of the rules."""

from dataclasses import dataclass

from rag.calibration.scoring import logistic, weighted_sum
from rag.grounding.support import Judgement

_MOST_UNSAID = 2.0


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for or against: two of the ``Judgement``, ``unsaid`` bounded to 2, and the cosine of the sentence and
    its source.
    """

    unsaid: float
    left_out: float
    cosine: float


INTERCEPT, WEIGHTS = -1.0, Signals(unsaid=-10.0, left_out=2.0, cosine=4.5)
"""Of a logistic model, fitted by benchmarks/grounding.py."""
THRESHOLD = 0.8


def signals_of(judgement: Judgement, cosine: float) -> Signals:
    return Signals(min(judgement.unsaid, _MOST_UNSAID), judgement.left_out, cosine)


def probability(judgement: Judgement, cosine: float) -> float:
    """Between 0 and 1."""
    return logistic(INTERCEPT + weighted_sum(WEIGHTS, signals_of(judgement, cosine)))
