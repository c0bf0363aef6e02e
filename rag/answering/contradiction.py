"""Documents that contradict each other: what another one says of the same with another number."""

from collections.abc import Iterable

from rag.answering.selection import SentenceCandidate
from rag.text.tokens import Kind, tokens_of

_IN_COMMON = 0.6
"""Of the words of the shorter sentence so many are in the other too, if both say something of the same."""
_FEWEST_IN_COMMON = 3


def contradicting(best: SentenceCandidate, others: Iterable[SentenceCandidate]) -> SentenceCandidate | None:
    """The first sentence of another document that says the same of another number."""
    document = best.passage.chunk.document
    words, numbers = _words_and_numbers(best.text)
    for other in others:
        if other.passage.chunk.document == document:
            continue
        its_words, its_numbers = _words_and_numbers(other.text)
        common = len(words & its_words)
        alike = common >= max(_FEWEST_IN_COMMON, _IN_COMMON * min(len(words), len(its_words)))
        if alike and numbers - its_numbers and its_numbers - numbers:
            return other
    return None


def _words_and_numbers(sentence: str) -> tuple[frozenset[str], frozenset[str]]:
    tokens = tokens_of(sentence)
    words = frozenset(token.key for token in tokens if token.kind in (Kind.WORD, Kind.NAME))
    return words, frozenset(token.key for token in tokens if token.kind is Kind.NUMBER)
