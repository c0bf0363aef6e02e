"""How good a way of checking is: what it lets through, and how well its probabilities put sentences in order."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from benchmarks.sentences.cases import Case
from rag.evaluation.figures import wilson
from rag.grounding.types import Verdict

_RECALL, _PRECISION = 0.9, 0.99


def rates(cases: Sequence[Case], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """How many are let through, and rightly; ``precision_at_recall`` is None where not so many have a probability."""
    passed = [bool(verdict.places) for verdict in verdicts]
    accepted, supported = sum(passed), sum(case.supported for case in cases)
    right = sum(case.supported for case, yes in zip(cases, passed, strict=True) if yes)
    surest = sorted(range(len(cases)), key=lambda i: (-passed[i], -verdicts[i].probability))
    found = list(accumulate(cases[i].supported for i in surest))
    at_recall = next(
        (
            right / n
            for n, right in enumerate(found, 1)
            if right >= _RECALL * supported and _told(verdicts[surest[n - 1]])
        ),
        None,
    )
    at_precision = max((right for n, right in enumerate(found, 1) if right >= _PRECISION * n), default=0)
    return {
        "sentences": len(cases),
        "supported": supported,
        "accepted": accepted,
        "right": right,
        "precision": round(right / max(1, accepted), 4),
        "precision_interval": wilson(right, accepted),
        "recall": round(right / max(1, supported), 4),
        "recall_interval": wilson(right, supported),
        "precision_at_recall": at_recall and round(at_recall, 3),
        "recall_at_precision": round(at_precision / max(1, supported), 3),
    }


def _told(verdict: Verdict) -> bool:
    """Whether it has a probability, and is not ruled out."""
    return bool(verdict.places) or verdict.probability > 0.0


def rates_by_group(cases: Sequence[Case], verdicts: Sequence[Verdict]) -> dict[str, dict[str, Any]]:
    """The rates of the cases of each group."""
    groups: dict[str, list[tuple[Case, Verdict]]] = defaultdict(list)
    for case, verdict in zip(cases, verdicts, strict=True):
        groups[case.group].append((case, verdict))
    return {name: rates(*zip(*pairs, strict=True)) for name, pairs in groups.items()}


def shares_by_kind(cases: Sequence[Case], verdicts: Sequence[Verdict]) -> dict[str, dict[str, Any]]:
    """For each kind of sentence the share that was let through."""
    kinds: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for case, verdict in zip(cases, verdicts, strict=True):
        kinds[(not case.supported, case.kind)].append(bool(verdict.places))
    return {
        kind: {"supported": not twisted, "cases": len(yes), "accepted": round(statistics.fmean(yes), 3)}
        for (twisted, kind), yes in sorted(kinds.items())
    }
