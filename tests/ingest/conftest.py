from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from ingest.limits import Limits
from ingest.pipeline.ingestion import Ingestion, OpenParser
from ingest.pipeline.outcomes import Outcome
from ingest.sources.files import NotFound
from ingest.sources.mapping import Mapping
from ingest.worker.guard import ParseWorker, WorkerSettings
from tests.fakes import HashEmbedder
from vectorstore.embedded import open_store
from vectorstore.models import MINILM, resolve_model
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import Indexing

TOKENIZER = resolve_model(MINILM).path / "tokenizer.json"
LIMIT = 200
WORKER = WorkerSettings(TOKENIZER, LIMIT)
SETTINGS = Indexing(HashEmbedder().fingerprint, WORKER.chunking)

Ingest = Callable[..., list[Outcome]]


@pytest.fixture
def knowledge(tmp_path: Path) -> Iterator[SqliteStore]:
    base = open_store(tmp_path / "home", HashEmbedder())
    yield base
    base.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "documents"
    path.mkdir()
    return path


@pytest.fixture
def ingest(knowledge: SqliteStore) -> Ingest:
    def run(
        files: Sequence[Path],
        collection: str = "default",
        mappings: Sequence[Mapping] = (),
        timeout: float = 30.0,
        memory_mb: int = 1024,
        open_parser: OpenParser = ParseWorker,
        not_found: Sequence[NotFound] = (),
    ) -> list[Outcome]:
        settings = WorkerSettings(TOKENIZER, LIMIT, Limits(timeout_seconds=timeout, memory_mb=memory_mb))
        return Ingestion(knowledge, settings, collection, mappings, open_parser=open_parser).run(files, not_found)

    return run
