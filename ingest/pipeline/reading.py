"""Files read a little ahead of what is stored, in a thread that talks to the process that parses them."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Protocol

from ingest.pipeline.outcomes import Outcome
from ingest.sources.mapping import Mapping
from ingest.types import Parsed
from vectorstore.types import FileState, ParsedDocument

BATCH_FILES = 128
"""A batch is embedded together and committed in one transaction; larger ones pad less, smaller ones show up sooner."""

_BATCH_CHUNKS = 512


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file that was read, or a part of one; ``parts`` are all that are within it, at any depth."""

    path: Path
    state: FileState
    sha256: str
    document: ParsedDocument
    title: str
    parts: tuple["ParsedFile", ...] = ()

    @property
    def all(self) -> tuple["ParsedFile", ...]:
        return (self, *self.parts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the file and its parts was not read."""
        return tuple(note for one in self.all for note in one.document.notes)

    @property
    def chunks(self) -> int:
        return sum(len(one.document.chunks) for one in self.all)


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was refused; ``state`` is None where another try may end otherwise."""

    path: Path
    state: FileState | None
    outcome: Outcome


Read = ParsedFile | RefusedFile


class Parser(Protocol):
    """What parses files, as ``ingest.worker.guard.ParseWorker`` does."""

    def start(self) -> object: ...

    def close(self) -> None: ...

    def parse(self, path: Path, mappings: Sequence[Mapping], part: Sequence[str] = ()) -> Parsed:
        """The file, or a part of it: the name of a part of the file, that of a part of this one, and so on.

        Raises Refused.
        """
        ...


def read_ahead(
    files: Sequence[Path],
    opened: AbstractContextManager[Parser],
    read: Callable[[Parser, Path], Read],
    batch_files: int = BATCH_FILES,
) -> Iterator[list[Read]]:
    """What ``read`` makes of the files, in batches of ``batch_files`` or of some hundred chunks. What it raises ends
    them. It stays a little ahead, so memory is bounded.
    """
    waiting: Queue[Read | Exception | None] = Queue(maxsize=2 * batch_files)
    cancelled = threading.Event()

    def read_all() -> None:
        try:
            with opened as parser:
                for path in files:
                    if cancelled.is_set():
                        return
                    waiting.put(read(parser, path))
            waiting.put(None)
        except Exception as error:  # handed to the main thread, which raises it
            waiting.put(error)

    thread = threading.Thread(target=read_all, name="parse", daemon=True)
    thread.start()
    try:
        batch: list[Read] = []
        size = 0
        while (item := waiting.get()) is not None:
            if isinstance(item, Exception):
                raise item
            batch.append(item)
            size += item.chunks if isinstance(item, ParsedFile) else 0
            if size >= _BATCH_CHUNKS or len(batch) >= batch_files:
                yield batch
                batch, size = [], 0
        yield batch
    finally:
        cancelled.set()
        while thread.is_alive():  # make room, so that a blocked worker thread sees the end
            while not waiting.empty():
                waiting.get_nowait()
            thread.join(0.05)
