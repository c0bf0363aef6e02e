"""A generator speaking alone: no passages, nothing checked. Only for comparing a fine-tuned model with the desk."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing

from langchain_core.messages import HumanMessage

from rag.generators.types import Generator
from rag.types import Answer, Done, Event, Exchange, Sentence, Timings, Writing
from vectorstore.types import Scope


class Alone:
    """Answers without documents; see ``rag.desk.answers.Answering``. What was said before is not told."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    def events(
        self,
        question: str,
        scope: Scope,  # noqa: ARG002 - of the protocol
        *,
        before: Sequence[Exchange] = (),  # noqa: ARG002 - of the protocol
        stop: threading.Event | None = None,
    ) -> Iterator[Event]:
        yield Writing()
        yield Done(speak_alone(question, self._generator, stop))

    def shorter(
        self,
        question: str,  # noqa: ARG002 - of the protocol
        answer: Answer,
        scope: Scope,  # noqa: ARG002 - of the protocol
        *,
        stop: threading.Event | None = None,  # noqa: ARG002 - of the protocol
    ) -> Iterator[Event]:
        yield Done(answer)  # what stands on no passage cannot be checked against one


def speak_alone(question: str, generator: Generator, stop: threading.Event | None = None) -> Answer:
    """What the generator says by itself, as one sentence without citations and of the kind "unchecked"."""
    started = time.perf_counter()
    text, first = "", None
    with closing(generator.chat.stream([HumanMessage(question)])) as chunks:  # type: ignore[type-var]
        for chunk in chunks:
            if first is None and chunk.text.strip():
                first = _ms_since(started)
            text += chunk.text
            if stop is not None and stop.is_set():
                break
    timings = Timings(first_answer=_ms_since(started), first_token=first, total=_ms_since(started))
    return Answer("unchecked", generator.name, (Sentence(text.strip(), ()),), timings=timings)


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000.0, 1)
