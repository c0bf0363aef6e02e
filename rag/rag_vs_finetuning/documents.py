"""The documents of a comparison, really ingested, and really changed."""

import shutil
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ingest.pipeline.ingestion import Ingestion
from ingest.pipeline.outcomes import Progress
from ingest.worker.guard import WorkerSettings
from rag.components import open_embedder, worker_settings
from rag.evaluation.answers import texts_of
from rag.evaluation.squad import SquadFile
from rag.evaluation.temporary_collection import as_html
from rag.evaluation.types import Text
from rag.files import write_text
from rag.jobs.isolated import peak_memory_mb
from rag.jobs.types import OnProgress
from rag.rag_vs_finetuning.changing import FactChange
from rag.settings.model import Settings
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING

_COLLECTION = "comparison"


def write_paragraphs(file: SquadFile, folder: Path) -> list[Path]:
    """A document for each paragraph of the file, in its order; those that are there already are replaced."""
    paths = []
    for text in texts_of(file):
        paths.append(_path(folder, text))
        write_text(paths[-1], as_html(text))
    return paths


def take_in(settings: Settings, home: Path, files: Sequence[Path], on_progress: OnProgress) -> dict[str, Any]:
    """Ingest ``files`` into a new knowledge base in ``home``: ``seconds``, once the models are loaded, and the most
    memory that it took.

    To be run in a process of its own, as that memory is the process's.
    """
    shutil.rmtree(home, ignore_errors=True)

    def show(progress: Progress) -> None:
        on_progress("Ingesting", progress.files_done, progress.files_total)

    on_progress("Loading the embedding model", 0, 0)
    embedder = open_embedder(settings)
    with closing(open_store(home, embedder)) as knowledge:
        worker = worker_settings(settings, embedder)
        with Ingestion(knowledge, worker, _COLLECTION, on_progress=show) as ingestion:
            ingestion.prepare()
            started = time.perf_counter()
            outcomes = ingestion.run(files)
            seconds = time.perf_counter() - started
        chunks = knowledge.count(EVERYTHING)
    return {
        "seconds": round(seconds, 2),
        "peak_memory_mb": peak_memory_mb(),  # the process that reads files has ended by now, so it counts
        "documents": sum(outcome.document is not None for outcome in outcomes),
        "refused": sum(outcome.document is None for outcome in outcomes),
        "chunks": chunks,
    }


def change_documents(
    knowledge: KnowledgeStore,
    worker: WorkerSettings,
    before: SquadFile,
    after: SquadFile,
    changes: Sequence[FactChange],
    folder: Path,
) -> list[dict[str, Any]]:
    """Write each changed paragraph to ``folder`` and ingest it, one by one; the files differ by ``changes``.

    For each ``seconds``, from the end of writing to a search that has the new words, and whether it ``found`` them.
    """
    texts = {"before": texts_of(before), "after": texts_of(after)}
    measured = []
    with Ingestion(knowledge, worker, _COLLECTION) as ingestion:
        ingestion.prepare()

        def ingest(state: str, change: FactChange) -> float:
            text = texts[state][change.question.paragraph]
            path = _path(folder, text)
            write_text(path, as_html(text))
            written = time.perf_counter()
            ingestion.run([path])
            return written

        for change in changes:
            ingest("before", change)  # where an earlier attempt was stopped halfway
            written = ingest("after", change)
            passages = knowledge.search(change.question.text, EVERYTHING)
            seconds = time.perf_counter() - written
            found = any(change.new in passage.chunk.text for passage in passages)
            measured.append({"seconds": round(seconds, 3), "found": found})
    return measured


def _path(folder: Path, text: Text) -> Path:
    return folder / f"{int(text.id):06}.html"
