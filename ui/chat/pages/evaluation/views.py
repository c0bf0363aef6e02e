"""Trials, runs and failures as the plain data that the components draw. Pure functions, no Streamlit."""

import json
from collections.abc import Iterable, Sequence

from rag.evaluation.counterfactual_edits import Counterfactual
from rag.evaluation.counterfactuals import flips
from rag.evaluation.tables import SliceTable, flat, shown
from rag.evaluation.types import Comparison, Item, ReadPassage, Run, Trial
from ui import texts
from ui.chat.pages.ask.views import View, marked_parts

_PASSAGES = {
    "expected_text": "Where the right answer stands",
    "given_text": "Found first",
    "passage": "The passage",
    "quotes": "Quoted",
    "judged_quotes": "Quoted when it was judged",
}
_COUNTERFACTUAL_PASSAGES = {"expected_text": "Quoted before the swap", "given_text": "Quoted after it"}
_FLIPS = {
    "other_decision": "other decision",
    "other_passage": "other passage",
    "other_short_answer": "other short answer",
}


def trial_view(trial: Trial, before: Trial | None = None) -> View:
    """A trial; with ``before`` also what has changed since."""
    was = {passage.chunk.id: (rank, passage) for rank, passage in _ranked(before)} if before else {}
    return {
        "decision": decision(trial),
        "lookedUp": texts.looked_up(trial.looked_up),
        "probability": f"Probability {trial.probability:.2f}; answered from {trial.threshold:.2f} on",
        "share": trial.probability,
        "threshold": trial.threshold,
        "answered": trial.answered,
        "quote": marked_parts(trial.quote, trial.short_answer) if trial.quote else [],
        "changes": changes(before, trial) if before else [],
        "signals": [[label(name), f"{value:.2f}".replace("-", "−")] for name, value in trial.signals.items()],
        "passages": [
            {
                "id": str(passage.chunk.id),
                "rank": rank,
                "place": texts.place(passage.chunk.title, passage.chunk.page),
                "heading": passage.chunk.heading,
                "margin": signed(passage.margin),
                "found": f"place {passage.found} in the search",
                "was": _was(rank, passage, was.get(passage.chunk.id)) if before else "",
                "cited": trial.answered and passage.chunk.id == trial.cited,
                "editable": before is None,
                "parts": _parts(passage),
            }
            for rank, passage in _ranked(trial)
        ],
    }


def _ranked(trial: Trial) -> Iterable[tuple[int, ReadPassage]]:
    return enumerate(trial.passages, start=1)


def _parts(passage: ReadPassage) -> list[View]:
    text = passage.chunk.text
    start, end = passage.marked or (0, 0)
    pieces = ((text[:start], False), (text[start:end], True), (text[end:], False))
    return [{"text": piece, "mark": marked} for piece, marked in pieces if piece]


def _was(rank: int, passage: ReadPassage, before: tuple[int, ReadPassage] | None) -> str:
    if before is None:
        return "new"
    old_rank, old = before
    said = [f"rank {old_rank}"] if old_rank != rank else []
    if signed(old.margin) != signed(passage.margin):
        said.append(f"margin {signed(old.margin)}")
    if old.chunk.text != passage.chunk.text:
        said.append("another text")
    return f"was {', '.join(said)}" if said else ""


def decision(trial: Trial) -> str:
    return "Answered" if trial.answered else texts.NO_ANSWER


def signed(value: float) -> str:
    """``signed(-2.04)`` is ``"−2.0"``, with a true minus sign."""
    return f"{value:+.1f}".replace("-", "−")


def changes(before: Trial, after: Trial) -> list[str]:
    """What is not the same, a sentence each."""
    found = flips(before, after)
    said = []
    if found["other_decision"]:
        said.append("Now it is answered." if after.answered else "Now it is not answered.")
    if f"{before.probability:.2f}" != f"{after.probability:.2f}":
        said.append(f"The probability was {before.probability:.2f}, now it is {after.probability:.2f}.")
    if found.get("other_passage"):
        said.append("Another passage is quoted.")
    if found.get("other_short_answer"):
        said.append(f"The short answer was “{before.short_answer or 'none'}”.")
    order = [[passage.chunk.id for passage in trial.passages] for trial in (before, after)]
    if order[0] != order[1]:
        gone = len(set(order[0]) - set(order[1]))
        said.append(f"{texts.counted(gone, 'passage')} of before not found." if gone else "The order has changed.")
    return said or ["Nothing changes."]


def counterfactuals_view(before: Trial, variants: Sequence[tuple[Counterfactual, Trial]]) -> View:
    """The question and its variants in a table."""
    rows: list[list[object]] = [
        ["as asked", before.question, decision(before), f"{before.probability:.2f}", _said(before), ""]
    ]
    for counterfactual, after in variants:
        found = [said for name, said in _FLIPS.items() if flips(before, after).get(name)]
        said = ", ".join(found) or "no"
        rows.append(
            [counterfactual.kind, counterfactual.text, decision(after), f"{after.probability:.2f}", _said(after), said]
        )
    return table(["Swapped", "Question", "Decision", "Probability", "Short answer", "Flipped"], rows, {3})


def flip_rate(before: Trial, variants: Sequence[Trial]) -> str:
    """For how many of the variants the answer is another one."""
    flipped = sum(flips(before, after)["flipped"] for after in variants)
    return f"{flipped} of {texts.counted(len(variants), 'variant')} flipped ({flipped / len(variants):.0%})."


def _said(trial: Trial) -> str:
    return (trial.short_answer or trial.quote) if trial.answered else ""


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], numbers: Iterable[int] = ()) -> View:
    """``numbers`` says which columns stand to the right; a cell is a text or what ``bar`` gives."""
    right = set(numbers)
    return {
        "columns": [{"label": label, "number": place in right} for place, label in enumerate(columns)],
        "rows": [list(row) for row in rows],
    }


def bar(value: float | None, bounds: Sequence[float] | None = None) -> object:
    """A share as a number with a bar, and its 95% interval on it; other numbers as a text."""
    if value is None or not 0.0 <= value <= 1.0:
        return shown(value)
    low, high = bounds or (value, value)
    return {"text": f"{value:.3f}", "value": value, "low": low, "high": high}


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
    known = {"answer", *labels}
    facts = [[label(name), _plain(value)] for name, value in item.details.items() if name not in known]
    scores = [[label(name), shown(value)] for name, value in item.scores.items()]
    return {
        "question": item.question or "(an empty question)",
        "rows": [
            ["Before the swap" if swapped else "Expected", " | ".join(item.gold) or "no answer"],
            ["After it" if swapped else "Given", item.given or "no answer"],
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


def label(name: str) -> str:
    """A figure's name for people: its key, as the command line prints it, without underscores.

    >>> label("false_answers")
    'False answers'
    """
    spaced = "EM" if name == "em" else name.replace("_", " ")
    return spaced[:1].upper() + spaced[1:]
