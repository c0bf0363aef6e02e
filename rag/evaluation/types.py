"""What an evaluation gives: figures, and every question with what happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol

from vectorstore.types import Chunk

Kind = Literal["retrieval", "qa", "answers", "questions", "golden", "counterfactuals"]

Figures = dict[str, Any]
"""Shares, scores and counts by name, as printed with --json; None where nothing was there to be measured."""


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


@dataclass(frozen=True, slots=True)
class Run:
    """A stored evaluation. ``intervals`` holds 95% intervals of the figures that are means.

    ``setup`` tells what was measured: data, settings, models, machine.
    """

    folder: Path
    kind: Kind
    started: str
    setup: Mapping[str, Any]
    figures: Figures
    intervals: Mapping[str, list[float] | None]
    curve: tuple[Mapping[str, float], ...]
    items: tuple[Item, ...]

    @property
    def id(self) -> str:
        return self.folder.name


@dataclass(frozen=True, slots=True)
class RunHead:
    """What a list of runs says of one: its kind, when it began (ISO 8601 in UTC), and the name of its data."""

    kind: Kind
    started: str
    data: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A score over the ``items`` that have it in both runs; ``difference`` is ``after`` minus ``before``.

    ``low`` and ``high`` bound it with 95% confidence (paired bootstrap). ``p`` is the probability of a difference of
    at least this size if the runs were alike (paired permutation test); below 0.05 it is ``significant``.
    """

    name: str
    items: int
    before: float
    after: float
    difference: float
    low: float
    high: float
    p: float
    significant: bool


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting or model that is not the same."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of the ``questions`` that both runs asked, so many went ``better`` or ``worse`` in the second one."""

    before: str
    after: str
    same_data: bool
    questions: int
    better: int
    worse: int
    changes: tuple[SettingChange, ...]
    differences: tuple[Difference, ...]


UNEDITED: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage of a trial. ``found`` is its place in the search, from 1.

    ``marked`` are the reader's best words, characters of the chunk's text; ``margin`` is how much better they are than
    "no answer here".
    """

    chunk: Chunk
    found: int
    margin: float
    marked: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What the desk makes of a question. ``passages`` are in the order in which it uses them.

    It answers with ``quote`` from the chunk ``cited`` if the ``probability`` that the documents hold the answer reaches
    ``threshold``; else it abstains, and ``quote`` is what it would have quoted. ``signals`` are what the probability is
    made of, by their names in ``rag.calibration.signals.AnswerabilitySignals``. ``looked_up`` is what the documents
    were asked, empty where it is the question.
    """

    question: str
    threshold: float
    passages: tuple[ReadPassage, ...] = ()
    probability: float = 0.0
    signals: Mapping[str, float] = field(default_factory=dict)
    quote: str = ""
    short_answer: str | None = None
    cited: int | None = None
    looked_up: str = ""

    @property
    def answered(self) -> bool:
        return self.cited is not None and self.probability >= self.threshold


class Try(Protocol):
    """Tries a question, with the texts of some chunks replaced; see ``WhatIf.attempt``."""

    def __call__(self, question: str, edits: Mapping[int, str] = UNEDITED) -> Trial: ...
