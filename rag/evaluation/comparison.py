"""Two evaluations side by side: what differs, and whether by more than chance.

Source: Dror et al., "The Hitchhiker's Guide to Testing Statistical Significance in Natural Language Processing", 2018.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap, permutation_test

from rag.evaluation.figures import BATCH, RESAMPLES, SEED, columns
from rag.evaluation.tables import flat
from rag.evaluation.types import Comparison, Difference, Item, Run, SettingChange
from vectorstore.errors import UsageError

_PERMUTATIONS = 9_999
_SIGNIFICANT = 0.05


def compare(before: Run, after: Run) -> Comparison:
    """Raises UsageError for runs of different kinds, or without a question in common."""
    if before.kind != after.kind:
        raise UsageError(
            f"One measured {before.kind}, the other {after.kind}",
            where=f"{before.id}, {after.id}",
            remedy="Name two alike.",
        )
    first, second = ({item.id: item for item in run.items} for run in (before, after))
    pairs = [(first[key], second[key]) for key in first if key in second]
    if not pairs:
        remedy = "Compare runs on the same data."
        raise UsageError("They have no question in common", where=f"{before.id}, {after.id}", remedy=remedy)
    names = dict.fromkeys(name for a, b in pairs for name in a.scores if name in b.scores)
    return Comparison(
        before.id,
        after.id,
        before.setup["data"]["sha256"] == after.setup["data"]["sha256"],
        len(pairs),
        sum(b.quality > a.quality for a, b in pairs),
        sum(b.quality < a.quality for a, b in pairs),
        tuple(_changes(before.setup, after.setup)),
        tuple(difference(name, pairs) for name in names),
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[SettingChange]:
    keys = ("refdesk", "settings", "models")
    first, second = (dict(flat({key: setup[key] for key in keys})) for setup in (before, after))
    return [
        SettingChange(name, first.get(name), second.get(name))
        for name in dict.fromkeys([*first, *second])
        if first.get(name) != second.get(name)
    ]


def difference(name: str, pairs: Sequence[tuple[Item, Item]]) -> Difference:
    """Of the score ``name``, over (before, after) of the same questions; at least one pair has it."""
    common = [(a, b) for a, b in pairs if name in a.scores and name in b.scores]
    n = len(common)
    # The first half of the rows is before, the second after. A score's weight goes where its row goes.
    scores, weights = columns([*(a for a, _ in common), *(b for _, b in common)], name)

    def mean(rows: NDArray[np.int64], axis: int) -> NDArray[np.float64]:
        result: NDArray[np.float64] = (scores * weights)[rows].sum(axis=axis) / weights[rows].sum(axis=axis)
        return result

    def gain(a: NDArray[np.int64], b: NDArray[np.int64], axis: int = -1) -> NDArray[np.float64]:
        return mean(b, axis) - mean(a, axis)

    rows = np.arange(n), np.arange(n, 2 * n)
    before, after = (float(mean(half, 0)) for half in rows)
    low = high = after - before
    p = 1.0
    if n > 1 and not (np.array_equal(scores[:n], scores[n:]) and np.array_equal(weights[:n], weights[n:])):
        drawn = bootstrap(
            rows,
            gain,
            n_resamples=RESAMPLES,
            batch=BATCH,
            paired=True,
            method="percentile",
            rng=np.random.default_rng(SEED),
        )
        low, high = (float(bound) for bound in drawn.confidence_interval)
        swapped = permutation_test(
            rows,
            gain,
            permutation_type="samples",
            n_resamples=_PERMUTATIONS,
            batch=BATCH,
            rng=np.random.default_rng(SEED),
        )
        p = float(swapped.pvalue)
    return Difference(name, n, before, after, after - before, low, high, p, p < _SIGNIFICANT)
