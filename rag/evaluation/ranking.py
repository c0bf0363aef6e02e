"""Figures of one ranking: nDCG with linear gain as in trec_eval, reciprocal rank.

Source: Järvelin and Kekäläinen, "Cumulated Gain-based Evaluation of IR Techniques", ACM TOIS 20(4), 2002.
"""

import math
from collections.abc import Sequence


def ndcg(gains: Sequence[float], judged: Sequence[float], depth: int) -> float:
    """The discounted gain of the first ``depth`` hits, over that of the best order of all that is ``judged``.

    ``gains`` are the hits' grades, best hit first; below 0 counts as 0. Without a positive grade it is 0.

    >>> round(ndcg([0.0, 2.0], [2.0, 1.0], 10), 4)
    0.4796
    """
    best = _discounted(sorted(judged, reverse=True)[:depth])
    return _discounted(gains[:depth]) / best if best > 0 else 0.0


def _discounted(gains: Sequence[float]) -> float:
    return sum(max(gain, 0.0) / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def reciprocal_rank(gains: Sequence[float], depth: int) -> float:
    """1 over the rank of the first relevant hit among ``depth``; 0 without one."""
    return next((1.0 / rank for rank, gain in enumerate(gains[:depth], start=1) if gain > 0), 0.0)
