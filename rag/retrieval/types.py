"""Passages on their way from the search to the answer, and who finds them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from rag.calibration.signals import PassageSignals
from rag.reader.types import AnswerSpan
from vectorstore.store import DocumentView, FileView, PassageView
from vectorstore.types import Chunk, Passage, Scope


@runtime_checkable
class Retriever(Protocol):
    """Finds the passages that may hold an answer. tests/rag/test_retriever_contract.py says what any must do."""

    def retrieve(self, query: str, scope: Scope, limit: int) -> list[Passage]:
        """At most ``limit`` passages for ``query`` that ``scope`` allows, each once, best first."""
        ...


class QuestionView(PassageView, DocumentView, FileView, Protocol):
    """Of one state of a knowledge base, what a question needs."""


class PassageStore(Protocol):
    """Of a knowledge base, what a question needs."""

    def view(self) -> AbstractContextManager[QuestionView]:
        """One state of it: whatever is published meanwhile, all that is read through it belongs together."""
        ...


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """``text[start:end]`` of a passage, with the reader's log-odds that it belongs to the answer."""

    start: int
    end: int
    belongs: float


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage that was read for a question: its sentences, the reader's best spans in it and its log-odds that the
    passage answers, all that speaks for it, and its ``score`` among the passages of the question, of which only
    differences mean something.
    """

    passage: Passage
    spans: tuple[AnswerSpan, ...]
    sentences: tuple[ReadSentence, ...]
    relevance: float
    signals: PassageSignals
    score: float

    @property
    def chunk(self) -> Chunk:
        return self.passage.chunk

    @property
    def margin(self) -> float:
        """The best span's margin over "no answer here", bounded; the lower bound when there is no span."""
        return self.signals.margin
