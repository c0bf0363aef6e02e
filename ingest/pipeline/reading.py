"""Files read a little ahead of what is stored, in a thread that talks to the process that parses them."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.pipeline.outcomes import Outcome
from ingest.sources.mapping import Mapping
from ingest.types import Parsed
from ingest.worker.guard import OnParsedStretch
from vectorstore.types import FileState, ParsedDocument

BATCH_FILES = 128
"""A batch is embedded together and committed in one transaction; larger ones pad less, smaller ones show up sooner."""

_BATCH_CHUNKS = 512
_AHEAD_CHARACTERS = 8 * 1024**2
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file that was read, or a part of one; ``parts`` are all that are within it, at any depth. Of a long file it may
    be the last stretch.
    """

    path: Path
    state: FileState
    sha256: str
    document: ParsedDocument
    title: str
    parts: tuple["ParsedFile", ...] = ()
    is_last_stretch: bool = False

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
class ParsedStretch:
    """A stretch of a long file, read up to a ``share`` of it."""

    path: Path
    sha256: str
    document: ParsedDocument
    share: float


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was refused; ``state`` is None where another try may end otherwise."""

    path: Path
    state: FileState | None
    outcome: Outcome
    sha256: str = ""
    """That of a long file of which parts were read before."""


Read = ParsedFile | ParsedStretch | RefusedFile
Put = Callable[[ParsedStretch], None]
"""Takes a part as soon as there is room for it."""


class Parser(Protocol):
    """What parses files, as ``ingest.worker.guard.ParseWorker`` does."""

    def start(self) -> object: ...

    def close(self) -> None: ...

    def interrupt(self) -> None:
        """End what is being parsed, from any thread; whoever waits for it gets Refused."""
        ...

    def parse(
        self,
        path: Path,
        mappings: Sequence[Mapping],
        part: Sequence[str] = (),
        on_stretch: OnParsedStretch | None = None,
    ) -> Parsed:
        """The file, or a part of it: the name of a part of the file, that of a part of this one, and so on.

        What is long comes in stretches, the last of them as the result. Raises Refused, and what ``on_stretch`` raises.
        """
        ...


class _Ended(Exception):
    """Nobody waits for what is read any more."""


class _Ahead:
    """What was read and is not stored yet: so many files or characters at most."""

    def __init__(self, most_files: int) -> None:
        self._most_files = most_files
        self._items: deque[Read | Exception | None] = deque()
        self._characters = 0
        self._changed = threading.Condition()
        self._ended = False

    def put(self, item: Read | Exception | None) -> None:
        """Wait until there is room. Raises _Ended."""
        with self._changed:
            self._changed.wait_for(self._has_room)
            if self._ended:
                raise _Ended
            self._items.append(item)
            self._characters += _size(item)
            self._changed.notify_all()

    def _has_room(self) -> bool:
        full = len(self._items) >= self._most_files or self._characters >= _AHEAD_CHARACTERS
        return self._ended or not full

    def get(self, waiting: Callable[[], None]) -> Read | None:
        """The next one; ``waiting`` is called now and then until it comes. Raises what was put."""
        with self._changed:
            while not self._changed.wait_for(lambda: self._items, _LOOK_SECONDS):
                waiting()
            item = self._items.popleft()
            self._characters -= _size(item)
            self._changed.notify_all()
        if isinstance(item, Exception):
            raise item
        return item

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def _size(item: Read | Exception | None) -> int:
    document = item.document if isinstance(item, ParsedFile | ParsedStretch) else None
    return sum(len(page.text) for page in document.pages) if document else 0


def read_ahead(
    files: Sequence[Path],
    parser: Parser,
    read: Callable[[Parser, Path, Put], Read],
    batch_files: int = BATCH_FILES,
    waiting: Callable[[], None] = lambda: None,
) -> Iterator[list[Read]]:
    """What ``read`` makes of the files, in batches of ``batch_files`` or of some hundred chunks; each part of a long
    one, and what is left of it, are a batch. What ``read`` raises ends them, and so does what ``waiting`` raises, which
    is called now and then while nothing comes. It stays a little ahead, so memory is bounded.
    """
    ahead = _Ahead(2 * batch_files)

    def read_all() -> None:
        with suppress(_Ended):
            try:
                for path in files:
                    ahead.put(read(parser, path, ahead.put))
                ahead.put(None)
            except _Ended:
                raise
            except Exception as error:  # handed to the main thread, which raises it
                ahead.put(error)

    thread = threading.Thread(target=read_all, name="parse", daemon=True)
    thread.start()
    finished = False
    try:
        batch: list[Read] = []
        size = 0
        while (item := ahead.get(waiting)) is not None:
            if isinstance(item, ParsedStretch) or (isinstance(item, ParsedFile) and item.is_last_stretch):
                yield batch
                yield [item]
                batch, size = [], 0
                continue
            batch.append(item)
            size += item.chunks if isinstance(item, ParsedFile) else 0
            if size >= _BATCH_CHUNKS or len(batch) >= batch_files:
                yield batch
                batch, size = [], 0
        finished = True
        yield batch
    finally:
        ahead.end()
        while thread.is_alive():
            if not finished:
                parser.interrupt()
            thread.join(0.05)
