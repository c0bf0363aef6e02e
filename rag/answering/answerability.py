"""Do the documents answer this question? One probability from four signals, calibrated by benchmarks/abstention.py."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answering.evidence import Evidence
from rag.grounding.words import words_of

_MARGIN_BOUND = 8.0
_MARGINS_FROM = 3

Frequencies = Callable[[list[str]], dict[str, int]]
"""For each word the number of stored passages that hold it."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for or against an answer.

    ``margin`` is the reader's best over the first three passages, bounded to 8; ``similarity`` the best cosine of the
    question and a passage. Of the question's words, weighted by how rare they are, ``coverage`` is the share that the
    best passage or its heading holds, and ``unknown`` the share that no stored passage holds.
    """

    margin: float
    similarity: float
    coverage: float
    unknown: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of a logistic model over the signals."""

    intercept: float
    margin: float
    similarity: float
    coverage: float
    unknown: float

    def probability(self, signals: Signals) -> float:
        """Between 0 (the documents do not say) and 1."""
        logit = (
            self.intercept
            + self.margin * signals.margin
            + self.similarity * signals.similarity
            + self.coverage * signals.coverage
            + self.unknown * signals.unknown
        )
        return 1.0 / (1.0 + math.exp(-logit))


CALIBRATION = Calibration(intercept=-3.73, margin=0.15, similarity=5.15, coverage=1.78, unknown=-2.78)
THRESHOLD = 0.5


def signals_of(question: str, evidence: Sequence[Evidence], frequencies: Frequencies, passages: int) -> Signals:
    """The signals for ``evidence``, best first and not empty, out of so many stored ``passages``."""
    best = evidence[0].chunk
    held = frozenset(words_of(f"{best.heading} {best.text}").content)
    counts = frequencies(_claim_words(question))
    rarity = {word: math.log((passages + 1) / (count + 0.5)) for word, count in counts.items()}
    total = sum(rarity.values()) or 1.0
    margin = max(item.margin for item in evidence[:_MARGINS_FROM])
    return Signals(
        margin=max(-_MARGIN_BOUND, min(_MARGIN_BOUND, margin)),
        similarity=max(item.passage.dense for item in evidence),
        coverage=sum(weight for word, weight in rarity.items() if words_of(word).content[0] in held) / total,
        unknown=sum(weight for word, weight in rarity.items() if counts[word] == 0) / total,
    )


def _claim_words(question: str) -> list[str]:
    """The question's words, as they stand, that carry what it is about."""
    words = (word.strip(".,;:!?()\"'") for word in question.lower().split())
    return [word for word in dict.fromkeys(words) if words_of(word).content]
