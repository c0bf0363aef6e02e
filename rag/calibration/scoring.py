"""Linear scores: one weight a signal, fitted by the benchmarks."""

import math
from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Signals = TypeVar("Signals", bound=DataclassInstance)


def weighted_sum(weights: "Signals", signals: "Signals") -> float:
    """The sum of the products, field by field, of two instances of a dataclass of numbers."""
    return float(sum(getattr(weights, field.name) * getattr(signals, field.name) for field in fields(signals)))


def logistic(logit: float) -> float:
    """Between 0 and 1."""
    return 1.0 / (1.0 + math.exp(-logit))
