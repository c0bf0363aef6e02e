"""Do the documents answer this question? One probability from three signals, calibrated by benchmarks/abstention.py."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answering.evidence import Evidence
from rag.grounding.words import words_of

_MARGIN_BOUND = 8.0
_QUESTION_WORDS = frozenset(("what", "which", "who", "when", "where", "why", "how"))


@dataclass(frozen=True, slots=True)
class Signals:
    """``margin``: the reader's, bounded; ``similarity``: cosine of question and passage, best of the passages;
    ``coverage``: share of the question's words, weighted by rarity, that the best passage or its heading holds.
    """

    margin: float
    similarity: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of a logistic model over the signals."""

    intercept: float
    margin: float
    similarity: float
    coverage: float

    def probability(self, signals: Signals) -> float:
        """Between 0 (the documents do not say) and 1."""
        logit = (
            self.intercept
            + self.margin * signals.margin
            + self.similarity * signals.similarity
            + self.coverage * signals.coverage
        )
        return 1.0 / (1.0 + math.exp(-logit))


CALIBRATION = Calibration(intercept=-7.0, margin=0.25, similarity=7.0, coverage=4.0)
THRESHOLD = 0.5


def signals_of(
    question: str, evidence: Sequence[Evidence], frequencies: Callable[[list[str]], dict[str, int]], passages: int
) -> Signals:
    """The signals for the best of ``evidence``; ``frequencies`` counts the stored ``passages`` that hold a word."""
    best = evidence[0]
    held = frozenset(words_of(f"{best.chunk.heading} {best.chunk.text}").content)
    weights = _rarity(question, frequencies, passages)
    total = sum(weights.values())
    covered = sum(weight for word, weight in weights.items() if words_of(word).content[0] in held)
    return Signals(
        margin=max(-_MARGIN_BOUND, min(_MARGIN_BOUND, max(item.margin for item in evidence[:3]))),
        similarity=max(item.passage.dense for item in evidence),
        coverage=covered / total if total else 0.0,
    )


def _rarity(question: str, frequencies: Callable[[list[str]], dict[str, int]], passages: int) -> dict[str, float]:
    """Each claim-carrying word of the question with its inverse document frequency."""
    words = [word for word in dict.fromkeys(question.lower().replace("?", " ").split()) if words_of(word).content]
    words = [stripped for word in words if (stripped := word.strip(".,;:!()\"'")) and words_of(stripped).content]
    return {word: math.log((passages + 1) / (count + 0.5)) for word, count in frequencies(words).items()}
