"""A flow that answers in steps."""

import threading
from collections.abc import Iterator, Sequence

from rag.types import Answer, Citation, Done, Event, Exchange, Quoted, Searching, Sentence, Timings, Writing
from vectorstore.types import Scope

QUOTED = Answer("extractive", "reader", (Sentence("Quoted.", (1,)),), (Citation(1, 1, "T", 2, 0, 7, "Quoted.", 0.5),))
WRITTEN = Answer(
    "generated", "writer", (Sentence("Written.", (1,)),), QUOTED.citations, (), "x", Timings(1.0, 2.0, 3.0, None, 5.0)
)


class SteppedFlow:
    """Answers in steps; ``go`` lets it past the quoted answer. What is said in fewer words is ``short``."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.before: list[list[Exchange]] = []
        self.go = threading.Event()
        self.reached = threading.Event()
        self.failure: Exception | None = None
        self.short: Answer | None = WRITTEN

    def events(
        self, question: str, scope: Scope, *, before: Sequence[Exchange] = (), stop: threading.Event | None = None
    ) -> Iterator[Event]:
        self.asked.append(question)
        self.before.append(list(before))
        yield Searching(10)
        if self.failure:
            raise self.failure
        yield Quoted(QUOTED)
        yield Writing()
        self.reached.set()
        while not self.go.wait(0.005):
            if stop is not None and stop.is_set():
                yield Done(QUOTED)
                return
        yield Done(WRITTEN)

    def shorter(
        self, question: str, answer: Answer, scope: Scope, *, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        self.asked.append(f"Shorter: {question}")
        yield Writing()
        if self.failure:
            raise self.failure
        yield Done(self.short or answer)
