"""Trials as the plain data that the components draw. Pure functions, no Streamlit."""

from collections.abc import Iterable, Sequence

from rag.evaluation.counterfactual_edits import Counterfactual
from rag.evaluation.counterfactuals import flips
from rag.evaluation.types import ReadPassage, Trial
from ui import texts
from ui.chat.views import View, label, marked_parts, table

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
