"""What a check finds."""

from dataclasses import dataclass
from typing import Literal

Reason = Literal["number", "name", "negation", "limit", "opposite", "roles", "reference", "not said"]
"""Why a sentence is not supported.

"limit": a condition, a degree or a doubt of the passage is left out, or one is put in. "roles": who does what to whom,
or how. "reference": it is open what its pronoun stands for. "not said": the passages do not say it.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """``chunks[passage]``, ``start`` to ``end`` of its document's text."""

    passage: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The places that support a sentence; none, and a ``reason``, where nothing does.

    ``probability`` is between 0 and 1, calibrated by benchmarks/grounding.py.
    """

    places: tuple[Place, ...]
    probability: float
    reason: Reason | None = None
