"""What an evaluation gives: figures, and every question with what happened to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["retrieval", "qa", "answers", "golden", "swaps"]

Figures = dict[str, Any]
"""Shares, scores and counts by name, as printed with --json; None where nothing was there to be measured."""

OnProgress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document to take in; ``title`` may be empty, and so may ``text``."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One question. ``gold`` is what would be right and ``given`` what came; ``quality`` is how right that is, 0 to 1.

    A figure is the mean of the items' ``scores`` of its name, each counted ``weights`` times (once unless given);
    items without that score do not count. ``latency_ms`` is the time until the answer.
    """

    id: str
    question: str
    gold: tuple[str, ...]
    given: str
    quality: float
    scores: Mapping[str, float]
    weights: Mapping[str, int] = field(default_factory=dict)
    slices: Mapping[str, str] = field(default_factory=dict)
    latency_ms: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``figures`` has the keys that docs and contracts name; ``curve`` is a risk-coverage curve, empty without one."""

    kind: Kind
    figures: Figures
    items: tuple[Item, ...]
    curve: tuple[Mapping[str, float], ...] = ()
