"""What the owner of a knowledge base does with it, as the settings say: take files in, verify, repair."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from ingest.pipeline.ingestion import Ingestion, Progress
from ingest.pipeline.reindex import reindex
from ingest.sources.mapping import Mapping
from rag.access.types import Principal, require_curator
from rag.components import open_embedder, worker_settings
from rag.desk.diagnosis import diagnosis
from rag.extraction.form_store import repair_forms
from rag.settings.model import Settings
from vectorstore import embedded
from vectorstore.sqlite.conversations import repair_conversations, verify_conversations
from vectorstore.sqlite.forms import verify_forms
from vectorstore.sqlite.jobs import repair_jobs, verify_jobs
from vectorstore.types import Finding, Indexing

Counted = Callable[[int, int], None]
"""Gets how many are done, and their total."""


@contextmanager
def open_ingestion(
    settings: Settings,
    collection: str,
    mappings: Sequence[Mapping] = (),
    on_progress: Callable[[Progress], None] | None = None,
    on_reading: Callable[[Path], None] | None = None,
    on_reindexing: Counted | None = None,
) -> Iterator[Ingestion]:
    """An ingestion into a collection of the home.

    What is stored is indexed anew first, if the settings now name another embedding model or chunking.
    """
    embedder = open_embedder(settings)
    worker = worker_settings(settings, embedder)
    with closing(embedded.open_store(settings.home, embedder)) as knowledge:
        reindex(knowledge, embedder, worker, on_reindexing)
        with Ingestion(knowledge, worker, collection, mappings, on_progress, on_reading) as ingestion:
            yield ingestion


def verify(settings: Settings) -> list[Finding]:
    """All that is wrong with what is stored in the home."""
    embedder = open_embedder(settings)
    wanted = Indexing(embedder.fingerprint, worker_settings(settings, embedder).chunking)
    home = settings.home
    return [*embedded.verify(home, wanted), *verify_conversations(home), *verify_jobs(home), *verify_forms(home)]


def repair(settings: Settings, on_progress: Counted | None = None) -> list[Finding]:
    """Rebuild what can be rebuilt; returns what is still wrong."""
    home = settings.home
    embedder = open_embedder(settings)
    if embedded.is_begun(home):
        embedded.repair(home, embedder, on_progress)
        with closing(embedded.open_store(home, embedder)) as knowledge:
            reindex(knowledge, embedder, worker_settings(settings, embedder), on_progress)
    if verify_conversations(home):
        repair_conversations(home)
    if verify_jobs(home):
        repair_jobs(home)
    if verify_forms(home):
        repair_forms(home)
    return verify(settings)


class DeskMaintenance:
    """See ``rag.desk.protocols.Maintenance``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def diagnosis(self, principal: Principal) -> dict[str, Any]:
        require_curator(principal)
        return diagnosis(self._settings)

    def ingestion(
        self,
        principal: Principal,
        collection: str,
        mappings: Sequence[Mapping] = (),
        *,
        on_progress: Callable[[Progress], None],
        on_reindexing: Counted,
    ) -> AbstractContextManager[Ingestion]:
        require_curator(principal)
        return open_ingestion(self._settings, collection, mappings, on_progress, on_reindexing=on_reindexing)

    def verify(self, principal: Principal) -> list[Finding]:
        require_curator(principal)
        return verify(self._settings)

    def repair(self, principal: Principal, on_progress: Counted) -> list[Finding]:
        require_curator(principal)
        return repair(self._settings, on_progress)
