"""What if the question, or a passage, were another? A question on its way to the quote, and all that decides on it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from rag.answering.decision import decide
from rag.calibration.numbers import Calibration
from rag.evaluation.types import UNEDITED, ReadPassage, Trial
from rag.query.smalltalk.topics import Recognise
from rag.query.understanding import query_of
from rag.reader.types import Reader
from rag.retrieval.hybrid import retrieve_variants
from rag.retrieval.reranking import rerank
from rag.retrieval.types import PassageStore, Retriever
from rag.retrieval.variants import QueryVariant
from rag.text.tokens import content_stems
from vectorstore.store import PassageView
from vectorstore.types import Embedder, Passage, Scope, embedding_input


class WhatIf:
    """Tries questions on a knowledge base that may be edited for one trial, and never is.

    The generator is not asked: whether there is an answer, and on which passage, is decided before it writes. What is
    given is what ``rag.answering.flow.AnswerFlow`` is given.
    """

    def __init__(
        self,
        store: PassageStore,
        retriever_on: Callable[[PassageView], Retriever],
        reader: Reader,
        calibration: Calibration,
        recognise: Recognise | None = None,
        *,
        passages: int,
        threshold: float,
    ) -> None:
        self._store = store
        self._retriever_on = retriever_on
        self._reader = reader
        self._calibration = calibration
        self._recognise = recognise
        self._passages = passages
        self._threshold = threshold

    def attempt(self, question: str, scope: Scope, edits: Mapping[int, str] = UNEDITED) -> Trial:
        """Ask ``question`` while the chunks in ``edits`` have other texts, each not empty.

        The search knows the stored texts: an edited chunk keeps its place and its BM25 score there. All else, from the
        cosine to the decision, sees the edited text.
        """
        with self._store.view() as view:
            return self._attempt(question, scope, edits, view)

    def _attempt(self, question: str, scope: Scope, edits: Mapping[int, str], view: PassageView) -> Trial:
        retriever = self._retriever_on(view)
        variants = query_of(question, (), view, retriever, scope, self._recognise).variants
        asked, passages = retrieve_variants(retriever, variants, scope, self._passages)
        if not passages:
            return Trial(question, self._threshold)
        found = {passage.chunk.id: place for place, passage in enumerate(passages, start=1)}
        variant = QueryVariant(asked).weighed(_EditedStatistics(view, edits), scope)
        passages = [_edited(asked, passage, edits, view.embedder) for passage in passages]
        scored = rerank([variant], passages, self._reader, view.embedder, self._calibration.reranking)
        decision = decide(scored, [variant], self._calibration)
        best = decision.best
        return Trial(
            question,
            self._threshold,
            tuple(
                ReadPassage(
                    item.chunk,
                    found[item.chunk.id],
                    item.margin,
                    (item.spans[0].start, item.spans[0].end) if item.spans else None,
                )
                for item in decision.passages
            ),
            decision.probability,
            asdict(decision.signals),
            best.text if best else "",
            best.short_answer if best else None,
            best.passage.chunk.id if best else None,
            asked if asked != question else "",
        )


@dataclass(frozen=True, slots=True)
class _EditedStatistics:
    """How common words are, the edited passages included."""

    view: PassageView
    edits: Mapping[int, str]

    def count(self, scope: Scope) -> int:
        return self.view.count(scope)

    def frequencies(self, words: Sequence[str], scope: Scope) -> dict[str, int]:
        edited = [frozenset(content_stems(text)) for text in self.edits.values()]
        return {
            word: count + sum(not held.isdisjoint(content_stems(word)) for held in edited)
            for word, count in self.view.frequencies(words, scope).items()
        }


def _edited(question: str, passage: Passage, edits: Mapping[int, str], embedder: Embedder) -> Passage:
    text = edits.get(passage.chunk.id)
    if text is None:
        return passage
    (asked,) = embedder.embed_queries([question])
    (edited,) = embedder.embed([embedding_input(passage.chunk.heading, text)])
    chunk = replace(passage.chunk, text=text, end=passage.chunk.start + len(text))
    return replace(passage, chunk=chunk, dense=float(asked @ edited))
