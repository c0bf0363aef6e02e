"""What if the question, or a passage, were another? A question on its way to the quote, and all that decides on it."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from langchain_core.retrievers import BaseRetriever

from rag.answering.decision import judge
from rag.evaluation.types import UNEDITED, ReadPassage, Trial
from rag.query.rewriting import Formulator
from rag.query.smalltalk.topics import Recognise
from rag.reader.types import Reader
from rag.retrieval.multi_query import search_formulations
from rag.retrieval.reranking import Wording
from rag.retrieval.terms import terms_of
from rag.text.words import words_of
from vectorstore.sqlite.knowledge import KnowledgeBase
from vectorstore.types import Passage, embedding_input


class WhatIf:
    """Tries questions on a knowledge base that may be edited for one trial, and never is.

    The generator is not asked: whether there is an answer, and on which passage, is decided before it writes.
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        retriever: BaseRetriever,
        reader: Reader,
        caution: float,
        recognise: Recognise | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._retriever = retriever
        self._formulator = Formulator(retriever, knowledge, recognise=recognise)
        self._reader = reader
        self._caution = caution

    def attempt(self, question: str, edits: Mapping[int, str] = UNEDITED) -> Trial:
        """Ask ``question`` while the chunks in ``edits`` have other texts, each not empty.

        The search knows the stored texts: an edited chunk keeps its place and its BM25 score there. All else, from the
        cosine to the decision, sees the edited text.
        """
        asked, passages = search_formulations(self._retriever, self._formulator.formulate(question))
        if not passages:
            return Trial(question, self._caution)
        found = {passage.chunk.id: place for place, passage in enumerate(passages, start=1)}
        edited = [frozenset(words_of(text).content) for text in edits.values()]

        def frequencies(words: list[str]) -> dict[str, int]:
            """In how many passages a word stands, the edited ones included."""
            counts = self._knowledge.frequencies(words)
            return {
                word: count + sum(not held.isdisjoint(words_of(word).content) for held in edited)
                for word, count in counts.items()
            }

        wording = Wording(asked, terms_of(asked, frequencies, self._knowledge.count()))
        passages = [self._edited(asked, passage, edits) for passage in passages]
        judged = judge([wording], passages, self._reader, self._knowledge.embedder)
        quote = judged.quote
        return Trial(
            question,
            self._caution,
            tuple(
                ReadPassage(
                    item.chunk,
                    found[item.chunk.id],
                    item.margin,
                    (item.spans[0].start, item.spans[0].end) if item.spans else None,
                )
                for item in judged.evidence
            ),
            judged.probability,
            asdict(judged.signals),
            quote.text if quote else "",
            quote.short_answer if quote else None,
            quote.evidence.chunk.id if quote else None,
            asked if asked != question else "",
        )

    def _edited(self, question: str, passage: Passage, edits: Mapping[int, str]) -> Passage:
        text = edits.get(passage.chunk.id)
        if text is None:
            return passage
        asked, edited = self._knowledge.embedder.embed([question, embedding_input(passage.chunk.heading, text)])
        chunk = replace(passage.chunk, text=text, end=passage.chunk.start + len(text))
        return replace(passage, chunk=chunk, dense=float(asked @ edited))
