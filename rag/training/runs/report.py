"""The report of a training run: JSON for programs, Markdown and plots for people."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from rag.evaluation import machine
from rag.files import write_json, write_text
from rag.training.runs.folder import RunFolder
from rag.training.runs.plots import plot_curves

_SMOOTHED_STEPS = 25


def write_report(folder: RunFolder, report: dict[str, Any]) -> None:
    """Complete ``report`` with the machine and the learning curve, and write it with its plots."""
    losses = [row for row in folder.log if "loss" in row]
    scores = [row for row in folder.log if "score" in row]
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} CPU threads"
    report["machine"] = {"trained_on": device, **machine.describe()}
    report["learning_curve"] = scores
    steps = [row["step"] for row in losses]
    plot_curves(
        folder.path / "loss.svg",
        f"Training loss, mean of {_SMOOTHED_STEPS} steps",
        {"loss": (steps, _smooth([row["loss"] for row in losses]))},
    )
    if scores:
        names = [name for name in scores[0] if name not in ("step", "score")]
        curves = {name: ([row["step"] for row in scores], [row[name] for row in scores]) for name in names}
        plot_curves(folder.path / "score.svg", "What was held out, during training", curves)
    write_json(folder.path / "report.json", report)
    write_text(folder.path / "report.md", _markdown(report))


def _smooth(values: Sequence[float]) -> list[float]:
    means = []
    for i in range(len(values)):
        window = values[max(0, i - _SMOOTHED_STEPS + 1) : i + 1]
        means.append(sum(window) / len(window))
    return means


def _markdown(report: Mapping[str, Any]) -> str:
    lines = ["# Training report", "", f"The result is in `{report['result']}/`.", ""]
    if report["held_out"]:
        lines += ["## How good it is", "", *_table(report["held_out"]), ""]
    if report["learning_curve"]:
        lines += ["![Score](score.svg)", ""]
    lines += ["![Loss](loss.svg)", ""]
    for answer in report.get("answers", ()):
        lines += [f"## {_line(answer['prompt'])}", ""]
        lines += [f"- {when}: {_line(answer[when])}" for when in ("wanted", "before", "after")]
        lines.append("")
    lines += ["## Run", ""]
    plain = {name: value for name, value in report.items() if not isinstance(value, dict | list)}
    for name, value in {**plain, **report["settings"], **report["machine"]}.items():
        lines.append(f"- {name.replace('_', ' ')}: {value}")
    lines += ["", "## Data", "", *_table(report["data"]), ""]
    checked = report.get("checked", {})
    lines += [f"- {warning}" for warning in (*checked.get("warnings", ()), *checked.get("problems", ()))]
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())


def _table(rows: Mapping[str, Mapping[str, object]]) -> list[str]:
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    head = ["| | " + " | ".join(name.replace("_", " ") for name in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    return head + [
        "| " + " | ".join([name, *(_cell(row.get(key)) for key in columns)]) + " |" for name, row in rows.items()
    ]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}" if value < 100 else f"{value:.0f}"
    return str(value)
