"""Ingests a folder, or indexes it anew, whenever it is asked to, each time in a child process that a test may kill.

Requests (``home``, and ``folder`` or ``model``) and messages are JSON, one a line. Forking a process that has imported
everything saves each child the seconds that imports take.
"""

import dataclasses
import hashlib
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from ingest.chunking import Chunker
from ingest.pipeline.ingestion import Ingestion
from ingest.pipeline.reindex import reindex
from ingest.readers.base import ReadOptions
from ingest.readers.registry import read_file
from ingest.sources.files import find_files
from ingest.sources.mapping import Mapping
from ingest.types import Parsed
from ingest.worker.guard import OnParsedStretch, WorkerSettings
from tests.fakes import HashEmbedder
from tests.ingest.conftest import WORKER
from vectorstore.embedded import open_store
from vectorstore.index import faiss  # noqa: F401 - which a store imports late
from vectorstore.library import remove
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import EVERYTHING


class ReaderInProcess:
    """The parse worker without its process, which takes longer to start than a small folder takes to be stored."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._chunker = Chunker(settings.tokenizer_file, settings.token_limit)

    def start(self) -> None: ...

    def close(self) -> None: ...

    def interrupt(self) -> None: ...

    def parse(
        self,
        path: Path,
        mappings: Sequence[Mapping],
        part: Sequence[str] = (),
        on_stretch: OnParsedStretch | None = None,
    ) -> Parsed:
        assert not part
        data = path.read_bytes()
        document = self._chunker.cut(read_file(path, data, ReadOptions(mappings)))
        return Parsed(hashlib.sha256(data).hexdigest(), len(data), document)


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                _say("started", os.getpid())
                if "model" in request:
                    embedder = HashEmbedder(request["model"])
                    reindex(open_store(Path(request["home"]), embedder), embedder, WORKER, batch_chunks=20)
                else:
                    _bring_in(Path(request["home"]), Path(request["folder"]))
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        _say("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _bring_in(home: Path, folder: Path) -> None:
    """What ``refdesk remove`` and ``refdesk ingest`` do, telling what is acknowledged as soon as it is: in several
    transactions and with a new index version even from a small folder.
    """
    knowledge = SqliteStore(home, HashEmbedder(), compact_minimum=20)
    with knowledge.view() as view:
        gone = [one.path for one in view.documents(EVERYTHING)[1] if not Path(one.path).exists()]
    if gone:
        remove(knowledge, gone, EVERYTHING)
        _say("removed", gone)
    job = Ingestion(
        knowledge,
        WORKER,
        "default",
        on_progress=lambda progress: _say("files done", progress.files_done),
        open_parser=ReaderInProcess,
        batch_files=4,
    )
    outcomes = job.run(find_files([folder]))
    _say("outcomes", [dataclasses.asdict(outcome) for outcome in outcomes])
    knowledge.close()


def _say(what: str, value: object) -> None:
    os.write(1, json.dumps([what, value]).encode() + b"\n")
