"""Ways to train the same generator on the same data with the same budget, side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.files import write_json, write_text
from rag.training.runs.plots import plot_curves

_COLUMNS = (
    "parameters trained",
    "peak memory (MB)",
    "seconds",
    "loss",
    "loss before",
    "answer F1",
    "F1 before",
    "overfitting",
    "forgotten",
)


def write_comparison(
    output: Path, reports: Mapping[str, Mapping[str, Any]], failed: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """A row for every method, from the reports of its runs; written to comparison.json, comparison.md and a plot.

    Of a method that failed the row holds only ``failed``: why.
    ``loss`` is that on what is held out; ``overfitting`` how much higher it is there than on the training data;
    ``forgotten`` how much the loss on general questions has risen. Raises RefdeskError where they cannot be written.
    """
    rows: dict[str, dict[str, Any]] = {method: _row(report) for method, report in reports.items()}
    rows |= {method: {"failed": reason} for method, reason in failed.items()}
    curves = {
        method: (
            [row["step"] for row in report["learning_curve"]],
            [-row["score"] for row in report["learning_curve"]],
        )
        for method, report in reports.items()
        if report["learning_curve"]
    }
    if curves:
        plot_curves(output / "comparison.svg", "Loss on what is held out", curves)
    write_json(output / "comparison.json", rows)
    write_text(output / "comparison.md", as_markdown(rows) + ("\n![Curves](comparison.svg)\n" if curves else ""))
    return rows


def as_markdown(rows: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [f"| method | {' | '.join(_COLUMNS)} |", "|---" * (len(_COLUMNS) + 1) + "|"]
    for method, row in rows.items():
        first = f"{method}: {row['failed']}" if "failed" in row else method
        lines.append(f"| {first} | {' | '.join(_cell(row.get(name)) for name in _COLUMNS)} |")
    return "\n".join(lines) + "\n"


def _row(report: Mapping[str, Any]) -> dict[str, Any]:
    losses = report["held_out"].get("held_out", {})
    f1 = report.get("answer_f1", {})
    values = (
        report["parameters_trained"],
        report["peak_memory_mb"],
        report["seconds"],
        losses.get("loss"),
        losses.get("loss_before"),
        f1.get("after"),
        f1.get("before"),
        report.get("overfitting"),
        report.get("forgotten"),
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"
