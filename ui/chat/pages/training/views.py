"""Training runs as the plain data that the page draws. Pure functions, no Streamlit."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from rag.evaluation.tables import flat
from rag.jobs.types import Job, JobState
from rag.training.runs.types import Run
from ui import texts
from ui.chat.pages.training import reader_views
from ui.chat.pages.training.figures import duration, languages_line, number
from ui.chat.views import View, label, table

Log = Sequence[Mapping[str, float]]

CONVERT = "--convert-markup"
"""The option that a warning about another model's chat marks names; the page has a button for it."""

_REMEDIES = {
    "go on with --resume, or begin anew with a smaller --batch": "press Go on, or begin a new run with a smaller model",
    "a run goes on from its last checkpoint with --resume": "then press Go on",
    "Train anew with a lower --learning-rate": "Begin a new run with a lower learning rate",
    "Raise --max-length": "Shorten what comes before the answers",
    ": --method": "",
    ": --objective": "",
}
"""What errors advise on the command line, and what to do on the page instead."""

_CHECKS: Mapping[JobState, str] = {
    "waiting": "Waits to be checked",
    "working": "Data being checked",
    "done": "Ready to start",
}
_STATES: Mapping[JobState, str] = {
    "waiting": "Waits for its turn",
    "working": "Under way",
    "done": "Done",
    "stopped": "Stopped",
    "interrupted": "Interrupted",
    "failed": "Failed",
}
_FORMS = {
    "text": "raw text",
    "pairs": "prompts with answers",
    "messages": "chats",
    "preferences": "pairs of a better and a worse answer",
    "labels": "texts with labels",
}
_OBJECTIVES = {
    "lm": "to go on writing such text",
    "sft": "to write such answers",
    "dpo": "to prefer the better answers",
    "rl": "to write what a reward model likes, which is trained first",
}
_PARTS = {"training": "Samples it has learned from", "held_out": "Held-out samples", "general": "General questions"}
_SMOOTHED_STEPS = 25
_MOST_POINTS = 400
_SPEED_STEPS = 20
"""The time left is guessed from so many steps."""


def trouble(error: str) -> str:
    """What a run ended with, with the page's own remedy in place of an option's name.

    >>> trouble("The loss is no longer a number: runs/a. Train anew with a lower --learning-rate.")
    'The loss is no longer a number: runs/a. Begin a new run with a lower learning rate.'
    """
    for option, here in _REMEDIES.items():
        error = error.replace(option, here)
    return texts.ended(error)


def title(run: Run) -> str:
    """What the run learns from, and how: ``"faq.csv · laptop"``."""
    if run.request is None:
        return f"{run.name} · on the command line"
    names = [Path(path).name for path in run.request.data]
    first = names[0] if len(names) == 1 else f"{names[0]} and {texts.counted(len(names) - 1, 'more file')}"
    changed = [f"{label(name).lower()} {_brief(value)}" for name, value in run.request.values.items()]
    return " · ".join([first, run.request.preset, *changed])


def _brief(value: object) -> str:
    return Path(value).name if isinstance(value, str) else plain(value)


def state_of(run: Run, served: str | None) -> str:
    return f"{_state(run)}, in use" if run.name == served else _state(run)


def _state(run: Run) -> str:
    said = _STATES[run.state]
    return _CHECKS.get(run.state, said) if run.check and not run.training else said


def card(run: Run, job: Job, log: Log) -> View:
    """A run that is under way, with its job, as a card with its progress; see assets/jobs.js."""
    return {
        "id": run.name,
        "title": title(run),
        "running": True,
        "share": job.done / job.total if job.total and job.done else None,
        "line": "Stopping after this step" if job.stop_wanted else progress_line(run, job, log),
        "error": "",
        "files": [],
        "summary": "",
        "more": "",
        "retry": "",
        "opened": False,
    }


def progress_line(run: Run, job: Job, log: Log) -> str:
    """How far a run is, and how long it may take: ``"Training · step 40 of 120 · about 3 minutes left"``."""
    if job.state == "waiting":
        return _state(run)
    parts = [job.stage or "Starting"]
    if job.total:
        parts.append(f"step {job.done:,} of {job.total:,}")
    steps = [row for row in log if "loss" in row]
    if job.stage == "Training" and steps:
        parts.append(f"loss {steps[-1]['loss']:.2f}")
        parts += _time_left(steps, job.total - job.done)
    return " · ".join(parts)


def _time_left(steps: Log, left: int) -> list[str]:
    first, last = steps[max(0, len(steps) - 1 - _SPEED_STEPS)], steps[-1]
    if last["step"] == first["step"] or last["seconds"] <= first["seconds"]:
        return []
    seconds = left * (last["seconds"] - first["seconds"]) / (last["step"] - first["step"])
    return [f"about {_roughly(seconds)} left"]


def _roughly(seconds: float) -> str:
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * length:
            return texts.counted(round(seconds / length), unit)
    return texts.counted(max(1, round(seconds)), "second")


def runs_view(runs: Sequence[Run], served: str | None, *, zone: tzinfo, locale: str, now: datetime) -> View:
    names = names_apart(runs)
    rows = []
    for run in runs:
        report, held_out = run.report, _held_out(run.report)
        rows.append(
            [
                names[run.name],
                state_of(run, served),
                f"{number(held_out['loss_before'])} → {number(held_out['loss'])}" if held_out else "",
                f"{report['steps']:,}" if report else "",
                duration(report["seconds"]) if report else "",
                texts.moment(run.asked_at, zone=zone, locale=locale, now=now),
            ]
        )
    columns = ["Run", "", "Held-out loss", "Steps", "Time", "Begun"]
    return table(columns, rows, {2, 3, 4})


def _held_out(report: Mapping[str, Any]) -> Mapping[str, float]:
    found: Mapping[str, float] = report.get("held_out", {}).get("held_out", {})
    return found


def checked_view(checked: Mapping[str, Any]) -> View:
    """What was found in the data, and what a run would do with it."""
    if checked["form"] == "reading":
        return reader_views.checked_view(checked)
    samples, tokens = checked["samples"], checked["tokens"]
    rows = [
        ["What they are", f"{_FORMS.get(checked['form'], checked['form'])}, {_OBJECTIVES[checked['objective']]}"],
        ["Learned from", texts.counted(samples, "sample")],
        ["Held out, to judge by", texts.counted(checked["held_out"], "sample")],
        ["Left out", f"{checked['left_out']:,}"],
        [
            "Length",
            f"{tokens['median']:,} tokens in the middle, {tokens['longest']:,} at most"
            + (f"; {checked['cut']:,} cut at {checked['longest']:,}" if checked["cut"] else ""),
        ],
        ["Languages", languages_line(checked)],
        ["Model", checked["model"]],
        ["Steps", f"{checked['steps']:,}, at most {texts.counted(checked['epochs'], 'time')} through all samples"],
    ]
    return table(["What will be used", ""], rows)


def warnings_view(checked: Mapping[str, Any]) -> View | None:
    """What a person should look at before the run begins; None where there is nothing."""
    said = [*checked.get("notes", ()), *(warning.partition(f"; {CONVERT}")[0] for warning in checked["warnings"])]
    return table(["To look at first"], [[texts.ended(one)] for one in said]) if said else None


def left_out_view(checked: Mapping[str, Any]) -> View:
    rows = [list(problem.partition(": ")[::2]) for problem in checked["problems"]]
    more = checked["left_out"] - len(rows)
    return table(["Left out", "Why"], [*rows, *([[f"… and {more:,} more", ""]] if more > 0 else [])])


def curve_points(log: Log, run: str = "") -> list[dict[str, Any]]:
    """The training loss, smoothed, and what was held out, as points of a plot."""
    steps = [row for row in log if "loss" in row]
    apart = -(-len(steps) // _MOST_POINTS) or 1
    points: list[dict[str, Any]] = []
    for place, row in enumerate(steps):
        if place % apart == 0 or place == len(steps) - 1:
            window = [near["loss"] for near in steps[max(0, place - _SMOOTHED_STEPS + 1) : place + 1]]
            points.append({"step": row["step"], "value": sum(window) / len(window), "curve": "training", "run": run})
    for row in log:
        if "held-out loss" in row:
            points.append({"step": row["step"], "value": row["held-out loss"], "curve": "held out", "run": run})
    return points


def figures_view(report: Mapping[str, Any]) -> View:
    """How good the model is, before and after."""
    if reader_views.is_reader(report):
        return reader_views.figures_view(report)
    rows = [
        [_PARTS.get(part, label(part)), number(figures.get("loss_before")), number(figures.get("loss"))]
        for part, figures in report["held_out"].items()
    ]
    if f1 := report.get("answer_f1"):
        rows.append(["Words shared with the wanted answers, F1", number(f1["before"]), number(f1["after"])])
    return table(["Loss", "Before", "After"], rows, {1, 2})


def verdict(report: Mapping[str, Any]) -> list[str]:
    """What the figures say, in sentences."""
    said = []
    held_out = _held_out(report)
    if reader_views.is_reader(report):
        said.append(reader_views.verdict(report))
    elif held_out:
        gain = 1 - held_out["loss"] / held_out["loss_before"]
        better = f"{abs(gain):.0%} {'lower' if gain > 0 else 'higher'} than before"
        said.append(f"The held-out loss is {better}." if abs(gain) >= 0.005 else "The held-out loss is what it was.")
    else:
        said.append("Nothing was held out, so nothing says how good it is on what it has not seen.")
    if report.get("overfitting", 0.0) > 0.5:
        said.append("It knows its samples much better than others: fewer epochs or more samples may help.")
    if report.get("forgotten", 0.0) > 0.1:
        said.append("It has become worse at general questions: a lower learning rate or fewer steps may help.")
    if report["steps"] < report["steps_planned"]:
        said.append(
            f"It ended after {report['steps']:,} of {report['steps_planned']:,} steps, as nothing more was gained."
        )
    return said


def answers_view(reports: Mapping[str, Mapping[str, Any]]) -> View:
    """Held-out prompts with the wanted answer, and the answers before and after each of the runs."""
    by_prompt: dict[str, dict[str, str]] = {}
    for name, report in reports.items():
        for told in report.get("answers", ()):
            row = by_prompt.setdefault(told["prompt"], {"wanted": told["wanted"], "before": told["before"]})
            row[name] = told["after"]
    names = {name: "After" if len(reports) == 1 else f"After {name}" for name in reports}
    columns = ["Prompt", "Wanted", "Before", *names.values()]
    rows = [
        [prompt, row["wanted"], row["before"], *(row.get(name, "") for name in names)]
        for prompt, row in by_prompt.items()
    ]
    return table(columns, rows)


def facts_view(report: Mapping[str, Any]) -> View:
    """All else that the report holds: settings, sizes, machine, data."""
    left = {"held_out", "answers", "answer_f1", "learning_curve", "checked", "result", "seconds"}
    rows = [["Time", duration(report["seconds"])]]
    rows += [[name, plain(value)] for name, value in flat({k: v for k, v in report.items() if k not in left})]
    return table(["Setting or figure", "Value"], rows)


def plain(value: object) -> str:
    """A setting or a figure as it is written.

    >>> plain(0.0002)
    '0.0002'
    """
    if isinstance(value, float):
        return f"{value:.4g}"
    return (
        "" if value is None else f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    )


def names_apart(runs: Sequence[Run]) -> dict[str, str]:
    """What the runs, newest first, are called beside each other: those with the same title are numbered."""
    said: Counter[str] = Counter()
    names = {}
    for run in reversed(runs):
        called = title(run)
        said[called] += 1
        names[run.name] = called if said[called] == 1 else f"{called} · {said[called]}"
    return dict(reversed(names.items()))


def differences_view(runs: Sequence[Run], names: Mapping[str, str]) -> View:
    """The settings in which the runs differ."""
    settings = [dict(flat({k: v for k, v in run.settings.items() if k != "data"})) for run in runs]
    data = [", ".join(f"{name} {digest[:8]}" for name, digest in run.settings.get("data", {}).items()) for run in runs]
    rows = [
        [label(name), *(plain(one.get(name)) for one in settings)]
        for name in dict.fromkeys(name for one in settings for name in one)
        if len({plain(one.get(name)) for one in settings}) > 1
    ]
    if len(set(data)) > 1:
        rows.append(["Data", *data])
    return table(["Setting", *(names[run.name] for run in runs)], rows)


def results_view(runs: Sequence[Run], names: Mapping[str, str]) -> View:
    """The final figures of the runs, side by side."""
    reports = [run.report for run in runs]
    losses = [report.get("held_out", {}) for report in reports]
    rows = [
        [f"Loss, {_PARTS.get(part, part).lower()}", *(number(one.get(part, {}).get("loss")) for one in losses)]
        for part in dict.fromkeys(part for one in losses for part in one)
    ]
    rows.append(["F1 of answers", *(number(one.get("answer_f1", {}).get("after")) for one in reports)])
    rows.append(["Loss that general questions gained", *(number(one.get("forgotten")) for one in reports)])
    rows.append(["Weights trained", *(plain(one.get("parameters_trained")) for one in reports)])
    rows.append(["Memory at most, MB", *(plain(one.get("peak_memory_mb")) for one in reports)])
    rows.append(["Steps", *(plain(one.get("steps")) for one in reports)])
    rows.append(["Time", *(duration(one["seconds"]) if one else "" for one in reports)])
    rows = [row for row in rows if any(row[1:])]
    return table(["Figure", *(names[run.name] for run in runs)], rows, range(1, len(runs) + 1))
