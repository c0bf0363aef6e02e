"""What was measured, as figures: each configuration's, and how sure the differences between them are."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rag.evaluation.comparison import difference
from rag.evaluation.figures import intervals, latency, means, rounded, wilson
from rag.evaluation.types import Figures, Item
from rag.rag_vs_finetuning.changing import FactChange
from rag.rag_vs_finetuning.configurations import BASE, BOTH, RETRIEVAL, STALE, TUNED, holds
from rag.rag_vs_finetuning.questions import QuestionSet

SHARES = ("right", "taught", "not_taught", "wrong", "declined")
"""Of questions: each is so or not."""
OF_SENTENCES = ("grounded", "unsupported_sentences")
PAIRS = ((RETRIEVAL, TUNED), (BOTH, RETRIEVAL), (RETRIEVAL, BASE), (TUNED, BASE))
"""(this, that): how much better this one is than that one."""


@dataclass(frozen=True, slots=True)
class ChangeMade:
    """``changes`` made: for each what its re-ingestion took, then each configuration's answers to the changed
    questions, and the report of the training anew.
    """

    changes: tuple[FactChange, ...]
    measured: tuple[Mapping[str, Any], ...]
    answered: Mapping[str, Sequence[Item]]
    retrained: Mapping[str, Any]


def figures(
    questions: QuestionSet,
    answered: Mapping[str, Sequence[Item]],
    ingested: Mapping[str, Any],
    trained: Mapping[str, Any],
    change: ChangeMade | None,
) -> Figures:
    """``answered`` holds each configuration's items, in the order of the questions asked."""
    effort = {
        "retrieval": {name: ingested[name] for name in ("seconds", "peak_memory_mb")},
        "training": {name: trained[name] for name in ("seconds", "peak_memory_mb")},
    }
    answerable = [question for question in questions.asked if question.answers]
    return {
        "questions": {
            "asked": len(questions.asked),
            "answerable": len(answerable),
            "taught": sum(map(questions.is_taught, answerable)),
            "not_taught": sum(not questions.is_taught(question) for question in answerable),
            "unanswerable": len(questions.asked) - len(answerable),
        },
        "documents": dict(ingested),
        "training": {"steps": trained["steps"], **effort["training"]},
        "configurations": {name: _configuration(items) for name, items in answered.items()},
        "adapting": _adapting(effort["retrieval"], effort["training"]),
        "change": _change(change, answered) if change else None,
        "differences": [
            {"better": a.name, "than": b.name, **asdict(difference("right", pairs))}
            for a, b in PAIRS
            if (pairs := _pairs(answered[b.name], answered[a.name]))
        ],
        "answers": [
            {
                "question": question.text,
                "expected": sorted({answer.text for answer in question.answers}, key=len)[:1],
                "taught": questions.is_taught(question),
                "answers": {name: items[place].given for name, items in answered.items()},
            }
            for place, question in enumerate(questions.asked)
        ],
    }


def _pairs(before: Sequence[Item], after: Sequence[Item]) -> list[tuple[Item, Item]]:
    return [(a, b) for a, b in zip(before, after, strict=True) if "right" in a.scores]


def _configuration(items: Sequence[Item]) -> Figures:
    shares = {name: [item.scores[name] for item in items if name in item.scores] for name in SHARES}
    sure = {name: wilson(round(sum(values)), len(values)) for name, values in shares.items() if values}
    return {
        **rounded(means(items, (*SHARES, *OF_SENTENCES))),
        "intervals": sure | intervals(items, OF_SENTENCES),
        "seconds": {name: ms / 1000 for name, ms in (latency(item.latency_ms for item in items) or {}).items()},
        "kinds": dict(Counter(str(item.details["kind"]) for item in items)),
    }


def _adapting(ingesting: Mapping[str, Any], training: Mapping[str, Any]) -> Figures:
    """Seconds and memory until each configuration can be asked; nothing for the model as it is."""
    both = {
        "seconds": round(ingesting["seconds"] + training["seconds"], 2),
        "peak_memory_mb": max(ingesting["peak_memory_mb"], training["peak_memory_mb"]),
    }
    return {TUNED.name: dict(training), RETRIEVAL.name: dict(ingesting), BOTH.name: both}


def _change(change: ChangeMade, answered: Mapping[str, Sequence[Item]]) -> Figures:
    ingested = statistics.median(one["seconds"] for one in change.measured)
    trained = change.retrained["seconds"]
    seconds = {
        RETRIEVAL.name: ingested,
        STALE: ingested,
        TUNED.name: trained,
        BOTH.name: round(ingested + trained, 2),
    }
    ids = {one.question.id for one in change.changes}
    configurations = {}
    for name, items in change.answered.items():
        before = answered[BOTH.name if name == STALE else name]
        configurations[name] = {
            "seconds": seconds[name],
            "right_before": sum(item.id in ids and item.scores["right"] == 1.0 for item in before),
            "new": sum(item.scores["right"] == 1.0 for item in items),
            "old": sum(
                item.scores["right"] == 0.0 and holds(item.given, [one.old])
                for item, one in zip(items, change.changes, strict=True)
            ),
        }
    return {
        "facts": len(change.changes),
        "found": sum(one["found"] for one in change.measured),
        "configurations": configurations,
        "retrained": {name: change.retrained[name] for name in ("steps", "seconds", "peak_memory_mb")},
        "changes": [
            {
                "question": one.question.text,
                "old": one.old,
                "new": one.new,
                **measured,
                "answers": {name: items[place].given for name, items in change.answered.items()},
            }
            for place, (one, measured) in enumerate(zip(change.changes, change.measured, strict=True))
        ],
    }
