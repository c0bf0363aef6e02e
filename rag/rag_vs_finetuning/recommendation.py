"""What to do, in words: from the figures alone, and no more than they can say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag.rag_vs_finetuning.configurations import BASE, BOTH, CONFIGURATIONS, RETRIEVAL, STALE, TUNED

_FEW = 30
"""Answerable questions below which only large differences can be told from chance."""
_TOO_FEW = 8
_LITTLE_LEARNED = 0.5

_NAMES = {
    BASE.name: "the model alone",
    TUNED.name: "the fine-tuned model alone",
    RETRIEVAL.name: "retrieval",
    BOTH.name: "both together",
}
_VERDICTS = {
    RETRIEVAL.name: "Use retrieval, with the model as it is",
    BOTH.name: "Use both: the fine-tuned model, with retrieval",
    TUNED.name: "The fine-tuned model alone does best here, but nothing that it says is checked or has a source",
    BASE.name: "The model as it is answers these questions without your documents and without training",
    None: "These questions do not decide it",
}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """``configuration`` is the one recommended, None where the figures do not decide. ``verdict`` says so in a
    sentence, and each of ``reasons`` gives a ground or a doubt.
    """

    configuration: str | None
    verdict: str
    reasons: tuple[str, ...]


def recommend(report: Mapping[str, Any]) -> Recommendation:
    """From ``rag.rag_vs_finetuning.figures.figures``. A difference counts where it is more than chance (p < 0.05)."""
    gains = {(one["better"], one["than"]): one for one in report["differences"]}
    configuration = _chosen(report, gains)
    reasons = [_compared(gain) for gain in gains.values()]
    reasons += [*_taught(report), _written(report), *_costs(report), *_changed(report), *_doubts(report)]
    verdict = f"{_VERDICTS[configuration]}."
    if configuration is None:
        verdict += f" Begin with retrieval: it shows its sources{_cheaper(report)}."
    return Recommendation(configuration, verdict, tuple(reasons))


def _chosen(report: Mapping[str, Any], gains: Mapping[tuple[str, str], Mapping[str, Any]]) -> str | None:
    if report["questions"]["answerable"] < _TOO_FEW:
        return None
    sign = {pair: (gain["difference"] > 0) - (gain["difference"] < 0) for pair, gain in gains.items()}
    better = {pair: sign[pair] if gain["significant"] else 0 for pair, gain in gains.items()}
    if better[BOTH.name, RETRIEVAL.name] > 0:
        return BOTH.name
    if better[RETRIEVAL.name, TUNED.name] < 0:
        return TUNED.name
    if better[RETRIEVAL.name, BASE.name] > 0:
        return RETRIEVAL.name
    # Documents add nothing that can be seen. That is a reason to do without them only where little is left to add.
    known = report["configurations"][BASE.name]["intervals"]["right"][0] > 0.5
    return BASE.name if known and better[TUNED.name, BASE.name] <= 0 else None


def _cheaper(report: Mapping[str, Any]) -> str:
    if not report["change"]:
        return ""
    retrieval, tuned = (report["change"]["configurations"][one.name]["seconds"] for one in (RETRIEVAL, TUNED))
    return f", and a change costs it {duration(retrieval)} instead of {duration(tuned)}" if retrieval < tuned else ""


def _compared(gain: Mapping[str, Any]) -> str:
    a, b = _NAMES[gain["better"]], _NAMES[gain["than"]]
    said = f"Answered rightly: {a} {gain['after']:.2f}, {b} {gain['before']:.2f}; a difference of "
    said += f"{gain['difference']:+.2f} (95%: {gain['low']:+.2f} to {gain['high']:+.2f}; p = {gain['p']:.3f}), which "
    return said + (
        "is more than chance." if gain["significant"] else f"{gain['items']} questions cannot tell from chance."
    )


def _taught(report: Mapping[str, Any]) -> list[str]:
    tuned = report["configurations"][TUNED.name]
    if tuned["taught"] is None or tuned["not_taught"] is None:
        return []
    said = (
        f"The fine-tuned model alone answers {tuned['taught']:.2f} of the questions that it was taught, and "
        f"{tuned['not_taught']:.2f} of those that it was not."
    )
    if tuned["taught"] < _LITTLE_LEARNED:
        said += f" It learned few of them in {report['training']['steps']:,} steps: more may help it (--max-steps)."
    return [said]


def _written(report: Mapping[str, Any]) -> str:
    def told(name: str) -> str:
        kinds = report["configurations"][name]["kinds"]
        return f"{kinds.get('generated', 0):,} written and {kinds.get('extractive', 0):,} quoted"

    return (
        "Where the written answer does not pass the check, the desk quotes: of the answers of retrieval "
        f"{told(RETRIEVAL.name)}, of both together {told(BOTH.name)}."
    )


def _costs(report: Mapping[str, Any]) -> list[str]:
    adapting = report["adapting"]
    ingesting, training = adapting[RETRIEVAL.name], adapting[TUNED.name]
    return [
        f"Taking in the documents took {duration(ingesting['seconds'])} and {ingesting['peak_memory_mb']:,} MB, "
        f"training {duration(training['seconds'])} and {training['peak_memory_mb']:,} MB."
    ]


def _changed(report: Mapping[str, Any]) -> list[str]:
    change = report["change"]
    if not change:
        return ["No fact was changed, so what a change costs was not measured."]
    configurations, facts = change["configurations"], change["facts"]
    retrieval, tuned, stale = configurations[RETRIEVAL.name], configurations[TUNED.name], configurations[STALE]
    return [
        f"A changed document was searchable after {duration(retrieval['seconds'])}, and retrieval then gave the new "
        f"answer to {retrieval['new']} of {facts} (the old one to {retrieval['old']}); before, it had answered "
        f"{retrieval['right_before']} of them rightly.",
        f"Training anew took {duration(tuned['seconds'])}, and the fine-tuned model alone then gave the new answer to "
        f"{tuned['new']} of {facts} (the old one to {tuned['old']}); before, {tuned['right_before']}.",
        f"With both, and the documents up to date but the model not trained anew, the new answer came to "
        f"{stale['new']} of {facts}, the old one to {stale['old']}.",
    ]


def _doubts(report: Mapping[str, Any]) -> list[str]:
    answerable, doubts = report["questions"]["answerable"], []
    if answerable < _FEW:
        doubts.append(f"Only {answerable} questions have an answer: take this as a first look, and ask more of them.")
    if not report["questions"]["not_taught"]:
        doubts.append("Every fact was taught, so nothing is said of those that were not (--unseen).")
    if report["questions"]["unanswerable"]:
        told = ", ".join(f"{one.name} {report['configurations'][one.name]['declined']:.2f}" for one in CONFIGURATIONS)
        doubts.append(f"Of questions without an answer, the share left without one: {told}.")
    return doubts


def duration(seconds: float) -> str:
    """For people.

    >>> duration(0.42), duration(75)
    ('0.42 s', '1.2 minutes')
    """
    if seconds < 1:
        return f"{seconds:.2f} s"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} minutes"
