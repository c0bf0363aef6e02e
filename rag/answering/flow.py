"""A question's way: rewrite the query, retrieve, rerank, decide, quote or write, check, cite."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import cache

from rag.answering.decision import Decision, decide
from rag.answering.generation import CheckedText, write_checked
from rag.answering.relevance import AnswerRelevance
from rag.calibration.numbers import Calibration
from rag.generators.prompts import build_messages
from rag.generators.types import Generator
from rag.grounding.types import GroundednessChecker
from rag.query.rewriting import rewrite_follow_up
from rag.query.smalltalk.topics import Recognise, Topic, reply
from rag.query.understanding import understand
from rag.reader.types import Reader
from rag.retrieval.hybrid import retrieve_variants
from rag.retrieval.reranking import rerank
from rag.retrieval.types import PassageStore, Retriever, ScoredPassage
from rag.types import (
    Answer,
    Citation,
    Done,
    Event,
    Exchange,
    Quoted,
    Reranking,
    Searching,
    Sentence,
    Timings,
    Writing,
)
from vectorstore.store import PassageView
from vectorstore.types import Chunk, Embedder, Scope

logger = logging.getLogger(__name__)

_RELATED = 3
_PROMPT_PASSAGES = 3


@dataclass(slots=True)
class _Clock:
    started: float = field(default_factory=time.perf_counter)

    def ms(self) -> float:
        return round((time.perf_counter() - self.started) * 1000.0, 1)


class AnswerFlow:
    """Answers a question, in a conversation or alone, from what ``store`` holds within the scope of the call.

    ``retriever_on`` makes the retriever for one state of the store, which finds so many ``passages`` to read. Without
    ``generator`` every answer is extractive or an abstention; ``checker`` checks what it writes. The desk abstains
    where the probability that the documents hold the answer is below ``threshold``. What ``recognise`` takes for small
    talk is not searched for; without it everything is.

    >>> flow.answer("How is glaucoma treated?", EVERYTHING).kind  # doctest: +SKIP
    'extractive'
    """

    def __init__(
        self,
        store: PassageStore,
        retriever_on: Callable[[PassageView], Retriever],
        reader: Reader,
        calibration: Calibration,
        checker: GroundednessChecker,
        generator: Generator | None = None,
        recognise: Recognise | None = None,
        *,
        passages: int,
        threshold: float,
    ) -> None:
        self._store = store
        self._retriever_on = retriever_on
        self._reader = reader
        self._calibration = calibration
        self._checker = checker
        self._generator = generator
        self._recognise = recognise
        self._passages = passages
        self._threshold = threshold

    def answer(self, question: str, scope: Scope, *, before: Sequence[Exchange] = ()) -> Answer:
        """The last of the ``events``."""
        *_, done = self.events(question, scope, before=before)
        assert isinstance(done, Done)
        return done.answer

    def events(
        self,
        question: str,
        scope: Scope,
        *,
        before: Sequence[Exchange] = (),
        stop: threading.Event | None = None,
    ) -> Iterator[Event]:
        """The events of one question, ``Done`` last. When ``stop`` is set, writing ends and what is checked counts.

        ``before`` are the turns of the conversation so far, oldest first. All that is looked up is of one state of the
        store; only a generator that rewrites a follow-up is not waited for.
        """
        clock = _Clock()
        with ExitStack() as held:
            view = held.enter_context(self._store.view())
            query = understand(question, before, view, self._retriever_on(view), scope, self._recognise)
            if isinstance(query, Topic):
                yield Done(reply(query, clock.ms()))
                return
            yield Searching(view.count(scope))
            variants = query.variants
            if query.before and self._generator and self._generator.large:
                held.close()  # no transaction waits for a generator
                variants = rewrite_follow_up(query.question, query.before, self._generator.chat)
                view = held.enter_context(self._store.view())
            read_with, passages = retrieve_variants(self._retriever_on(view), variants, scope, self._passages)
            looked_up = read_with if read_with != question.strip() else None
            timings = Timings(retrieve=clock.ms())
            if not passages:
                timings = replace(timings, total=clock.ms())
                nothing = Answer("abstained", self._reader.name, timings=timings, looked_up=looked_up)
                yield Done(reply(query.topic, clock.ms()) if query.topic else nothing)
                return
            yield Reranking(len(passages))
            weighed = [variant.weighed(view, scope) for variant in variants]
            scored = rerank(weighed, passages, self._reader, view.embedder, self._calibration.reranking)
            decision = decide(scored, weighed, self._calibration)
            timings = replace(timings, read=clock.ms() - timings.retrieve)
            quoted = self._extractive(decision, view, scope)
            embedder = view.embedder
        timings = replace(timings, first_answer=clock.ms(), total=clock.ms())
        quoted = replace(quoted, timings=timings, looked_up=looked_up)
        if quoted.kind == "abstained" and query.topic:
            yield Done(reply(query.topic, clock.ms()))
            return
        if quoted.kind != "abstained" and self._generator:
            yield Quoted(quoted)
            if stop is None or not stop.is_set():
                yield from self._write(self._generator, read_with, quoted, decision, embedder, scope, stop, clock)
                return
        yield Done(quoted)

    def _extractive(self, decision: Decision, view: PassageView, scope: Scope) -> Answer:
        """The extractive answer, or the abstention with the nearest passages."""
        unfitted = self._calibration.unfitted(view.embedder.fingerprint, self._reader.fingerprint)
        quote = decision.answer(self._threshold)
        if quote is None:
            return Answer(
                "abstained",
                self._reader.name,
                related=tuple(
                    _citation(n, near.chunk, near.passage.score)
                    for n, near in enumerate(decision.passages[:_RELATED], start=1)
                ),
                probability=decision.probability,
                withheld=decision.quote.short_answer if decision.quote else None,
                unfitted=unfitted,
            )
        chunk = quote.passage.chunk
        place = (quote.start, quote.end, quote.text, round(decision.probability, 4))
        citation = Citation(1, chunk.document, chunk.title, chunk.page, *place)
        return Answer(
            "extractive",
            self._reader.name,
            (Sentence(quote.text, (1,)),),
            (citation,),
            short_answer=quote.short_answer,
            probability=decision.probability,
            notices=view.notices({citation.document}, scope),
            unfitted=unfitted,
        )

    def _write(
        self,
        generator: Generator,
        question: str,
        quoted: Answer,
        decision: Decision,
        embedder: Embedder,
        scope: Scope,
        stop: threading.Event | None,
        clock: _Clock,
    ) -> Iterator[Event]:
        """What ``generator`` writes, checked sentence by sentence, and the better of it and the ``quoted`` answer."""
        yield Writing()
        text = CheckedText()
        relevance = AnswerRelevance(quoted, _closeness(question, embedder), large=generator.large)
        try:
            for text in self._written(generator, question, decision, relevance, stop, clock):
                yield Writing(text.sentences, text.citations)
        except Exception as error:  # whatever befalls an engine, the checked answer stands
            logger.warning("%s could not write (%s); the quoted answer stands", generator.name, type(error).__name__)
        timings = replace(quoted.timings, first_token=text.first_token_ms, total=clock.ms())
        written = replace(
            quoted,
            kind="generated",
            engine=generator.name,
            sentences=text.sentences,
            citations=text.citations,
            notices=self._notices(text.citations, scope),
        )
        replaces = bool(written.text) and relevance.of_text(written.text)
        yield Done(replace(written if replaces else quoted, timings=timings, dropped=text.dropped))

    def _written(
        self,
        generator: Generator,
        question: str,
        decision: Decision,
        relevance: AnswerRelevance,
        stop: threading.Event | None,
        clock: _Clock,
    ) -> Iterator[CheckedText]:
        """The checked text from the best passages, the quoted one first."""
        best = _first(decision.source, decision.passages)[:_PROMPT_PASSAGES]
        chunks = [passage.chunk for passage in best]
        shown = [(n, chunk.heading or chunk.title, chunk.text) for n, chunk in enumerate(chunks, start=1)]
        messages = build_messages(question, shown, generator.prompt_tokens, generator.chat.get_num_tokens)
        check = self._checker.on(chunks, question, [passage.spans for passage in best])
        stream = generator.chat.stream(messages)
        with closing(stream):  # type: ignore[type-var]
            pieces = (chunk.text for chunk in stream)
            yield from write_checked(pieces, chunks, check, relevance.of_sentence, stop, clock.ms)

    def _notices(self, citations: Sequence[Citation], scope: Scope) -> tuple[str, ...]:
        with self._store.view() as view:
            return view.notices({citation.document for citation in citations}, scope)


def _first(one: ScoredPassage, passages: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    return [one, *(passage for passage in passages if passage is not one)]


def _closeness(question: str, embedder: Embedder) -> Callable[[str], float]:
    """How close in meaning a text is to the question: the cosine of their vectors."""
    asked = cache(lambda: embedder.embed([question])[0])
    return lambda text: float(asked() @ embedder.embed([text])[0])


def _citation(n: int, chunk: Chunk, score: float) -> Citation:
    return Citation(n, chunk.document, chunk.title, chunk.page, chunk.start, chunk.end, chunk.text, round(score, 4))
