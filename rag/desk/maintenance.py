"""What the owner of a knowledge base does with it, as the settings say: take files in, verify, repair."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from ingest.pipeline.ingestion import Ingestion
from ingest.pipeline.outcomes import Progress
from ingest.pipeline.reindex import reindex
from ingest.sources.mapping import Mapping
from rag.access.types import Principal, require_curator
from rag.components import Components
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
    parts: Components,
    collection: str,
    mappings: Sequence[Mapping] = (),
    on_progress: Callable[[Progress], None] | None = None,
    on_reading: Callable[[Path], None] | None = None,
    on_reindexing: Counted | None = None,
    on_waiting: Callable[[], None] = lambda: None,
) -> Iterator[Ingestion]:
    """An ingestion into a collection of the home.

    What is stored is indexed anew first, if the settings now name another embedding model or chunking.
    """
    with closing(embedded.open_store(parts.settings.home, parts.embedder)) as knowledge:
        reindex(knowledge, parts.embedder, parts.worker, on_reindexing)
        told = (on_progress, on_reading, on_waiting)
        with Ingestion(knowledge, parts.worker, collection, mappings, *told) as ingestion:
            yield ingestion


def verify(parts: Components) -> list[Finding]:
    """All that is wrong with what is stored in the home."""
    wanted = Indexing(parts.embedder.fingerprint, parts.worker.chunking)
    home = parts.settings.home
    return [*embedded.verify(home, wanted), *verify_conversations(home), *verify_jobs(home), *verify_forms(home)]


def repair(parts: Components, on_progress: Counted | None = None) -> list[Finding]:
    """Rebuild what can be rebuilt; returns what is still wrong."""
    home = parts.settings.home
    if embedded.is_begun(home):
        embedded.repair(home, parts.embedder, on_progress)
        with closing(embedded.open_store(home, parts.embedder)) as knowledge:
            reindex(knowledge, parts.embedder, parts.worker, on_progress)
    if verify_conversations(home):
        repair_conversations(home)
    if verify_jobs(home):
        repair_jobs(home)
    if verify_forms(home):
        repair_forms(home)
    return verify(parts)


class DeskMaintenance:
    """See ``rag.desk.curator_protocols.Maintenance``. ``settings_now`` are those by which questions are answered."""

    def __init__(self, parts: Components, settings_now: Callable[[], Settings]) -> None:
        self._parts = parts
        self._settings_now = settings_now

    def diagnosis(self, principal: Principal) -> dict[str, Any]:
        require_curator(principal)
        return diagnosis(self._settings_now())

    def choose_embedder(self, principal: Principal, files: Callable[[], Sequence[Path]]) -> str:
        require_curator(principal)
        return self._parts.choose_embedder(files)

    def ingestion(
        self,
        principal: Principal,
        collection: str,
        mappings: Sequence[Mapping] = (),
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_reindexing: Counted | None = None,
        on_waiting: Callable[[], None] = lambda: None,
    ) -> AbstractContextManager[Ingestion]:
        require_curator(principal)
        told = (on_progress, None, on_reindexing, on_waiting)
        return open_ingestion(self._parts, collection, mappings, *told)

    def verify(self, principal: Principal) -> list[Finding]:
        require_curator(principal)
        return verify(self._parts)

    def repair(self, principal: Principal, on_progress: Counted) -> list[Finding]:
        require_curator(principal)
        return repair(self._parts, on_progress)
