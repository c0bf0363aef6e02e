"""Linear scores and logistic models: one weight a signal."""

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Generic, TypeVar

from rag.calibration.signals import AnswerSupportSignals, CertaintySignals, SupportSignals

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Signals = TypeVar("Signals", bound="DataclassInstance")


def weighted_sum(weights: Signals, signals: Signals) -> float:
    """The sum of the products, field by field, of two instances of a dataclass of numbers."""
    return float(sum(getattr(weights, field.name) * getattr(signals, field.name) for field in fields(signals)))


def logistic(logit: float) -> float:
    """Between 0 and 1."""
    return 1.0 / (1.0 + math.exp(-logit))


@dataclass(frozen=True, slots=True)
class LogisticModel(Generic[Signals]):
    """The probability of what ``signals`` speak for."""

    intercept: float
    weights: Signals

    def probability(self, signals: Signals) -> float:
        """Between 0 and 1."""
        return logistic(self.intercept + weighted_sum(self.weights, signals))


@dataclass(frozen=True, slots=True)
class CertaintyModel(LogisticModel[CertaintySignals]):
    """The probability that what would be answered is right; from ``threshold`` on nine in ten of the answers are."""

    threshold: float


@dataclass(frozen=True, slots=True)
class SupportModel(LogisticModel[SupportSignals]):
    """The probability that a place supports a sentence that breaks none of the rules; from ``threshold`` on it does."""

    threshold: float


@dataclass(frozen=True, slots=True)
class AnswerSupportModel(LogisticModel[AnswerSupportSignals]):
    """The probability that a place supports a sentence which repeats the question with the answer that the reader found
    there; from ``threshold`` on it does.
    """

    threshold: float
