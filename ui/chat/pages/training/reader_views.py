"""Runs that train a reader, as the plain data that the page draws. Pure functions, no Streamlit."""

from collections.abc import Mapping
from typing import Any

from ui.chat.pages.training.figures import languages_line, number
from ui.chat.views import View, table

_FORMS = {
    "questions": "questions on paragraphs",
    "grounded": "questions with the passages that answer",
    "support": "sentences that a passage supports or not",
    "sections": "sections with questions",
    "documents": "questions that documents ask of themselves",
}
_FIGURES = {
    "f1": "Words, F1",
    "relevance_auc": "Passages put right",
    "sentence_accuracy": "Sentences right",
    "support_accuracy": "Support right",
}


def is_reader(report: Mapping[str, Any]) -> bool:
    """Whether it is that of a reader, of which ``settings`` has a weight of its tasks."""
    return "support_weight" in report.get("settings", {})


def checked_view(checked: Mapping[str, Any]) -> View:
    """What was found in the data, and what a run would do with it."""
    rows = [
        [
            name,
            f"{_FORMS[file['form']]}: {file['training']:,} learned, {file['held_out']:,} held out, "
            f"{file['share_of_rows']:.0%} of what is shown",
        ]
        for name, file in checked["files"].items()
    ]
    rows += [
        ["Left out", f"{checked['left_out']:,}"],
        ["Length", f"{checked['words']['median']:,} words in the middle, {checked['words']['longest']:,} at most"],
        ["Languages", languages_line(checked)],
        ["Model", checked["model"]],
        ["Steps", f"{checked['steps']:,}"],
    ]
    return table(["What will be used", ""], rows)


def figures_view(report: Mapping[str, Any]) -> View:
    """How good each task is on what was held out."""
    rows = [
        [name, f"{told['rows']:,}", *(number(told[key]) for key in _FIGURES)]
        for name, told in report["held_out"].items()
    ]
    return table(["Held out", "Rows", *_FIGURES.values()], rows, range(1, 2 + len(_FIGURES)))


def verdict(report: Mapping[str, Any]) -> str:
    """What to do with it."""
    folder = f"{report['result']}/ in the folder of the run"
    return f"The reader is in {folder}: named as reader.model in the settings, it reads what is found."
