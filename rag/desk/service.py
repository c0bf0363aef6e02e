"""The desk: everything that a face may ask, in one place."""

import logging
import threading
from collections.abc import Callable
from typing import Self

from rag.answering.flow import AnswerFlow, Writer
from rag.answering.unchecked import Alone
from rag.components import build_flow, build_what_if, open_generator, open_knowledge, open_reader
from rag.conversations.store import ConversationStore
from rag.desk.answers import Answering, AnsweringService
from rag.desk.forms import build_forms
from rag.desk.protocols import Holdings, SourceView
from rag.desk.suggestions import suggest
from rag.evaluation.forgetting import forget_turns
from rag.evaluation.whatif import WhatIf
from rag.extraction.form_store import FormStore
from rag.extraction.service import FormService
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.starting import see_to_jobs
from rag.settings.model import Settings, load_settings
from rag.training.runs.store import Runs
from rag.types import Citation
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.machine import keep_cores_free, threads
from vectorstore.models import Confirm
from vectorstore.sqlite import catalogue
from vectorstore.sqlite.knowledge import KnowledgeBase
from vectorstore.types import Page

logger = logging.getLogger(__name__)

_SURROUNDINGS = 700
"""Characters of the document that a source view shows on either side of the cited words."""


def _place_of(citation: Citation, pages: tuple[Page, ...]) -> tuple[Page, int] | None:
    """The page and the start of the cited words: where they were, or where they are now."""
    for page in pages:
        first = citation.start - page.start
        if first >= 0 and page.text[first : first + len(citation.quote)] == citation.quote:
            return page, citation.start
    for page in pages:
        first = page.text.find(citation.quote)
        if first >= 0:
            return page, page.start + first
    return None


class Desk:
    """Everything a face may ask; see ``rag.desk.curator_protocol.CuratorDesk``. Build it with ``open_desk``."""

    def __init__(
        self,
        knowledge: KnowledgeBase,
        open_answering: Callable[[Settings], tuple[str, Answering]],
        quoting: AnswerFlow,
        what_if: WhatIf,
        forms: FormService,
        jobs: EmbeddedJobQueue,
        settings: Settings,
    ) -> None:
        self.forms = forms
        self._knowledge = knowledge
        self._quoting = quoting
        self._open_answering = open_answering
        self._engine, answering = open_answering(settings)
        self._store = ConversationStore(settings.home)
        self._service = AnsweringService(
            answering,
            self._store,
            queue_size=settings.answering.queue_size,
            workers=settings.answering.workers,
            max_question_characters=settings.answering.max_question_characters,
        )
        self._suggesting = threading.Lock()
        self._suggested: tuple[str, ...] = ()
        self._suggested_for = self._publication()
        self._all_suggested = threading.Event()
        # Before anyone asks: it warms the models up, and later it would compete with the first question.
        self._suggest()
        self.ask = self._service.ask
        self.stop = self._service.stop
        self.conversation = self._service.conversation
        self.conversations = self._store.list
        self.rate = self._store.rate
        self.attempt = what_if.attempt
        self.home = settings.home
        self.longest_file = settings.ingest.max_file_mb * 1024**2
        self._jobs = jobs
        self.runs = Runs(self._jobs)
        self.see_to_jobs()

    def holdings(self) -> Holdings:
        with self._knowledge.database.read() as connection:
            counts = catalogue.count(connection)
            names = tuple(one.name for one in catalogue.list_collections(connection) if one.documents)
            changed_at = catalogue.get_meta(connection).get("changed_at", "")
        return Holdings(counts["documents"], counts["chunks"], names, changed_at)

    def suggestions(self) -> tuple[str, ...]:
        """Those of the last known state of the knowledge base; worked out in the background when it has changed."""
        publication = self._publication()
        with self._suggesting:
            if publication != self._suggested_for and self._all_suggested.is_set():
                self._suggested_for = publication
                self._all_suggested.clear()
                threading.Thread(target=self._suggest, name="suggest", daemon=True).start()
        return self._suggested

    def _publication(self) -> str:
        with self._knowledge.database.read() as connection:
            return catalogue.get_meta(connection)["publication"]

    def _suggest(self) -> None:
        try:
            self._suggested = suggest(self._knowledge, self._quoting)
        except RefdeskError as error:
            logger.warning("no questions to begin with: %s", error)
        finally:
            self._all_suggested.set()

    def see_to_jobs(self) -> None:
        see_to_jobs(self._jobs)

    def delete(self, conversation_id: str) -> None:
        """Delete it, with what evaluations kept of it."""
        conversation = self._store.get(conversation_id)
        self._service.delete(conversation_id)
        if conversation:
            forget_turns(self.home, [turn.id for turn in conversation.turns])

    def change_writer(self) -> None:
        self._engine, answering = self._open_answering(load_settings(self.home))
        self._service.answer_with(answering)

    def engine_name(self) -> str:
        return self._engine

    def source(self, citation: Citation) -> SourceView:
        """The cited words in their surroundings, found again if the document has moved them since.

        Raises UsageError when the document is gone or does not hold them any more.
        """
        with self._knowledge.database.read() as connection:
            found = catalogue.get_document(connection, citation.document)
            pages = catalogue.document_pages(connection, citation.document)
            place = _place_of(citation, pages)
            heading = catalogue.heading_at(connection, citation.document, place[1]) if place else ""
        if found is None or place is None:
            what = (
                "This source is no longer in the knowledge base" if found is None else "This document has changed since"
            )
            raise UsageError(what, where=citation.title, remedy="Ask again to see what it says now.")
        page, start = place
        first, last = start - page.start, start - page.start + len(citation.quote)
        before, after = page.text[:first], page.text[last:]
        return SourceView(
            found.id,
            found.title,
            found.path,
            page.number,
            heading,
            before if len(before) <= _SURROUNDINGS else "…" + before[-_SURROUNDINGS:].partition(" ")[2],
            page.text[first:last],
            after if len(after) <= _SURROUNDINGS else after[:_SURROUNDINGS].rpartition(" ")[0] + "…",
        )

    def close(self) -> None:
        self.forms.close()
        self._service.close()
        self._store.close()
        self._jobs.close()
        self._knowledge.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _engine_name(writer: Writer | None) -> str:
    return writer.name if writer else "Quotes only"


def open_desk(settings: Settings, confirm: Confirm | None = None, *, retrieval: bool = True) -> Desk:
    """The whole desk, with its models loaded and its workers waiting.

    Without ``retrieval`` the generator speaks alone, unchecked. Raises UsageError where there is none to speak.
    """
    import torch  # takes a second

    # Threads that wait for each other by spinning collapse when the browser needs a core: one is left free.
    keep_cores_free(1)
    torch.set_num_threads(threads())
    knowledge = open_knowledge(settings, confirm)
    reader = open_reader(settings, confirm)
    quoting = build_flow(settings, knowledge, reader, None)
    what_if = build_what_if(settings, knowledge, reader)
    jobs = EmbeddedJobQueue(settings.home)
    forms = FormService(FormStore(settings.home), build_forms(settings, reader), jobs)

    def open_answering(current: Settings) -> tuple[str, Answering]:
        """What answers with the generator of these settings, and its name."""
        writer = open_generator(current, confirm, alone=not retrieval)
        if retrieval:
            return _engine_name(writer), build_flow(settings, knowledge, reader, writer, confirm=confirm)
        if writer is None:
            raise UsageError("Without retrieval a generator is needed", where="--engine", remedy="Choose another.")
        return writer.name, Alone(writer)

    return Desk(knowledge, open_answering, quoting, what_if, forms, jobs, settings)
