"""In-memory twins of what answers a question; each passes the contract of the real thing."""

import re
from collections.abc import Sequence

from rag.grounding.types import Place, Verdict
from rag.reader.types import AnswerSpan, Support
from vectorstore.types import Chunk, Passage, Scope


class WordRetriever:
    """Finds the chunks that share most words with the query; ``collections`` says by document where each one is."""

    def __init__(self, chunks: Sequence[Chunk], collections: dict[int, str]) -> None:
        self._chunks = chunks
        self._collections = collections

    def retrieve(self, query: str, scope: Scope, limit: int) -> list[Passage]:
        asked = _words(query)
        shares = {chunk.id: len(asked & _words(f"{chunk.heading} {chunk.text}")) / len(asked) for chunk in self._chunks}
        found = [Passage(chunk, shares[chunk.id], 0.0, 0.0) for chunk in self._chunks if self._allows(scope, chunk)]
        return sorted(found, key=lambda passage: -passage.score)[:limit]

    def _allows(self, scope: Scope, chunk: Chunk) -> bool:
        collections, documents = scope.collections, scope.documents
        return (collections is None or self._collections[chunk.document] in collections) and (
            documents is None or chunk.document in documents
        )


class WordsSupport:
    """Finds a sentence supported by a passage that has all of its words."""

    def support(self, pairs: Sequence[tuple[str, str]]) -> list[Support]:
        said = [_words(sentence) <= _words(passage) for sentence, passage in pairs]
        return [Support(1.0, 0.0, 0.0) if yes else Support(0.0, 0.0, 1.0) for yes in said]


class VerbatimChecker:
    """Finds a sentence supported where it stands, word for word."""

    def on(
        self, chunks: Sequence[Chunk], question: str = "", found: Sequence[Sequence[AnswerSpan]] = ()
    ) -> "VerbatimCheck":
        return VerbatimCheck(chunks)


class VerbatimCheck:
    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks

    def __call__(self, sentence: str, after: Place | None = None) -> Verdict:
        for number, chunk in enumerate(self._chunks):
            start = chunk.text.find(sentence)
            if sentence and start >= 0:
                place = Place(number, chunk.start + start, chunk.start + start + len(sentence))
                return Verdict((place,), 1.0)
        return Verdict((), 0.0, "not said")


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
