"""A run's figures and settings as rows for people."""

from collections.abc import Mapping
from typing import Any

from rag.evaluation.runs import Run


def figure_rows(run: Run) -> list[tuple[str, str, str]]:
    """Name, value and 95% interval of each figure."""
    rows = []
    for name, value in flat(run.figures):
        bounds = run.intervals.get(name)
        rows.append((name, shown(value), " to ".join(map(shown, bounds)) if bounds else ""))
    return rows


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
