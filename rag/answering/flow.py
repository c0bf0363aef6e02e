"""A question's way: rewrite the query, retrieve, rerank, decide, quote or write, check, cite."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from rag.answering.catalogue import catalogue_answer
from rag.answering.composing import Extract
from rag.answering.decision import Decision, decide
from rag.answering.extractive import DecidedPart, ExtractiveAnswers, Thresholds
from rag.answering.overview import mentions, summary
from rag.answering.written import WrittenAnswers
from rag.calibration.numbers import Calibration
from rag.generators.types import Generator
from rag.grounding.types import GroundednessChecker
from rag.query.rewriting import rewrite_follow_up
from rag.query.smalltalk.topics import Recognise, Topic, reply
from rag.query.types import Query, QueryPart, Shape
from rag.query.understanding import understand
from rag.reader.types import Reader
from rag.retrieval.hybrid import retrieve_variants
from rag.retrieval.reranking import rerank
from rag.retrieval.types import PassageStore, QuestionView, Retriever, ScoredPassage
from rag.retrieval.variants import QueryVariant
from rag.text.tokens import content_stems
from rag.types import Answer, Done, Event, Exchange, Quoted, Reranking, Searching, Timings
from vectorstore.store import PassageView
from vectorstore.types import Passage, Scope

_PROMPT_PASSAGES = 3
_FEWEST_PASSAGES = 6
"""Of each of several parts."""


@dataclass(slots=True)
class _Clock:
    started: float = field(default_factory=time.perf_counter)

    def ms(self) -> float:
        return round((time.perf_counter() - self.started) * 1000.0, 1)


@dataclass(frozen=True, slots=True)
class _Found:
    """A part of a question, the wording that its passages are read with, and the passages."""

    part: QueryPart
    read_with: str
    passages: tuple[Passage, ...]


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
        self._generator = generator
        self._written = WrittenAnswers(generator, checker) if generator else None
        self._recognise = recognise
        self._passages = passages
        self._thresholds = Thresholds(threshold, calibration.certainty.threshold)

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
            if query.before and self._generator and self._generator.large:
                held.close()  # no transaction waits for a generator
                query = _of_one_part(query, rewrite_follow_up(query.question, query.before, self._generator.chat))
                view = held.enter_context(self._store.view())
            answers = ExtractiveAnswers(view, scope, self._thresholds)
            if extracts := _overview(query, view, scope):
                yield Done(answers.of_extracts(extracts, self._reader.name, clock.ms()))
                return
            found = self._retrieve(query, view, scope)
            timings = Timings(retrieve=clock.ms())
            if not found:
                nothing = Answer("abstained", self._reader.name, timings=replace(timings, total=clock.ms()))
                yield Done(reply(query.topic, clock.ms()) if query.topic else nothing)
                return
            yield Reranking(sum(len(one.passages) for one in found))
            decided = [self._decide(one, view, scope) for one in found]
            timings = replace(timings, read=clock.ms() - timings.retrieve)
            quoted = answers.answer(_needed(decided, query), query.shape, query.unnamed, self._reader.name)
            # What documents say themselves goes before what is known of them.
            is_sure = quoted.kind != "abstained" and quoted.certainty == "sure"
            known = None if is_sure or query.shape is not Shape.METADATA else catalogue_answer(query, view, scope)
            if known:
                notices = view.notices({citation.document for citation in known.citations}, scope)
                timings = replace(timings, first_answer=clock.ms(), total=clock.ms())
                yield Done(replace(known, notices=notices, timings=timings))
                return
            embedder = view.embedder
            unfitted = self._calibration.unfitted(embedder.fingerprint, self._reader.fingerprint)
        looked_up = " ".join(one.read_with for one in found if one.part.label or len(found) == 1)
        timings = replace(timings, first_answer=clock.ms(), total=clock.ms())
        quoted = replace(
            quoted,
            timings=timings,
            looked_up=looked_up if looked_up != question.strip() else None,
            unfitted=unfitted,
        )
        if quoted.kind == "abstained" and query.topic:
            yield Done(reply(query.topic, clock.ms()))
            return
        if quoted.kind != "abstained" and self._written and self._written.adds_to(quoted):
            yield Quoted(quoted)
            if stop is None or not stop.is_set():
                best = _shown([one.decision for one in decided])
                chunks, spans = [one.chunk for one in best], [one.spans for one in best]
                written = self._written.events(found[0].read_with, quoted, chunks, spans, embedder, stop, clock.ms)
                yield from self._with_notices(written, scope)
                return
        yield Done(quoted)

    def shorter(
        self, question: str, answer: Answer, scope: Scope, *, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """The events of saying an ``answer`` to ``question`` in fewer words, ``Done`` last: with the checked text of
        the generator, or with the answer as it was, where there is none or it writes nothing that stands.
        """
        clock = _Clock()
        if self._written is None or not answer.citations:
            yield Done(answer)
            return
        with self._store.view() as view:
            embedder = view.embedder
        yield from self._with_notices(self._written.shorter(question, answer, embedder, stop, clock.ms), scope)

    def _with_notices(self, events: Iterator[Event], scope: Scope) -> Iterator[Event]:
        """The events, the answer with the notices of what it cites."""
        for event in events:
            if isinstance(event, Done):
                with self._store.view() as view:
                    notices = view.notices({citation.document for citation in event.answer.citations}, scope)
                event = Done(replace(event.answer, notices=notices))
            yield event

    def _retrieve(self, query: Query, view: PassageView, scope: Scope) -> list[_Found]:
        """What is found for each part that anything is found for; for a comparison also for the whole question."""
        parts = query.parts
        if len(parts) > 1 and query.shape is Shape.COMPARISON:
            parts = (QueryPart("", query.variants), *parts)
        limit = max(_FEWEST_PASSAGES, self._passages // len(parts))
        found = []
        for part in parts:
            read_with, passages = retrieve_variants(self._retriever_on(view), part.variants, scope, limit)
            if passages:
                found.append(_Found(part, read_with, tuple(passages)))
        return found

    def _decide(self, found: _Found, view: PassageView, scope: Scope) -> DecidedPart:
        weighed = [variant.weighed(view, scope) for variant in found.part.variants]
        scored = rerank(weighed, found.passages, self._reader, view.embedder, self._calibration.reranking)
        yes_no = found.part.shape is Shape.YES_NO
        decision = decide(scored, weighed, self._calibration, yes_no=yes_no)
        return DecidedPart(found.part.label, found.read_with, decision)


def _overview(query: Query, view: QuestionView, scope: Scope) -> tuple[Extract, ...]:
    """What answers a question about documents as wholes; nothing where it is another, or nothing is found."""
    if query.shape is Shape.MENTIONS:
        return mentions(query.subject, view, scope)
    if query.shape is Shape.SUMMARY:
        return summary(query.subject, view, scope)
    return ()


def _of_one_part(query: Query, variants: tuple[QueryVariant, ...]) -> Query:
    return replace(query, variants=variants, parts=(QueryPart("", variants),))


def _needed(decided: Sequence[DecidedPart], query: Query) -> list[DecidedPart]:
    """The parts to answer: of a comparison the whole question alone, where one sentence tells of all that is compared
    and what tells of one of the things is not likelier to answer, else what is compared one by one.
    """
    if len(decided) == 1 or query.shape is not Shape.COMPARISON:
        return list(decided)
    whole, parts = decided[0], [one for one in decided if one.label]
    best = whole.decision.best
    said = frozenset(content_stems(best.text)) if best else frozenset()
    tells_all = all(not said.isdisjoint(content_stems(part.label)) for part in query.parts)
    least = min((part.decision.probability for part in parts), default=0.0)
    return [whole] if not parts or (tells_all and whole.decision.probability >= least) else parts


def _shown(decisions: Sequence[Decision]) -> list[ScoredPassage]:
    """The passages to write from: what is quoted of each part, then the best of the others."""
    ordered = [decision.source for decision in decisions] + [one for of in decisions for one in of.passages]
    return list({one.chunk.id: one for one in ordered}.values())[:_PROMPT_PASSAGES]
