"""The documents that a reader learns from: a folder as it is ingested, parsed and cut into chunks alike."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.pipeline.parts import WholeFile
from ingest.readers.base import Refused
from ingest.sources.files import find_files
from ingest.worker.guard import ParseWorker, WorkerSettings
from rag.jobs.types import OnProgress
from vectorstore.errors import UsageError
from vectorstore.types import FileState, ParsedDocument


@dataclass(frozen=True, slots=True)
class ReadDocuments:
    """``sha256`` is of all files that were read, in their order; ``unread`` counts those that could not be."""

    documents: tuple[ParsedDocument, ...] = ()
    sha256: str = ""
    unread: int = 0


NO_DOCUMENTS = ReadDocuments()


def read_documents(paths: Sequence[Path], worker: WorkerSettings, on_phase: OnProgress) -> ReadDocuments:
    """The documents under ``paths``. Raises UsageError where a path does not exist or nothing can be read."""
    files = find_files(paths)
    digest, found, unread = hashlib.sha256(), [], 0
    with ParseWorker(worker) as parser:
        for number, file in enumerate(files):
            on_phase("Reading the documents", number, len(files))
            try:
                whole = WholeFile(parser, file, (), worker.limits.max_parts).read(FileState(0, 0))
            except (Refused, OSError):
                unread += 1
                continue
            for one in whole.all:
                digest.update(one.sha256.encode())
                found.append(one.document)
    if not found:
        raise UsageError(
            "No document can be read",
            where=", ".join(map(str, paths)),
            remedy="Name a folder of documents as for `refdesk ingest`.",
        )
    return ReadDocuments(tuple(found), digest.hexdigest(), unread)
