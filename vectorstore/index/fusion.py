"""Fusion of a dense and a lexical ranking: each leg's scores scaled to 0..1 over the candidates, then averaged.

Min-max scaling and a convex combination follow Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid
Retrieval", ACM TOIS 42(1), 2023, who found it better than reciprocal rank fusion.
"""

from collections.abc import Mapping


def normalise(scores: Mapping[int, float]) -> dict[int, float]:
    """Scale to 0..1. A single score, or equal ones, become 1.

    >>> normalise({1: 2.0, 2: 4.0, 3: 3.0})
    {1: 0.0, 2: 1.0, 3: 0.5}
    """
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    return {key: (score - low) / (high - low) if high > low else 1.0 for key, score in scores.items()}


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float], dense_weight: float) -> dict[int, float]:
    """Ids of both legs, best first, with their fused score. An id that a leg does not have counts 0 in it."""
    dense_scaled, lexical_scaled = normalise(dense), normalise(lexical)
    fused = {
        key: dense_weight * dense_scaled.get(key, 0.0) + (1.0 - dense_weight) * lexical_scaled.get(key, 0.0)
        for key in dense_scaled.keys() | lexical_scaled.keys()
    }
    return dict(sorted(fused.items(), key=lambda item: (-item[1], item[0])))
