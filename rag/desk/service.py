"""The desk of one home: everything that a face may ask, in one place; see ``rag.desk.protocols.Desk``."""

import functools
from typing import TYPE_CHECKING, Self

from rag.access.types import LOCAL_OWNER
from rag.components import Components, reading_limits
from rag.desk.conversations import DeskConversations
from rag.desk.documents import DeskDocuments
from rag.desk.evaluations import DeskEvaluations
from rag.desk.jobs import DeskJobs
from rag.desk.maintenance import DeskMaintenance
from rag.desk.models import DeskModels
from rag.desk.questions import DeskQuestions
from rag.extraction.form_store import FormStore
from rag.extraction.service import FormService
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.starting import see_to_jobs
from rag.settings.model import Settings, load_settings
from vectorstore.machine import keep_cores_free, threads
from vectorstore.models import Confirm

if TYPE_CHECKING:
    from rag.desk.forms import DeskForms
    from rag.desk.training import DeskTraining


class LocalDesk:
    """Each part is opened when it is first needed: ``documents`` and ``jobs`` need no model. Use it as a context
    manager, or close it. Without ``retrieval`` the generator speaks alone, unchecked.
    """

    def __init__(self, components: Components, *, retrieval: bool = True) -> None:
        self._components = components
        self._retrieval = retrieval
        self._home = components.settings.home

    @functools.cached_property
    def questions(self) -> DeskQuestions:
        return DeskQuestions(self._components, retrieval=self._retrieval)

    @functools.cached_property
    def conversations(self) -> DeskConversations:
        return DeskConversations(self._components.settings, self.questions)

    @functools.cached_property
    def documents(self) -> DeskDocuments:
        return DeskDocuments(self._components.settings)

    @functools.cached_property
    def jobs(self) -> DeskJobs:
        return DeskJobs(self._queue, self.documents, lambda: see_to_jobs(self._queue))

    @functools.cached_property
    def training(self) -> "DeskTraining":
        from rag.desk.training import DeskTraining  # brings what reads tables, which few calls need
        from rag.training.runs.store import Runs

        return DeskTraining(Runs(self._queue), lambda: see_to_jobs(self._queue), self._change_generator)

    def _change_generator(self) -> None:
        self.questions.change_generator(load_settings(self._home))

    @functools.cached_property
    def _queue(self) -> EmbeddedJobQueue:
        return EmbeddedJobQueue(self._home)

    @functools.cached_property
    def evaluations(self) -> DeskEvaluations:
        return DeskEvaluations(self._components)

    @functools.cached_property
    def forms(self) -> "DeskForms":
        from rag.desk.forms import DeskForms, Forms  # brings what reads documents, which few calls need

        parts = self._components
        reading = Forms(self._home, reading_limits(parts.settings), lambda: parts.form_reader)
        return DeskForms(reading, lambda: FormService(FormStore(self._home), reading, self._queue))

    @functools.cached_property
    def models(self) -> DeskModels:
        return DeskModels(self._components)

    @functools.cached_property
    def maintenance(self) -> DeskMaintenance:
        return DeskMaintenance(self._components, lambda: self.questions.settings)

    def start(self) -> None:
        import torch  # takes a second

        # Threads that wait for each other by spinning collapse when the browser needs a core: one is left free.
        keep_cores_free(1)
        torch.set_num_threads(threads())
        self.questions.open()
        _ = self.conversations, self.documents, self.evaluations, self.training
        self.forms.start()
        self.jobs.see_to(LOCAL_OWNER)

    def close(self) -> None:
        for part in ("forms", "conversations", "questions", "_queue"):
            if part in vars(self):
                getattr(self, part).close()
        self._components.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_desk(settings: Settings, confirm: Confirm | None = None, *, retrieval: bool = True) -> LocalDesk:
    """The desk that these settings describe; ``confirm`` is asked before a large download."""
    return LocalDesk(Components(settings, confirm), retrieval=retrieval)
