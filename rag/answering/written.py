"""The written answer: by a generator, from passages, each sentence checked before anyone sees it."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cache

from rag.answering.generation import CheckedText, write_checked
from rag.answering.relevance import AnswerRelevance
from rag.generators.prompts import build_messages
from rag.generators.types import Generator
from rag.grounding.types import GroundednessChecker
from rag.reader.types import AnswerSpan
from rag.types import Answer, Citation, Done, Event, Writing, text_of
from vectorstore.types import Chunk, Embedder

logger = logging.getLogger(__name__)

Clock = Callable[[], float]
"""Milliseconds since the question came."""


class WrittenAnswers:
    """What ``generator`` makes of an extractive answer, and of the passages it stands on."""

    def __init__(self, generator: Generator, checker: GroundednessChecker) -> None:
        self._generator = generator
        self._checker = checker

    def adds_to(self, quoted: Answer) -> bool:
        """Whether it is worth writing unasked: a small generator has something to add only where passages are to be
        joined.
        """
        return self._is_worth(quoted.citations)

    def _is_worth(self, citations: Sequence[Citation]) -> bool:
        return self._generator.large or self._generator.always or len(citations) > 1

    def events(
        self,
        question: str,
        quoted: Answer,
        chunks: Sequence[Chunk],
        spans: Sequence[Sequence[AnswerSpan]],
        embedder: Embedder,
        stop: threading.Event | None,
        clock: Clock,
    ) -> Iterator[Event]:
        """Write from ``chunks``, in each of which the reader found ``spans``; in the end the better of the text and the
        ``quoted`` answer. A small generator's is that only if it joins passages.
        """

        def adds(text: CheckedText) -> bool:
            return self._is_worth(text.citations)

        yield from self._events(question, quoted, chunks, spans, _closeness(question, embedder), adds, stop, clock)

    def shorter(
        self, question: str, quoted: Answer, embedder: Embedder, stop: threading.Event | None, clock: Clock
    ) -> Iterator[Event]:
        """Say the ``quoted`` answer in fewer words, from what it cites alone; in the end itself, where that fails."""
        chunks = [_as_chunk(citation) for citation in quoted.citations]
        spans: list[Sequence[AnswerSpan]] = [()] * len(chunks)

        def is_shorter(text: CheckedText) -> bool:
            return len(text_of(text.sentences).split()) < len(quoted.text.split())

        yield from self._events(
            question, quoted, chunks, spans, _closeness(question, embedder), is_shorter, stop, clock
        )

    def _events(
        self,
        question: str,
        quoted: Answer,
        chunks: Sequence[Chunk],
        spans: Sequence[Sequence[AnswerSpan]],
        closeness: Callable[[str], float],
        wanted: Callable[[CheckedText], bool],
        stop: threading.Event | None,
        clock: Clock,
    ) -> Iterator[Event]:
        yield Writing()
        text = CheckedText()
        relevance = AnswerRelevance(quoted, chunks, closeness, large=self._generator.large)
        try:
            for text in self._texts(question, chunks, spans, relevance, stop, clock):
                yield Writing(text.sentences, text.citations)
        except Exception as error:  # whatever befalls an engine, the checked answer stands
            logger.warning(
                "%s could not write (%s); the quoted answer stands", self._generator.name, type(error).__name__
            )
        stands = bool(text.sentences) and wanted(text) and relevance.of_text(text_of(text.sentences))
        timings = replace(quoted.timings, first_token=text.first_token_ms, total=clock())
        written = replace(
            quoted,
            kind="generated",
            engine=self._generator.name,
            sentences=text.sentences,
            citations=text.citations,
        )
        yield Done(replace(written if stands else quoted, timings=timings, dropped=text.dropped))

    def _texts(
        self,
        question: str,
        chunks: Sequence[Chunk],
        spans: Sequence[Sequence[AnswerSpan]],
        relevance: AnswerRelevance,
        stop: threading.Event | None,
        clock: Clock,
    ) -> Iterator[CheckedText]:
        """The checked text so far, after each sentence."""
        generator = self._generator
        shown = [(n, chunk.heading or chunk.title, chunk.text) for n, chunk in enumerate(chunks, start=1)]
        messages = build_messages(question, shown, generator.prompt_tokens, generator.chat.get_num_tokens)
        check = self._checker.on(chunks, question, spans)
        stream = generator.chat.stream(messages)
        with closing(stream):  # type: ignore[type-var]
            pieces = (chunk.text for chunk in stream)
            yield from write_checked(pieces, chunks, check, relevance.of_sentence, stop, clock)


def _closeness(question: str, embedder: Embedder) -> Callable[[str], float]:
    """How close in meaning a text is to the question: the cosine of their vectors."""
    asked = cache(lambda: embedder.embed_queries([question])[0])
    return lambda text: float(asked() @ embedder.embed([text])[0])


def _as_chunk(citation: Citation) -> Chunk:
    place = (citation.page, citation.start, citation.end)
    return Chunk(citation.n, citation.document, citation.title, "", *place, citation.title, citation.quote)
