"""Questions to begin with: taken from the documents' own headings, offered only if the desk answers them well."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from rag.types import Answer
from vectorstore.errors import RefdeskError
from vectorstore.store import DocumentView, KnowledgeStore
from vectorstore.types import HEADING_SEPARATOR, Scope

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

Quote = Callable[[str, Scope], Answer]
"""Answers a question from the documents in scope without a generator."""

_OFFERED = 4
_TRIED = 8
_MIN_CHARACTERS, _MAX_CHARACTERS = 12, 90
_SCOPES_KEPT = 16


@dataclass(slots=True)
class _Kept:
    """What is offered within a scope, worked out for one state of the knowledge base."""

    offered: tuple[str, ...] = ()
    publication: int | None = None
    busy: threading.Lock = field(default_factory=threading.Lock)


class Suggestions:
    """Up to four questions, each from another document in scope, that ``quote`` answers from the passage they head.

    Those of a scope are worked out when they are first asked for, and again in the background when the documents have
    changed; until then the ones before are offered.
    """

    def __init__(self, knowledge: KnowledgeStore, quote: Quote) -> None:
        self._knowledge = knowledge
        self._quote = quote
        self._kept: OrderedDict[Scope, _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._renewing: list[threading.Thread] = []

    def close(self) -> None:
        """End what is being worked out: a thread that is at a model when Python ends takes the process down with it."""
        self._ended.set()
        for thread in self._renewing:
            thread.join()

    def within(self, scope: Scope) -> tuple[str, ...]:
        with self._lock:
            kept = self._kept.setdefault(scope, _Kept())
            self._kept.move_to_end(scope)
            if len(self._kept) > _SCOPES_KEPT:
                self._kept.popitem(last=False)
        publication = self._publication()
        if kept.publication is None:
            with kept.busy:
                if kept.publication is None:  # else it was worked out for another reader meanwhile
                    self._work_out(scope, kept, publication)
        elif kept.publication != publication and kept.busy.acquire(blocking=False):
            thread = threading.Thread(target=self._renew, args=(scope, kept, publication), name="suggest", daemon=True)
            with self._lock:
                thread.start()
                self._renewing = [*(one for one in self._renewing if one.is_alive()), thread]
        return kept.offered

    def _renew(self, scope: Scope, kept: _Kept, publication: int) -> None:
        try:
            self._work_out(scope, kept, publication)
        finally:
            kept.busy.release()

    def _work_out(self, scope: Scope, kept: _Kept, publication: int) -> None:
        try:
            kept.offered = suggest(self._knowledge, self._quote, scope, self._ended.is_set)
        except RefdeskError as error:
            logger.warning("no questions to begin with: %s", error)
        kept.publication = publication

    def _publication(self) -> int:
        with self._knowledge.view() as view:
            return view.publication


def suggest(knowledge: KnowledgeStore, quote: Quote, scope: Scope, ended: Callable[[], bool]) -> tuple[str, ...]:
    """Those that are answered from the document they were taken from; what is not sure only where there are too few.
    Nothing more is tried once it has ``ended``.
    """
    sure: list[str] = []
    unsure: list[str] = []
    with knowledge.view() as view:
        candidates = list(_candidates(view, scope))
    for question, document in candidates:
        answer = quote(question, scope)
        if answer.kind == "extractive" and answer.citations[0].document == document:
            (sure if answer.certainty == "sure" else unsure).append(question)
            if len(sure) == _OFFERED:
                break
        if ended():
            break
    return tuple([*sure, *unsure][:_OFFERED])


def _candidates(view: DocumentView, scope: Scope) -> Iterator[tuple[str, int]]:
    """Headings that are questions, spread over the documents; where there are none, questions made of titles."""
    headings = _spread(view.questions(scope))
    questions = [(heading.rsplit(HEADING_SEPARATOR, 1)[-1], document) for heading, document in headings]
    questions.sort(key=_length)
    if not questions:
        titles = sorted((one.id, one.title) for one in view.documents(scope)[1] if one.title)
        questions = [(f"What is {title}?", document) for document, title in _spread(titles)]
    for question, document in questions:
        question = question.replace(" ?", "?")
        if _MIN_CHARACTERS <= len(question) <= _MAX_CHARACTERS:
            yield question, document


def _length(question: tuple[str, int]) -> int:
    return len(question[0])


def _spread(rows: list[_T]) -> list[_T]:
    return rows[:: max(1, len(rows) // _TRIED)][:_TRIED]
