"""The main process's side of the parse worker: start it, ask it, kill and replace it when a file is too much for it."""

import base64
import functools
import hashlib
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from ingest.layout.wire import layout_from_json
from ingest.limits import Limits
from ingest.readers.base import Refused
from ingest.sources.mapping import Mapping as NamedMapping
from ingest.types import DocumentLayout, Parsed
from ingest.worker.spending import Spending, no_further, out_of_memory
from vectorstore.errors import RefdeskError
from vectorstore.types import Block, BlockKind, Page, ParsedDocument, Span, Unit

_START_SECONDS = 120.0
_CHUNKER = 4
"""Raise it when ``ingest.chunking`` cuts the same text otherwise: stored documents are then indexed anew."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """``tokenizer_file`` is the embedding model's, ``token_limit`` the size of a chunk."""

    tokenizer_file: Path
    token_limit: int
    limits: Limits = field(default_factory=Limits)

    @property
    def chunking(self) -> str:
        """Names what texts are cut by: they are cut alike as long as this is the same."""
        return f"{self.token_limit}-{_digest(self.tokenizer_file)}-{_CHUNKER}"


@functools.cache
def _digest(file: Path) -> str:
    """Files of models do not change."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]


OnParsedStretch = Callable[[str, ParsedDocument, float], None]
"""Gets the SHA-256 of a long file, a part of its document, and the share of the file that has been read."""


class WorkerDied(Refused):
    """The process was ended while it read the file, by no fault of the file's that is known."""


class ParseWorker:
    """Parses files in a process of its own. Use as a context manager, from one thread.

    Given limits alone, it cuts no documents into chunks, but tells layouts and shows pages, and starts faster.

    ``uncut`` says why the process is not cut off from the network, if it is not; nothing before it has been started.
    """

    uncut = ""

    def __init__(self, settings: WorkerSettings | Limits) -> None:
        if isinstance(settings, Limits):
            self._limits, self._chunking = settings, ("", "0")
        else:
            self._limits = settings.limits
            self._chunking = (str(settings.tokenizer_file), str(settings.token_limit))
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parse(
        self,
        path: Path,
        mappings: Sequence[NamedMapping],
        part: Sequence[str] = (),
        on_stretch: OnParsedStretch | None = None,
    ) -> Parsed:
        """The file, or a part of it: the name of a part of the file, that of a part of this one, and so on.

        With ``on_stretch`` what is long comes in stretches, the last of them as the result. Raises Refused, and what
        ``on_stretch`` raises.
        """
        listed = [mapping.model_dump() for mapping in mappings]

        def on_message(message: dict[str, Any]) -> None:
            assert on_stretch
            on_stretch(message["part"]["sha256"], _document(message["part"]), message["share"])

        asked = {"mappings": listed, "part": list(part), "in_stretches": on_stretch is not None}
        reply = self._ask(path, on_message if on_stretch else None, **asked)
        return Parsed(reply["sha256"], reply["size"], _document(reply), tuple(reply["parts"]))

    def interrupt(self) -> None:
        """End what is being read, from any thread: whoever asked for it is told that the process has died."""
        if (process := self._process) is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def layout(self, path: Path, *, pictures: bool) -> DocumentLayout:
        """The document's words with their places. Raises Refused.

        With ``pictures``, the words in the pictures of typed pages too, which takes about a second a picture.
        """
        return layout_from_json(self._ask(path, wanted="layout", pictures=pictures))

    def page_picture(self, path: Path, page: int, width: int) -> bytes:
        """The page (from 1) as a PNG, ``width`` pixels wide. Raises Refused."""
        reply = self._ask(path, wanted="picture", page=page, width=width)
        return base64.b64decode(reply["png"])

    def _ask(
        self, path: Path, on_stretch: Callable[[dict[str, Any]], None] | None = None, **request: Any
    ) -> dict[str, Any]:
        """The reply to a request about a file, after its parts. Raises Refused, and what ``on_stretch`` raises."""
        process = self.start()
        spent = Spending(process.pid, self._limits)
        try:
            _pipe(process.stdin).write(json.dumps({"path": str(path.absolute()), **request}).encode() + b"\n")
            _pipe(process.stdin).flush()
            while "alive" in (reply := self._receive(spent.look, spent.look_every)) or "part" in reply:
                spent.came_further()
                if on_stretch and "part" in reply:
                    on_stretch(reply)
                    spent.waited()
        except (EOFError, BrokenPipeError):
            code = process.wait()
            self.close()
            raise _died(code, self._limits) from None
        except BaseException:  # what the process would still send belongs to no other file
            self.close()
            raise
        if "refused" in reply:
            if reply["refused"] == "out of memory":
                self.close()  # what it allocated may not come back
            raise Refused(reply["refused"], reply["detail"])
        return reply

    def start(self) -> "subprocess.Popen[bytes]":
        """The process, which is started unless it runs."""
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ingest.worker", *self._chunking, self._limits.model_dump_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd="/",
            process_group=0,
        )
        try:
            self.uncut = str(self._receive(_no_answer, _START_SECONDS)["uncut"])
        except (TimeoutError, EOFError) as error:
            self.close()
            raise RefdeskError(
                "The reader process does not start",
                where="ingest.worker",
                remedy="Run `refdesk doctor`; `make setup` installs it again.",
            ) from error
        return self._process

    def _receive(self, waiting: Callable[[], None], seconds: float) -> dict[str, Any]:
        """The next message. What is ``waiting`` for it is told after every so many ``seconds``, and may end that."""
        assert self._process is not None
        stream = _pipe(self._process.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(seconds):
                    waiting()
                    continue
                data = stream.read1(1 << 20)  # type: ignore[attr-defined]
                if not data:
                    raise EOFError
                self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def close(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # and what it has started
            self._process.communicate()
            self._process = None
        self._buffer = b""


def _document(message: dict[str, Any]) -> ParsedDocument:
    return ParsedDocument(
        title=message["title"],
        pages=tuple(Page(*page) for page in message["pages"]),
        units=tuple(Unit(*unit) for unit in message["units"]),
        chunks=tuple(Span(*chunk) for chunk in message["chunks"]),
        metadata=message["metadata"],
        blocks=tuple(
            Block(start, end, BlockKind(kind), group, depth) for start, end, kind, group, depth in message["blocks"]
        ),
        notes=tuple(message["notes"]),
    )


def _no_answer() -> None:
    raise TimeoutError


def _died(code: int, limits: Limits) -> Refused:
    """What a process that ended with ``code`` while it read a file says of the file."""
    if code == -signal.SIGABRT:  # how native code ends that gets no memory
        return out_of_memory(limits)
    if code in (-signal.SIGPROF, -signal.SIGALRM):
        return no_further(limits)
    kind = Refused if code in (-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL) else WorkerDied
    return kind("damaged", "Reading the file ended its reader process.")


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _environment() -> dict[str, str]:
    """The worker gets no secrets, and finds our packages wherever they run from."""
    root = str(Path(__file__).resolve().parents[2])
    return {
        "PYTHONPATH": root,
        "PATH": os.environ.get("PATH", os.defpath),  # where Tesseract may be
        "PYTHONHASHSEED": "0",
        "TOKENIZERS_PARALLELISM": "false",
        "LANG": "C.UTF-8",
    }
