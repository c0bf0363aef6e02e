"""Items to figures: means, and how sure they are."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.evaluation.types import Figures, Item

RESAMPLES = 1_000
BATCH = 100
SEED = 7


def mean(items: Iterable[Item], name: str) -> float | None:
    """The items' weighted mean score; None where no item has it."""
    scores, weights = columns(items, name)
    return float(scores @ weights / weights.sum()) if weights.sum() > 0 else None


def means(items: Sequence[Item], names: Iterable[str]) -> Figures:
    return {name: mean(items, name) for name in names}


def rounded(figures: Figures, digits: int = 4) -> Figures:
    return {key: round(value, digits) if isinstance(value, float) else value for key, value in figures.items()}


def intervals(items: Sequence[Item], names: Iterable[str]) -> dict[str, list[float] | None]:
    """For each name the 95% interval of its mean: percentiles of means over items drawn again with replacement."""
    return {name: _interval(*columns(items, name)) for name in names}


def wilson(right: int, of: int) -> list[float]:
    """Wilson's 95% interval of a share: it says something even where all or none are right."""
    if not of:
        return [0.0, 1.0]
    from scipy.stats import binomtest  # takes a second to import

    interval = binomtest(right, of).proportion_ci(method="wilson")
    return [round(float(interval.low), 4), round(float(interval.high), 4)]


def latency(milliseconds: Iterable[float | None]) -> Figures | None:
    """Median and 95th percentile of what is known."""
    known = [value for value in milliseconds if value is not None]
    if not known:
        return None
    return {"median": round(float(np.median(known)), 1), "p95": round(float(np.quantile(known, 0.95)), 1)}


def columns(items: Iterable[Item], name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores and weights of the items that have the score, each of shape ``(n,)``."""
    rows = [(item.scores[name], item.weights.get(name, 1)) for item in items if name in item.scores]
    table = np.array(rows, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _interval(scores: NDArray[np.float64], weights: NDArray[np.float64]) -> list[float] | None:
    if weights.sum() <= 0:
        return None
    if len(scores) < 2 or (scores == scores[0]).all():  # nothing to resample
        return [round(float(scores[0]), 4)] * 2

    def ratio(products: NDArray[np.float64], weights: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
        quotient: NDArray[np.float64] = products.sum(axis=axis) / weights.sum(axis=axis)
        return quotient

    from scipy.stats import bootstrap  # takes a second to import

    drawn = bootstrap(
        (scores * weights, weights),
        ratio,
        n_resamples=RESAMPLES,
        batch=BATCH,
        paired=True,
        method="percentile",
        rng=np.random.default_rng(SEED),
    )
    return [round(float(bound), 4) for bound in drawn.confidence_interval]
