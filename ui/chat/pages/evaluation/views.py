"""Trials, runs and failures as the plain data that the components draw. Pure functions, no Streamlit."""

import json
from datetime import datetime, tzinfo
from pathlib import PurePath

from rag.evaluation.tables import SliceTable, asked_answers, flat, shown
from rag.evaluation.types import Comparison, Item, Run
from rag.jobs.types import Job
from ui import texts
from ui.chat.views import View, bar, label, marked_parts, table

_ANSWER_SHOWN = 400
_PASSAGES = {
    "expected_text": "Where the right answer stands",
    "given_text": "Found first",
    "passage": "The passage",
    "quotes": "Quoted",
    "judged_quotes": "Quoted when it was judged",
}
_COUNTERFACTUAL_PASSAGES = {"expected_text": "Quoted before the swap", "given_text": "Quoted after it"}


def figures_view(run: Run) -> View:
    """Shares with their intervals first, then counts and times."""
    shares: list[list[object]] = []
    rest: list[list[object]] = []
    for name, value in flat(run.figures):
        bounds = run.intervals.get(name)
        if bounds:
            shares.append([label(name), bar(value, bounds), " to ".join(map(shown, bounds))])
        else:
            rest.append([label(name), f"{value:,.0f} ms" if name.startswith("latency") and value else shown(value), ""])
    return table(["Figure", "", "95% interval"], [*shares, *rest])


def wrong_view(run: Run) -> View:
    """Of questions of one's own: those that were not answered as they should be, what came, and why that is wrong."""
    rows = [
        [answer["ask"], _clipped(answer["text"]) or "no answer", answer["certainty"], "; ".join(answer["why"])]
        for answer in asked_answers(run)
        if not answer["ok"]
    ]
    return table(["Question", "Answer", "", "Why"], rows or [["None", "", "", ""]])


def _clipped(text: str) -> str:
    return text if len(text) <= _ANSWER_SHOWN else f"{text[:_ANSWER_SHOWN].rpartition(' ')[0]} …"


def measuring_view(job: Job, *, zone: tzinfo, locale: str, now: datetime) -> View:
    """The card of an evaluation that waits, is being made, or came to nothing."""
    of = job.collection or "all documents"
    name = PurePath(job.payload["data"]).name
    what = f"{name} of {of}" if job.payload["what"] == "questions" else name or f"{job.payload['what']} questions"
    match job.state:
        case "waiting":
            line = f"Waits for its turn · since {texts.moment(job.queued_at, zone=zone, locale=locale, now=now)}"
        case "working" if job.stop_wanted:
            line = "Stopping"
        case "working":
            line = f"{job.stage or 'Starting'}{f' · {job.done:,} of {job.total:,}' if job.total else ''}"
        case state:
            line = f"{label(state)} · {texts.moment(job.ended_at, zone=zone, locale=locale, now=now)}"
    return {
        "id": str(job.id),
        "title": f"Asking {what}",
        "running": not job.ended,
        "share": (job.done / job.total if job.total else None) if job.state == "working" else 0.0,
        "line": line,
        "error": texts.ended(job.error),
        "summary": "",
        "opened": False,
        "files": [],
        "more": "",
        "retry": "",
    }


def slice_view(found: SliceTable) -> View:
    """The slices of one kind, weakest first by the first headline."""

    def weakness(place: int) -> tuple[bool, float]:
        first = found.rows[place].means[0]
        return first is None, (first or 0.0) * (-1.0 if found.headlines[0] == "flipped" else 1.0)

    order = sorted(range(len(found.rows)), key=weakness)
    rows = [[row.value, f"{row.questions:,}", *map(bar, row.means)] for row in (found.rows[place] for place in order)]
    return table([label(found.name), "Questions", *map(label, found.headlines)], rows, {1})


def comparison_view(comparison: Comparison) -> View:
    rows = [
        [
            label(found.name),
            f"{found.before:.3f}",
            f"{found.after:.3f}",
            f"{found.difference:+.3f}".replace("-", "−"),
            f"{found.low:+.3f} to {found.high:+.3f}".replace("-", "−"),
            f"{found.p:.4f}",
            "more than chance" if found.significant else "may be chance",
        ]
        for found in comparison.differences
    ]
    columns = ["Score", "Before", "After", "Difference", "95% interval", "p", ""]
    return table(columns, rows, {1, 2, 3, 4, 5})


def changes_view(comparison: Comparison) -> View:
    """The settings and models that differ."""
    rows = [[change.name, shown(change.before), shown(change.after)] for change in comparison.changes]
    return table(["Setting", "Before", "After"], rows)


def failure_view(item: Item, kind: str) -> View:
    """One question that went wrong, with all that is known of it."""
    labels = _COUNTERFACTUAL_PASSAGES if kind == "counterfactuals" else _PASSAGES
    swapped = kind == "counterfactuals"
    passages = [
        {"label": said, "parts": marked_parts(text, next((gold for gold in item.gold if gold in text), None))}
        for name, said in labels.items()
        for text in _texts(item.details.get(name))
    ]
    known = {"answer", "text", "why", *labels}
    facts = [[label(name), _plain(value)] for name, value in item.details.items() if name not in known]
    scores = [[label(name), shown(value)] for name, value in item.scores.items()]
    return {
        "question": item.question or "(an empty question)",
        "rows": [
            ["Before the swap" if swapped else "Expected", " | ".join(item.gold) or "no answer"],
            ["After it" if swapped else "Given", item.given or "no answer"],
            *([["Why", "; ".join(item.details["why"])]] if item.details.get("why") else []),
            *([["Answer", str(item.details["answer"])]] if item.details.get("answer") else []),
        ],
        "passages": passages,
        "facts": [row for row in (*scores, *facts) if row[1]],
    }


def _texts(value: object) -> list[str]:
    return [str(text) for text in (value if isinstance(value, list | tuple) else [value]) if text]


def _plain(value: object) -> str:
    if value is None or value in ("", [], ()):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
