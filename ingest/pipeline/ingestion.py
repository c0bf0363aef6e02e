"""An ingestion: files to outcomes. Parsing runs in a worker process while the main one embeds and stores."""

import hashlib
import stat
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from queue import Queue
from typing import Literal, Self, cast

import numpy as np
from numpy.typing import NDArray

from ingest.readers.base import Reason, Refused, has_tesseract
from ingest.readers.registry import UNSUPPORTED, VERSION, format_of, uses_mappings
from ingest.sources.mapping import Mapping, presets
from ingest.worker.guard import ParseWorker, WorkerDied, WorkerSettings
from vectorstore.store import KnowledgeStore
from vectorstore.types import Embedder, FileState, ParsedDocument, Refusal, Scope, Vectors, embedding_input

_BATCH_CHUNKS = 512
_BATCH_FILES = 128
"""A batch is embedded together and committed in one transaction; larger ones pad less, smaller ones show up sooner."""

_FINAL: frozenset[Reason] = frozenset({"empty", "no text", "encrypted", "damaged", "too large"})
"""Reasons to refuse a file that stay as long as the file, the readers and their limits do."""

Status = Literal["indexed", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    path: str
    status: Status
    chunks: int = 0
    document: int | None = None
    reason: Reason | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """After some files: how many are done, of how many, the chunks embedded so far, and what became of these files."""

    files_done: int
    files_total: int
    chunks: int
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class _Parsed:
    path: Path
    state: FileState
    sha256: str
    document: ParsedDocument


@dataclass(frozen=True, slots=True)
class _Refused:
    """A file that was refused; ``state`` is None where another try may end otherwise."""

    path: Path
    state: FileState | None
    outcome: Outcome


class Ingestion:
    """Brings files into one collection of a knowledge base.

    As a context manager it keeps the process that reads files between its runs; else each run starts one if it has to.
    """

    def __init__(
        self,
        knowledge: KnowledgeStore,
        worker: WorkerSettings,
        collection: str,
        mappings: Sequence[Mapping] = (),
        on_progress: Callable[[Progress], None] | None = None,
        on_reading: Callable[[Path], None] | None = None,
    ) -> None:
        """``on_reading`` gets each file before it is read, in another thread. What the two raise ends the run."""
        self.knowledge = knowledge
        self._worker = worker
        self._kept: ParseWorker | None = None
        self.collection = collection
        self._mappings = (*mappings, *presets())
        self._on_progress = on_progress
        self._on_reading = on_reading

    def __enter__(self) -> Self:
        self._kept = ParseWorker(self._worker)
        return self

    def __exit__(self, *_: object) -> None:
        if self._kept:
            self._kept.close()
            self._kept = None

    def prepare(self) -> None:
        """Start and load what the next new file needs, which takes seconds, before it comes."""
        if self._kept:
            self._kept.start()
        self.knowledge.embedder.embed([""])

    def run(self, files: Sequence[Path]) -> list[Outcome]:
        """One outcome a file, in the files' order. What is committed stays, whatever happens to the rest."""
        outcomes: dict[Path, Outcome] = {}
        chunks = 0

        def record(batch: dict[Path, Outcome]) -> None:
            nonlocal chunks
            outcomes.update(batch)
            chunks += sum(outcome.chunks for outcome in batch.values() if outcome.status == "indexed")
            if self._on_progress:
                self._on_progress(Progress(len(outcomes), len(files), chunks, tuple(batch.values())))

        with self.knowledge.view() as view:
            listed = view.refusals(Scope(frozenset({self.collection}))).get(self.collection, [])
        refusals = {refusal.path: refusal for refusal in listed}
        to_parse: list[Path] = []
        for path in files:
            outcome = self._without_parsing(path, refusals.get(str(path)))
            if outcome is None:
                to_parse.append(path)
            else:
                record({path: outcome})
        for batch in self._parsed_batches(to_parse):
            refused = [item for item in batch if isinstance(item, _Refused)]
            self._remember(refused)
            stored = self._store([item for item in batch if isinstance(item, _Parsed)])
            record({item.path: item.outcome for item in refused} | stored)
        if any(outcome.status == "indexed" for outcome in outcomes.values()):
            self.knowledge.compact()
        return [outcomes[path] for path in files]

    def _recipe(self, path: Path) -> str:
        recipe = f"{path.suffix.lower()} readers-{VERSION}"
        if uses_mappings(path):
            recipe += (
                " mappings-" + hashlib.sha256("".join(m.fingerprint for m in self._mappings).encode()).hexdigest()[:8]
            )
        return recipe

    def _without_parsing(self, path: Path, refusal: Refusal | None) -> Outcome | None:
        """The outcome of a file that is unknown to every reader, unchanged, or a copy of one that is stored."""
        if format_of(path) is None:
            return Outcome(str(path), "refused", reason="unsupported", detail=UNSUPPORTED)
        recipe = self._recipe(path)
        try:
            str(path).encode()
        except UnicodeEncodeError:
            detail = "Its name is not valid UTF-8. Rename it."
            return Outcome(str(path).encode(errors="replace").decode(), "refused", reason="unreadable", detail=detail)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                return Outcome(str(path), "refused", reason="unreadable", detail="It is not an ordinary file.")
            if status.st_size > self._worker.limits.max_file_mb * 1024**2:
                detail = f"The file is larger than {self._worker.limits.max_file_mb} MB."
                return Outcome(str(path), "refused", reason="too large", detail=detail)
            state = FileState(status.st_size, status.st_mtime_ns)
            with self.knowledge.view() as view:
                known = view.find_file(self.collection, str(path))
            if known and known.recipe == recipe and known.state == state:
                return Outcome(str(path), "unchanged", document=known.document)
            if refusal and refusal.state == state and refusal.recipe == self._tried(path):
                return Outcome(str(path), "refused", reason=cast(Reason, refusal.reason), detail=refusal.detail)
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            return _unreadable(path, error)
        if known and known.recipe == recipe and known.sha256 == sha256:
            with self.knowledge.change() as change:
                change.touch_document(known.document, state)
            return Outcome(str(path), "unchanged", document=known.document)
        with self.knowledge.view() as view:
            content = view.find_content(sha256, recipe)
        if content is None:
            return None
        with self.knowledge.change() as change:
            content = change.find_content(sha256, recipe)
            if content is None:  # its last document was removed a moment ago
                return None
            title = change.title_of(content) or path.stem
            document = change.put_document(self.collection, str(path), title, content, state)
        return Outcome(str(path), "indexed", document=document)

    def _tried(self, path: Path) -> str:
        """What a refusal depends on, beside the file."""
        recognised = "with" if has_tesseract() else "without"
        return f"{self._recipe(path)} {recognised} text recognition, {self._worker.limits.model_dump_json()}"

    def _parsed_batches(self, files: Sequence[Path]) -> Iterator[list[_Parsed | _Refused]]:
        """Batches as the worker delivers them; it stays a little ahead, so memory is bounded."""
        parsed: Queue[_Parsed | _Refused | Exception | None] = Queue(maxsize=2 * _BATCH_FILES)
        cancelled = threading.Event()

        def parse_all() -> None:
            try:
                with nullcontext(self._kept) if self._kept else ParseWorker(self._worker) as worker:
                    for path in files:
                        if cancelled.is_set():
                            return
                        if self._on_reading:
                            self._on_reading(path)
                        parsed.put(self._parse(worker, path))
                parsed.put(None)
            except Exception as error:  # handed to the main thread, which raises it
                parsed.put(error)

        if not files:
            return
        thread = threading.Thread(target=parse_all, name="parse", daemon=True)
        thread.start()
        try:
            batch: list[_Parsed | _Refused] = []
            size = 0
            while (item := parsed.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                batch.append(item)
                size += len(item.document.chunks) if isinstance(item, _Parsed) else 0
                if size >= _BATCH_CHUNKS or len(batch) >= _BATCH_FILES:
                    yield batch
                    batch, size = [], 0
            yield batch
        finally:
            cancelled.set()
            while thread.is_alive():  # make room, so that a blocked worker thread sees the end
                while not parsed.empty():
                    parsed.get_nowait()
                thread.join(0.05)

    def _parse(self, worker: ParseWorker, path: Path) -> _Parsed | _Refused:
        try:
            state = _state(path)
        except OSError as error:
            return _Refused(path, None, _unreadable(path, error))
        try:
            sha256, document = worker.parse(path, self._mappings if uses_mappings(path) else ())
        except Refused as refusal:
            outcome = Outcome(str(path), "refused", reason=refusal.reason, detail=refusal.detail)
            final = refusal.reason in _FINAL and not isinstance(refusal, WorkerDied)
            return _Refused(path, state if final else None, outcome)
        return _Parsed(path, state, sha256, document)

    def _remember(self, refused: Sequence[_Refused]) -> None:
        refusals = [
            Refusal(str(item.path), item.state, self._tried(item.path), str(item.outcome.reason), item.outcome.detail)
            for item in refused
            if item.state
        ]
        if refusals:
            with self.knowledge.change() as change:
                change.put_refusals(self.collection, refusals)

    def _store(self, items: list[_Parsed]) -> dict[Path, Outcome]:
        if not items:
            return {}
        embedder, before = self._embedded_before(items)
        vectors = _embed(items, embedder, before)
        outcomes: dict[Path, Outcome] = {}
        with self.knowledge.change() as change:
            change.require_chunking(self._worker.chunking)
            for item, own in zip(items, vectors, strict=True):
                recipe = self._recipe(item.path)
                content = change.find_content(item.sha256, recipe)
                if content is None:
                    content = change.add_content(item.sha256, recipe, item.document, own, embedder.fingerprint)
                title = item.document.title or item.path.stem
                document = change.put_document(self.collection, str(item.path), title, content, item.state)
                outcomes[item.path] = Outcome(str(item.path), "indexed", len(item.document.chunks), document)
            change.drop_refusals(self.collection, [str(item.path) for item in items])
        return outcomes

    def _embedded_before(self, items: Sequence[_Parsed]) -> tuple[Embedder, dict[str, NDArray[np.float32]]]:
        """The embedding model, and by embedded text the vectors that the former contents of changed files hold."""
        vectors: dict[str, NDArray[np.float32]] = {}
        with self.knowledge.view() as view:
            for item in items:
                before = view.find_file(self.collection, str(item.path))
                if before:
                    vectors |= view.embedded_texts(before.content)
            return view.embedder, vectors


def _embed(items: Sequence[_Parsed], embedder: Embedder, vectors: dict[str, NDArray[np.float32]]) -> list[Vectors]:
    """Vectors for each item's chunks. The same text within a batch is embedded once, and what ``vectors`` holds, such
    as what a changed file keeps of its text, not again.
    """
    texts: list[list[str]] = []
    for item in items:
        stored = item.document.text
        chunks = item.document.chunks
        texts.append([embedding_input(chunk.heading, stored[chunk.start : chunk.end]) for chunk in chunks])
    new = [text for text in dict.fromkeys(chain.from_iterable(texts)) if text not in vectors]
    if new:
        vectors = vectors | dict(zip(new, embedder.embed(new), strict=True))
    dimension = embedder.dimension
    return [np.array([vectors[text] for text in own], np.float32).reshape(-1, dimension) for own in texts]


def summary(outcomes: Sequence[Outcome]) -> dict[str, int]:
    counts = Counter(outcome.status for outcome in outcomes)
    return {"indexed": counts["indexed"], "unchanged": counts["unchanged"], "refused": counts["refused"]}


def _unreadable(path: Path, error: OSError) -> Outcome:
    return Outcome(str(path), "refused", reason="unreadable", detail=f"The file cannot be read ({error.strerror}).")


def _state(path: Path) -> FileState:
    status = path.stat()
    return FileState(status.st_size, status.st_mtime_ns)
