"""Documents that contradict each other: what another one says of the same with another number or date, and what another
version of a document says.
"""

from collections.abc import Callable, Iterable, Iterator

from rag.answering.selection import SentenceCandidate
from rag.text.tokens import LEXICON, Kind, Token, content_stems, tokens_of

_AS_RELEVANT = 1.0
"""How much less relevant (log-odds) the other passage may be: one of another subject is so by two or more."""
_IN_COMMON = 0.5
"""Of the words of the shorter sentence so many are in the other too, if both say something of the same."""
_SAYING = frozenset({Kind.WORD, Kind.NAME})


def contradicting(
    best: SentenceCandidate,
    others: Iterable[SentenceCandidate],
    question: str,
    are_versions: Callable[[int, int], bool],
) -> SentenceCandidate | None:
    """The first sentence of another document that answers ``question`` as well as ``best``, and with another value.

    It is about the same: it and its heading hold all words of the question that ``best`` and its heading hold, and no
    number beside the answers tells the two apart. Of another version of the document whatever differs is taken.
    """
    mine = _Said(best)
    asked = mine.stems.intersection(content_stems(question))
    for other in others:
        documents = best.passage.chunk.document, other.passage.chunk.document
        if documents[0] == documents[1]:
            continue
        if are_versions(*documents):
            if content_stems(other.text) != content_stems(best.text):
                return other
            continue
        if best.passage.relevance - other.passage.relevance > _AS_RELEVANT:
            continue
        its = _Said(other)
        if asked <= its.stems and mine.is_like(its) and mine.differs_from(its):
            return other
    return None


class _Said:
    """What a sentence says: its words and values, and which of them are its answer."""

    def __init__(self, candidate: SentenceCandidate) -> None:
        tokens = tokens_of(candidate.text)
        answer = frozenset(_values(tokens_of(candidate.short_answer or "")))
        self.stems = frozenset(content_stems(f"{candidate.passage.chunk.heading}\n{candidate.text}"))
        self._values = frozenset(_values(tokens))
        self._answer = answer or self._values
        self._beside = self._values - self._answer
        self._words = frozenset(token.key for token in tokens if token.kind in _SAYING and not _is_date(token))

    def is_like(self, other: "_Said") -> bool:
        common = len(self._words & other._words)
        return common >= _IN_COMMON * min(len(self._words), len(other._words))

    def differs_from(self, other: "_Said") -> bool:
        """Whether both have values as an answer that the other lacks, and beside it at most one of them."""
        apart = self._beside - other._beside and other._beside - self._beside
        return bool(self._answer - other._values and other._answer - self._values) and not apart


def _values(tokens: Iterable[Token]) -> Iterator[str]:
    return (token.key for token in tokens if token.kind is Kind.NUMBER or _is_date(token))


def _is_date(token: Token) -> bool:
    return token.word in LEXICON.calendar
