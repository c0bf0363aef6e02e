"""From signals to a probability: a conditional logit over a field's options, with "it is not there" as one of them.

Each option's utility is a weighted sum of its signals; the missing value's is zero; the probability of a value is the
sum over its places of their share of all exponentials (McFadden, "Conditional logit analysis of qualitative choice
behavior", 1974). What is best is then calibrated by a logistic of its log-odds (Platt scaling), and capped. Weights and
calibration are fitted on generated invoices by ``python -m benchmarks.invoices.fit``.
"""

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rag.calibration.scoring import logistic
from rag.extraction.signals import Option
from rag.extraction.types import FieldType

WEIGHTS = Path(__file__).parent / "weights.json"
BIAS = "bias"
LEARNED, _LEARNED_WEIGHT = "learned", 8.0
"""What a correction of the same sender's forms says outweighs the rest; nothing generated could fit it."""
CAP = 0.995
"""No value is surer than the cases that the calibration has seen can tell."""


@dataclass(frozen=True, slots=True)
class Model:
    """The weights of the signals for one type of field, and the slope and offset of its calibration."""

    weights: Mapping[str, float]
    slope: float = 1.0
    offset: float = 0.0

    def utility(self, signals: Mapping[str, float]) -> float:
        weighted = sum(self.weights.get(name, 0.0) * value for name, value in signals.items())
        return self.weights[BIAS] + weighted + _LEARNED_WEIGHT * signals.get(LEARNED, 0.0)

    def calibrated(self, probability: float) -> float:
        bounded = min(max(probability, 1e-6), 1 - 1e-6)
        return min(CAP, logistic(self.slope * math.log(bounded / (1 - bounded)) + self.offset))


@dataclass(frozen=True, slots=True)
class Scored:
    """A value with its probability, and the best of the places where it stands."""

    option: Option
    probability: float


@cache
def _models() -> dict[str, Model]:
    stored: dict[str, Any] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {name: Model(of["weights"], of["slope"], of["offset"]) for name, of in stored["models"].items()}


def model_for(kind: FieldType, *, read: bool) -> Model:
    """The model of a type of field, with the reader's signals or without.

    Types that were not fitted borrow another's, and without the reader's signals where none was fitted with them.
    """
    models = _models()
    name = kind if kind in models else _LIKE.get(kind, "text")
    return models.get(f"{name} read", models[name]) if read else models[name]


_LIKE: dict[FieldType, FieldType] = {"iban": "identifier", "vat_number": "identifier", "email": "identifier"}


def score(options: Sequence[Option], model: Model, *, repeated: bool = False) -> list[Scored]:
    """The values of a field, likeliest first, with calibrated probabilities.

    Those of a ``repeated`` field do not share: each is weighed against its own absence alone.
    """
    if repeated:
        groups: defaultdict[str, list[Option]] = defaultdict(list)
        for option in options:
            groups[option.group].append(option)
        return sorted((score(of, model)[0] for of in groups.values()), key=lambda one: -one.probability)
    if not options:
        return []
    utilities = [model.utility(option.signals) for option in options]
    most = max(0.0, *utilities)
    exponentials = [math.exp(utility - most) for utility in utilities]
    total = math.exp(-most) + sum(exponentials)
    shares: defaultdict[str, float] = defaultdict(float)
    best: dict[str, tuple[bool, float]] = {}
    shown: dict[str, Option] = {}
    for option, share in zip(options, exponentials, strict=True):
        shares[option.group] += share / total
        rank = (not option.candidate.stand_in, share)
        if option.group not in best or rank > best[option.group]:
            best[option.group], shown[option.group] = rank, option
    found = [Scored(shown[group], model.calibrated(share)) for group, share in shares.items()]
    return sorted(found, key=lambda one: -one.probability)
