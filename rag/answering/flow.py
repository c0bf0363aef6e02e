"""The answer flow: search, read, quote or abstain, then write and check. A LangChain ``Runnable`` from question to
answer.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig

from rag.answering.decision import Judgement, judge
from rag.answering.generation import CheckedText, write_checked
from rag.answering.relevance import Pertinence
from rag.generators.prompts import build_messages
from rag.grounding.checker import Checker
from rag.grounding.trained import Entails
from rag.query.rewriting import Formulator
from rag.query.smalltalk.topics import Recognise, Topic, reply
from rag.reader.types import Reader
from rag.retrieval.multi_query import search_formulations
from rag.retrieval.reranking import Evidence, wording_of
from rag.types import (
    Answer,
    Citation,
    Done,
    Event,
    Exchange,
    Quoted,
    Reading,
    Searching,
    Sentence,
    Timings,
    Writing,
)
from vectorstore.sqlite import catalogue
from vectorstore.sqlite.knowledge import KnowledgeBase
from vectorstore.types import EVERYTHING, Chunk, Scope

logger = logging.getLogger(__name__)

_RELATED = 3
_PROMPT_PASSAGES = 3


@dataclass(frozen=True, slots=True)
class Writer:
    """A generator and what the flow must know of it. ``name`` is for people; ``prompt_tokens`` bounds what it is
    given. A ``large`` one is also trusted to put a follow-up question into words that stand alone, and to answer with
    other words than the reader's.
    """

    chat: BaseChatModel
    name: str
    prompt_tokens: int
    large: bool = False


@dataclass(slots=True)
class _Clock:
    started: float = field(default_factory=time.perf_counter)

    def ms(self) -> float:
        return round((time.perf_counter() - self.started) * 1000.0, 1)


class AnswerFlow(Runnable[str, Answer]):
    """Answers a question, in a conversation or alone.

    ``retriever`` is any LangChain retriever whose documents carry a ``Passage`` (``KnowledgeRetriever`` does); without
    ``writer`` every answer is extractive or an abstention. ``scope`` is the retriever's, for what it counts. What
    ``recognise`` takes for small talk is not searched for; without it everything is. It abstains where the probability
    that the documents hold the answer is below ``caution``. ``entails`` judges written sentences in place of the
    check's own score.

    >>> flow = AnswerFlow(knowledge, retriever, reader, writer, caution=0.4)  # doctest: +SKIP
    >>> flow.invoke("How is glaucoma treated?").kind  # doctest: +SKIP
    'extractive'
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        retriever: BaseRetriever,
        reader: Reader,
        writer: Writer | None,
        scope: Scope = EVERYTHING,
        recognise: Recognise | None = None,
        *,
        caution: float,
        entails: Entails | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._retriever = retriever
        self._reader = reader
        self._writer = writer
        self._scope = scope
        self._recognise = recognise
        self._caution = caution
        self._checker = Checker(knowledge.embedder, entails)
        rewriter = writer.chat if writer and writer.large else None
        self._formulator = Formulator(retriever, knowledge, scope, recognise, rewriter)

    def invoke(self, input: str, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        answer: Answer | None = None
        for event in self.events(input, config=config):
            if isinstance(event, Done):
                answer = event.answer
        assert answer is not None
        return answer

    def events(
        self,
        question: str,
        *,
        before: Sequence[Exchange] = (),
        stop: threading.Event | None = None,
        config: RunnableConfig | None = None,
    ) -> Iterator[Event]:
        """The events of one question, ``Done`` last. When ``stop`` is set, writing ends and what is checked counts.

        ``before`` are the turns of the conversation so far, oldest first.
        """
        clock = _Clock()
        topic = self._recognise(question) if self._recognise else None
        if topic is not None and topic is not Topic.REFDESK:
            yield Done(reply(topic, clock.ms()))
            return
        yield Searching(self._knowledge.count(self._scope))
        typed = question
        formulations = self._formulator.formulate(question, before, config)
        question, passages = search_formulations(self._retriever, formulations, config)
        timings = Timings(retrieve=clock.ms())
        looked_up = question if question != typed.strip() else None
        if not passages:
            timings = replace(timings, total=clock.ms())
            nothing = Answer("abstained", self._reader.name, timings=timings, looked_up=looked_up)
            yield Done(nothing if topic is None else reply(topic, clock.ms()))
            return
        yield Reading(len(passages))
        asked = [wording_of(one.text, self._knowledge, self._scope, one.weight) for one in formulations]
        judged = judge(asked, passages, self._reader, self._knowledge.embedder)
        timings = replace(timings, read=clock.ms() - timings.retrieve)
        quoted = self._quoted(judged)
        timings = replace(timings, first_answer=clock.ms(), total=clock.ms())
        quoted = replace(quoted, timings=timings, looked_up=looked_up)
        if quoted.kind == "abstained" and topic is Topic.REFDESK:
            yield Done(reply(topic, clock.ms()))
            return
        if quoted.kind == "abstained" or self._writer is None or (stop is not None and stop.is_set()):
            yield Done(quoted)
            return
        writer = self._writer
        yield Quoted(quoted)
        yield Writing()
        evidence = [judged.source, *(item for item in judged.evidence if item is not judged.source)]
        text = CheckedText()
        pertinence = Pertinence(quoted, self._closeness(question), large=writer.large)
        try:
            for text in self._written(question, evidence, writer, pertinence, stop, clock):
                yield Writing(text.sentences, text.citations)
        except Exception as error:  # whatever befalls an engine, the checked answer stands
            logger.warning("%s could not write (%s); the quoted answer stands", writer.name, type(error).__name__)
        timings = replace(timings, first_token=text.first_token_ms, total=clock.ms())
        written = replace(
            quoted,
            kind="generated",
            engine=writer.name,
            sentences=text.sentences,
            citations=text.citations,
            notices=self._notices(text.citations),
        )
        replaces = bool(written.text) and pertinence.of_text(written.text)
        yield Done(replace(written if replaces else quoted, timings=timings, dropped=text.dropped))

    def _quoted(self, judged: Judgement) -> Answer:
        """The extractive answer, or the abstention with the nearest passages."""
        quote = judged.answer(self._caution)
        if quote is None:
            related = tuple(
                _citation(n, item.chunk, item.passage.score)
                for n, item in enumerate(judged.evidence[:_RELATED], start=1)
            )
            withheld = judged.quote.short_answer if judged.quote else None
            return Answer(
                "abstained", self._reader.name, related=related, probability=judged.probability, withheld=withheld
            )
        chunk = quote.evidence.chunk
        place = (quote.start, quote.end, quote.text, round(judged.probability, 4))
        citation = Citation(1, chunk.document, chunk.title, chunk.page, *place)
        return Answer(
            "extractive",
            self._reader.name,
            (Sentence(quote.text, (1,)),),
            (citation,),
            short_answer=quote.short_answer,
            probability=judged.probability,
            notices=self._notices((citation,)),
        )

    def _notices(self, citations: Sequence[Citation]) -> tuple[str, ...]:
        with self._knowledge.database.read() as connection:
            return catalogue.notices_of(connection, {citation.document for citation in citations})

    def _written(
        self,
        question: str,
        evidence: Sequence[Evidence],
        writer: Writer,
        pertinence: Pertinence,
        stop: threading.Event | None,
        clock: _Clock,
    ) -> Iterator[CheckedText]:
        best = [item.chunk for item in evidence[:_PROMPT_PASSAGES]]
        shown = [(n, chunk.heading or chunk.title, chunk.text) for n, chunk in enumerate(best, start=1)]
        messages = build_messages(question, shown, writer.prompt_tokens, writer.chat.get_num_tokens)
        grounds = self._checker.on(best, question, [item.spans for item in evidence[:_PROMPT_PASSAGES]])
        stream = writer.chat.stream(messages)
        with closing(stream):  # type: ignore[type-var]
            pieces = (chunk.text for chunk in stream)
            yield from write_checked(pieces, best, grounds, pertinence.of_sentence, stop, clock.ms)

    def _closeness(self, question: str) -> Callable[[str], float]:
        """How close in meaning a text is to the question: the cosine of their vectors."""
        embedder = self._knowledge.embedder
        asked = cache(lambda: embedder.embed([question])[0])
        return lambda text: float(asked() @ embedder.embed([text])[0])


def _citation(n: int, chunk: Chunk, score: float) -> Citation:
    return Citation(n, chunk.document, chunk.title, chunk.page, chunk.start, chunk.end, chunk.text, round(score, 4))
