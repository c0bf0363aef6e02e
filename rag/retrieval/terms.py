"""The words that carry what a question is about, weighted by how rare they are among the stored passages."""

import math
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from rag.text.words import words_of

Frequencies = Callable[[list[str]], dict[str, int]]
"""For each word the number of stored passages that hold it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """``weights`` holds by stem the inverse document frequency; ``unknown`` is the share (of the weights' sum) of the
    words that no passage holds.
    """

    weights: Mapping[str, float]
    unknown: float

    @property
    def total(self) -> float:
        """The sum of the weights; 1 where there is no word."""
        return sum(self.weights.values()) or 1.0

    def share(self, stems: Set[str]) -> float:
        """How much of the question's words, by weight, is among ``stems``: 0 to 1."""
        return sum(weight for stem, weight in self.weights.items() if stem in stems) / self.total


def terms_of(question: str, frequencies: Frequencies, passages: int) -> Terms:
    """The terms of ``question`` where so many ``passages`` are stored."""
    stripped = (word.strip(".,;:!?()\"'") for word in question.lower().split())
    words = {word: words_of(word).content[0] for word in stripped if words_of(word).content}
    counts = frequencies(list(words))
    weights: dict[str, float] = {}
    unknown = 0.0
    for word, stem in words.items():
        if stem not in weights:
            weights[stem] = math.log((passages + 1) / (counts[word] + 0.5))
            unknown += weights[stem] if counts[word] == 0 else 0.0
    return Terms(weights, unknown / (sum(weights.values()) or 1.0))
