"""The trade-off between answering much and answering right.

Source: El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 11, 2010.
"""

from collections.abc import Sequence

from rag.evaluation.types import Item

_POINTS = 60


def risk_coverage(items: Sequence[Item]) -> tuple[dict[str, float], ...]:
    """What happens if only the surest answers are given, the surest first, down to those that the desk withheld.

    ``coverage`` is the share of all questions that get an answer, ``risk`` what those answers lack of being right,
    ``answered`` the share of answerable questions and ``false_answers`` that of unanswerable ones that get one.
    ``confidence`` is the setting ``answering.caution`` that leads there. Items without a "confidence" in their details
    were answered by something that does not say how sure it is.
    """
    sure = sorted(
        ((item.details["confidence"], item) for item in items if item.details.get("confidence") is not None),
        key=lambda pair: -pair[0],
    )
    answerable = sum(bool(item.gold) for item in items)
    unanswerable = len(items) - answerable
    points: list[dict[str, float]] = []
    wrong, asked, asked_in_vain = 0.0, 0, 0
    for count, (confidence, item) in enumerate(sure, start=1):
        wrong += 1.0 - item.details["quality_if_answered"]
        asked += bool(item.gold)
        asked_in_vain += not item.gold
        points.append(
            {
                "confidence": confidence,
                "coverage": round(count / len(items), 4),
                "risk": round(wrong / count, 4),
                "answered": round(asked / max(answerable, 1), 4),
                "false_answers": round(asked_in_vain / max(unanswerable, 1), 4),
            }
        )
    step = max(1, len(points) // _POINTS)
    return tuple(points[::-1][::step][::-1])  # the last point, where everything is answered, is always kept
