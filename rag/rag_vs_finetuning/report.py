"""The report of a comparison: report.json for programs, report.html with a table and a plot for people."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lxml.html import HtmlElement
from lxml.html import builder as E

from rag.evaluation.page import page, pairs, plot, table, text
from rag.evaluation.plots import plot_scores
from rag.evaluation.tables import flat
from rag.files import write_json, write_text
from rag.rag_vs_finetuning.configurations import CONFIGURATIONS, STALE
from rag.rag_vs_finetuning.recommendation import duration

COLUMNS = tuple(one.name for one in CONFIGURATIONS)
_NOTHING = "-"
_UNBROKEN = "\u2060–\u2060"
"""A dash at which no line ends."""

_HOW = (
    "Every question was asked four times: of the model alone, as it is and fine-tuned, and of the whole desk with "
    "either, which quotes or writes, checks each sentence, and may say that the documents do not say. Right: the "
    "answer holds the expected one, word for word. Wrong: an answer was given that does not, or to a question that has "
    "none. Grounded: the share of sentences that the desk's own check finds in the documents; what the desk shows has "
    "passed that check before. The line below is independent of it: the share with a number or a name that the "
    "passages found do not hold.",
    "Taught were the questions on a part of the paragraphs, each alone and over its paragraph in the desk's prompt. "
    "Seconds and memory are those of ingesting and of training, without the start of the program; memory is the most "
    "that one process held (of the GPU where there is one, when training). For the change, facts were replaced in the "
    "documents and in what is taught: each document was ingested again by itself, and the model was trained from "
    "the beginning with the same budget.",
    "Shares have 95% intervals: Wilson's for questions, the bootstrap's for sentences. Differences are compared on the "
    "same questions, by paired bootstrap and permutation.",
)


def rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The figures by name, each in the order of ``COLUMNS``; "-" where there is nothing to be measured."""
    shares = (
        ("right", "right"),
        ("right, of what was taught", "taught"),
        ("right, of what was not taught", "not_taught"),
        ("wrong", "wrong"),
        ("no answer, to questions that have none", "declined"),
        ("sentences grounded in the documents", "grounded"),
        ("sentences with a number or name from nowhere", "unsupported_sentences"),
    )
    found = [(label, *_each(report["configurations"], partial(_share, name))) for label, name in shares]
    found.append(
        ("seconds an answer (median)", *_each(report["configurations"], lambda one: f"{one['seconds']['median']:.2f}"))
    )
    adapting = report["adapting"]
    found.append(("time to adapt", *_each(adapting, lambda one: duration(one["seconds"]))))
    found.append(("memory to adapt, MB", *_each(adapting, lambda one: f"{one['peak_memory_mb']:,}")))
    if change := report["change"]:
        facts, after = change["facts"], change["configurations"]
        found += [
            ("time for a change", *_each(after, lambda one: duration(one["seconds"]))),
            ("new answer given after it", *_each(after, lambda one: f"{one['new']} of {facts}")),
            ("old answer given after it", *_each(after, lambda one: f"{one['old']} of {facts}")),
        ]
    return [row for row in found if set(row[1:]) != {_NOTHING}]


def write_report(folder: Path, report: Mapping[str, Any]) -> None:
    """Write both files. Raises RefdeskError when they cannot be written."""
    write_json(folder / "report.json", report)
    recommended, asked = report["recommendation"], report["questions"]
    right = {name: one["right"] for name, one in report["configurations"].items()}
    sure = {name: one["intervals"]["right"] for name, one in report["configurations"].items()}
    told = page(
        f"Refdesk: retrieval or fine-tuning, {report['setup']['questions']['name']}",
        [
            E.P(E.STRONG(text(recommended["verdict"]))),
            E.UL(*(E.LI(text(reason)) for reason in recommended["reasons"])),
            E.H2("Figures"),
            E.P(
                f"{asked['asked']:,} questions, {asked['unanswerable']:,} of them without an answer. Of the others "
                f"{asked['taught']:,} were taught and {asked['not_taught']:,} were not."
            ),
            table(["", *COLUMNS], [[cell.replace("–", _UNBROKEN) for cell in row] for row in rows(report)]),
            E.H3("Right answers"),
            plot(plot_scores(right, sure)),
            *_changes(report["change"]),
            E.H2("The answers"),
            *(_answer(one) for one in report["answers"]),
            E.H2("How it was measured"),
            *(E.P(paragraph) for paragraph in _HOW),
            E.DETAILS(E.SUMMARY("Data, settings, model and machine"), pairs(flat(report["setup"]))),
        ],
    )
    write_text(folder / "report.html", told + "\n")


def _each(configurations: Mapping[str, Any], cell: Callable[[Mapping[str, Any]], str]) -> list[str]:
    return [cell(configurations[name]) if name in configurations else _NOTHING for name in COLUMNS]


def _share(name: str, configuration: Mapping[str, Any]) -> str:
    if configuration[name] is None:
        return _NOTHING
    low, high = configuration["intervals"][name]
    return f"{configuration[name]:.2f} ({low:.2f}–{high:.2f})"


def _changes(change: Mapping[str, Any] | None) -> list[HtmlElement]:
    if not change:
        return []
    return [E.H2("The facts that were changed"), *(_changed(one) for one in change["changes"])]


def _changed(one: Mapping[str, Any]) -> HtmlElement:
    facts = {"before": one["old"], "now": one["new"], "searchable after": duration(one["seconds"])}
    return _details(one["question"], facts, one["answers"], (*COLUMNS, STALE))


def _answer(one: Mapping[str, Any]) -> HtmlElement:
    taught = "yes" if one["taught"] else "no"
    facts = {"expected": " | ".join(one["expected"]) or "no answer", "taught": taught}
    return _details(one["question"], facts, one["answers"], COLUMNS)


def _details(question: str, facts: Mapping[str, str], answers: Mapping[str, str], names: Sequence[str]) -> HtmlElement:
    given = [(name, answers[name] or "no answer") for name in names if name in answers]
    return E.DETAILS(E.SUMMARY(text(question)), pairs([*facts.items(), *given]))
