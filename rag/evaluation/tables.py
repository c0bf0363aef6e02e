"""A run's figures, settings and weak spots as rows for people."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rag.evaluation.figures import mean
from rag.evaluation.types import Figures, Item, Kind, Run

HEADLINES: dict[Kind, tuple[str, ...]] = {
    "retrieval": ("hits@1", "hits@5", "hits@20", "mrr@10"),
    "qa": ("em", "f1"),
    "answers": ("f1", "answered", "false_answers", "citation_precision"),
    "questions": ("right", "rightly_silent", "sure_and_right"),
    "golden": ("answered", "same_words", "abstained", "changed"),
    "counterfactuals": ("flipped", "other_decision", "other_passage", "other_short_answer"),
}
_SLICES_SHOWN = 15
_RIGHT = 0.5


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One slice: how many ``questions`` are in it, and the mean of each headline score over them."""

    value: str
    questions: int
    means: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class SliceTable:
    """The largest slices of one kind, such as all question words; ``left_out`` smaller ones are not in it."""

    name: str
    headlines: tuple[str, ...]
    rows: tuple[SliceRow, ...]
    left_out: int


def slice_tables(run: Run) -> list[SliceTable]:
    """How good it is on each kind of question, largest slices first; none where all questions are of one kind."""
    groups: defaultdict[str, defaultdict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
    for item in run.items:
        for name, value in item.slices.items():
            groups[name][value].append(item)
    headlines = HEADLINES[run.kind]
    tables = []
    for name, slices in groups.items():
        largest = sorted(slices.items(), key=lambda entry: -len(entry[1]))[:_SLICES_SHOWN]
        rows = tuple(
            SliceRow(value or "(none)", len(items), tuple(mean(items, score) for score in headlines))
            for value, items in largest
        )
        if len(rows) > 1:
            tables.append(SliceTable(name, headlines, rows, len(slices) - len(rows)))
    return tables


def failures(items: Iterable[Item]) -> list[Item]:
    """The items that are less than half right, or say themselves that they are wrong; worst first."""
    failed = (item for item in items if item.quality < _RIGHT or item.details.get("ok") is False)
    return sorted(failed, key=lambda item: item.quality)


def figure_rows(run: Run) -> list[tuple[str, str, str]]:
    """Name, value and 95% interval of each figure."""
    rows = []
    for name, value in flat(run.figures):
        bounds = run.intervals.get(name)
        rows.append((name, shown(value), " to ".join(map(shown, bounds)) if bounds else ""))
    return rows


def asked_answers(run: Run) -> list[Figures]:
    """Every question of an evaluation of one's own questions, what came of it and, where that is wrong, ``why``."""
    return [{"ask": item.question, **item.details, "milliseconds": item.latency_ms} for item in run.items]


def reached(run: Run, share: float) -> bool:
    """Of such an evaluation: whether at least ``share`` of the questions are answered right, and of those without an
    answer met with silence.
    """
    return all(run.figures[name] is None or run.figures[name] >= share for name in ("right", "rightly_silent"))


def flat(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The innermost values, each under its whole path.

    >>> flat({"latency": {"median": 4.0}, "questions": 7})
    [('latency median', 4.0), ('questions', 7)]
    """
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        inner = [(f"{name} {key}", leaf) for key, leaf in flat(value)] if isinstance(value, Mapping) else []
        rows += inner or [(name, value)]
    return rows


def shown(value: object) -> str:
    """A number, or "-" where there was nothing to be measured."""
    if value is None:
        return "-"
    return f"{value:,.3f}" if isinstance(value, float) else str(value)
