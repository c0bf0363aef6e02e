"""The wordings of a question that the documents are searched for, and how much each of their words weighs."""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Protocol

from rag.text.tokens import content_stems, has_spaced_words
from vectorstore.types import Scope

_BESIDE = 200
"""Passages that are thought beside those that are stored: a few of them cannot tell how rare a word is."""


class WordStatistics(Protocol):
    """How common words are among the stored passages."""

    def count(self, scope: Scope) -> int:
        """The number of passages within ``scope``."""
        ...

    def frequencies(self, words: Sequence[str], scope: Scope) -> dict[str, int]:
        """For each word the number of passages within ``scope`` that hold it, in any of its forms."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """The words that carry what a question is about. ``weights`` holds by stem the inverse document frequency."""

    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The sum of the weights; 1 where there is no word."""
        return sum(self.weights.values()) or 1.0

    def share(self, stems: Set[str]) -> float:
        """How much of the question's words, by weight, is among ``stems``: 0 to 1."""
        return sum(weight for stem, weight in self.weights.items() if stem in stems) / self.total


@dataclass(frozen=True, slots=True)
class QueryVariant:
    """A wording of the question. ``weight`` is how much its search and its reading count beside those of the others;
    ``terms`` are empty until they are weighed by what is stored.
    """

    text: str
    weight: float = 1.0
    terms: Terms = field(default_factory=Terms, repr=False)

    def weighed(self, statistics: WordStatistics, scope: Scope) -> "QueryVariant":
        """This variant with its terms, by how rare they are within ``scope``."""
        return replace(self, terms=terms_of(self.text, statistics, scope))


def terms_of(question: str, statistics: WordStatistics, scope: Scope) -> Terms:
    """The terms of ``question``, by how rare they are within ``scope``."""
    stripped = (word.strip(".,;:!?()\"'") for word in question.lower().split())
    words = {word: stems for word in stripped if (stems := _stems(word))}
    counts, passages = statistics.frequencies(list(words), scope), statistics.count(scope)
    weights: dict[str, float] = {}
    for word, stems in words.items():
        for stem in stems:
            if stem not in weights:
                weights[stem] = math.log((passages + _BESIDE) / (counts[word] + 0.5))
    return Terms(weights)


def _stems(word: str) -> tuple[str, ...]:
    """Those of what was written between blanks: all of a number or a code ("X.25") and of words that no blank parts,
    the first of "eye-drops".
    """
    stems = content_stems(word)
    return stems if any(map(str.isnumeric, word)) or not has_spaced_words(word) else stems[:1]
