"""An ingestion: files to outcomes. Parsing runs in a worker process while the main one embeds and stores."""

import hashlib
import stat
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray

from ingest.pipeline.outcomes import Outcome, Progress
from ingest.pipeline.parts import WholeFile
from ingest.pipeline.reading import BATCH_FILES, ParsedFile, ParsedStretch, Parser, Put, Read, RefusedFile, read_ahead
from ingest.readers.base import Reason, Refused, has_tesseract
from ingest.readers.registry import UNSUPPORTED, VERSION, format_of, holds_parts, uses_mappings
from ingest.sources.files import NotFound, is_being_written
from ingest.sources.mapping import Mapping, presets
from ingest.worker.guard import ParseWorker, WorkerDied, WorkerSettings
from vectorstore.store import KnowledgeStore
from vectorstore.types import (
    Document,
    Embedder,
    FileState,
    KnownFile,
    ParsedDocument,
    Refusal,
    Scope,
    Vectors,
    embedding_input,
)

_FINAL: frozenset[Reason] = frozenset(
    {"empty", "no text", "encrypted", "damaged", "too large", "timeout", "out of memory"}
)
"""Reasons to refuse a file that stay as long as the file, the readers and their limits do."""


_EMBEDDED_TOGETHER = 256
"""Texts; more would keep whoever wants to end the run waiting."""
_MOVED = 1024**2
"""So many characters a passage may have moved in a file that has changed, to be known again."""

OpenParser = Callable[[WorkerSettings], Parser]


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
        on_waiting: Callable[[], None] = lambda: None,
        *,
        open_parser: OpenParser = ParseWorker,
        batch_files: int = BATCH_FILES,
    ) -> None:
        """``on_reading`` gets each file before it is read, in another thread; ``on_waiting`` is called now and then
        while one file takes long. What the three raise ends the run.

        ``open_parser`` opens what parses files, a batch of ``batch_files`` at most is stored together.
        """
        self.knowledge = knowledge
        self._worker = worker
        self._open_parser = open_parser
        self._batch_files = batch_files
        self._kept: Parser | None = None
        self.collection = collection
        self._mappings = (*mappings, *presets())
        self._on_progress = on_progress
        self._on_reading = on_reading
        self._on_waiting = on_waiting

    def __enter__(self) -> Self:
        self._kept = self._open_parser(self._worker)
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

    def run(self, files: Sequence[Path], not_found: Sequence[NotFound] = (), *, patient: bool = False) -> list[Outcome]:
        """One outcome a file, in the files' order, and then one for each place whose files were ``not_found``. What is
        committed stays, whatever happens to the rest. Who is ``patient`` leaves a long file alone while it is written.
        """
        outcomes: dict[Path, Outcome] = {}
        chunks = 0

        def record(batch: dict[Path, Outcome], part: ParsedStretch | None = None) -> None:
            nonlocal chunks
            outcomes.update(batch)
            chunks += sum(outcome.chunks for outcome in batch.values() if outcome.status == "indexed")
            if self._on_progress:
                total = len(files) + len(not_found)
                reading = (str(part.path), part.share) if part else ()
                self._on_progress(Progress(len(outcomes), total, chunks, tuple(batch.values()), *reading))

        with self.knowledge.view() as view:
            listed = view.refusals(Scope(frozenset({self.collection}))).get(self.collection, [])
        refusals = {refusal.path: refusal for refusal in listed}
        unread = {one.path: _refused(one.path, "unreadable", one.detail) for one in not_found}
        if unread:
            record(unread)
        to_parse: list[Path] = []
        for path in files:
            unfinished = patient and is_being_written(path)
            outcome = self._left_alone(path) if unfinished else self._without_parsing(path, refusals.get(str(path)))
            if outcome is None:
                to_parse.append(path)
            else:
                record({path: outcome})
        with ExitStack() as stack:
            for batch in stack.enter_context(closing(self._read_ahead(to_parse, stack))):
                refused = [item for item in batch if isinstance(item, RefusedFile)]
                self._remember(refused)
                stored = self._store([item for item in batch if isinstance(item, ParsedFile)])
                record({item.path: item.outcome for item in refused} | stored)
                for part in (item for item in batch if isinstance(item, ParsedStretch)):
                    self._store_stretch(part)
                    record({}, part)
        if any(outcome.status == "indexed" for outcome in outcomes.values()):
            self.knowledge.compact()
        return [outcomes[path] for path in [*files, *unread]]

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
            return _refused(path, "unsupported", UNSUPPORTED)
        recipe = self._recipe(path)
        try:
            str(path).encode()
        except UnicodeEncodeError:
            return _refused(path, "unreadable", "Its name is not valid UTF-8. Rename it.")
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                return _refused(path, "unreadable", "It is not an ordinary file.")
            if status.st_size > self._worker.limits.max_file_mb * 1024**2:
                most = self._worker.limits.max_file_mb
                detail = f"The file is larger than {most} MB. A higher ingest.max_file_mb allows more."
                return _refused(path, "too large", detail)
            state = FileState(status.st_size, status.st_mtime_ns)
            with self.knowledge.view() as view:
                known = view.find_file(self.collection, str(path))
            current = bool(known and known.recipe in (recipe, self._tried(path)))
            if known and current and known.state == state:
                return self._unchanged(path, known)
            if refusal and refusal.state == state and refusal.recipe == self._tried(path):
                return _refused(path, cast(Reason, refusal.reason), refusal.detail)
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            return _unreadable(path, error)
        if known and current and known.sha256 == sha256:
            with self.knowledge.change() as change:
                change.touch_document(known.document, state)
            return self._unchanged(path, known)
        if holds_parts(path):  # which a copy has too
            return None
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

    def _left_alone(self, path: Path) -> Outcome:
        with self.knowledge.view() as view:
            known = view.find_file(self.collection, str(path))
        if known:
            return self._unchanged(path, known)
        return _refused(path, "unreadable", "It is being written, and is read when it has not changed for a while.")

    def _unchanged(self, path: Path, known: KnownFile) -> Outcome:
        parts: list[Document] = []
        if holds_parts(path):
            with self.knowledge.view() as view:
                parts = view.parts(known.document)
        notes = (*known.notes, *(note for part in parts for note in part.notes))
        addresses = tuple(part.path for part in parts)
        return Outcome(str(path), "unchanged", document=known.document, notes=notes, parts=addresses)

    def _tried(self, path: Path) -> str:
        """What it depends on, beside the file, that it is refused or not read as a whole."""
        recognised = "with" if has_tesseract() else "without"
        return f"{self._recipe(path)} {recognised} text recognition, {self._worker.limits.model_dump_json()}"

    def _read_ahead(self, files: Sequence[Path], stack: ExitStack) -> Generator[list[Read]]:
        if files:
            parser = self._kept or stack.enter_context(closing(self._open_parser(self._worker)))
            yield from read_ahead(files, parser, self._read, self._batch_files, self._on_waiting)

    def _read(self, parser: Parser, path: Path, put: Put) -> Read:
        if self._on_reading:
            self._on_reading(path)
        try:
            state = _state(path)
        except OSError as error:
            return RefusedFile(path, None, _unreadable(path, error))
        begun = ""

        def on_stretch(sha256: str, document: ParsedDocument, share: float) -> None:
            nonlocal begun
            begun = sha256
            put(ParsedStretch(path, sha256, document, share))

        try:
            whole = WholeFile(parser, path, self._mappings, self._worker.limits.max_parts, self._on_reading, on_stretch)
            return replace(whole.read(state), is_last_stretch=bool(begun))
        except Refused as refusal:
            outcome = _refused(path, refusal.reason, refusal.detail)
            final = refusal.reason in _FINAL and not isinstance(refusal, WorkerDied)
            return RefusedFile(path, state if final else None, outcome, begun)

    def _remember(self, refused: Sequence[RefusedFile]) -> None:
        refusals = [
            Refusal(str(item.path), item.state, self._tried(item.path), str(item.outcome.reason), item.outcome.detail)
            for item in refused
            if item.state
        ]
        begun = [item for item in refused if item.sha256 and item.state]
        if refusals or begun:
            with self.knowledge.change() as change:
                change.put_refusals(self.collection, refusals)
                for item in begun:
                    change.drop_stretches(item.sha256, self._recipe(item.path))

    def _store_stretch(self, part: ParsedStretch) -> None:
        """Keep a part of a long file, if it is not kept: a run that was interrupted has paid for it."""
        recipe = self._recipe(part.path)
        start, end = part.document.pages[0].start, part.document.pages[-1].end
        with self.knowledge.view() as view:
            kept = view.kept_characters(part.sha256, recipe)
            complete = view.find_content(part.sha256, recipe) is not None
        if kept >= end or complete:
            return
        if kept > start:  # it was cut into other parts
            with self.knowledge.change() as change:
                change.drop_stretches(part.sha256, recipe)
        embedder, before = self._embedded_before([part])
        (vectors,) = self._embed([part], embedder, before)
        with self.knowledge.change() as change:
            change.require_chunking(self._worker.chunking)
            change.add_stretch(part.sha256, recipe, part.document, vectors, embedder.fingerprint)

    def _store(self, items: list[ParsedFile]) -> dict[Path, Outcome]:
        if not items:
            return {}
        every = [one for item in items for one in item.all]
        embedder, before = self._embedded_before(every)
        vectors = dict(zip([one.path for one in every], self._embed(every, embedder, before), strict=True))
        outcomes: dict[Path, Outcome] = {}
        with self.knowledge.change() as change:
            change.require_chunking(self._worker.chunking)
            for item in items:
                document: int | None = None
                chunks = item.chunks
                for one in item.all:
                    recipe = self._recipe_of(one)
                    content = change.find_content(one.sha256, recipe)
                    if content is None:
                        made = (one.document, vectors[one.path], embedder.fingerprint)
                        content = change.add_content(one.sha256, recipe, *made, begun=self._recipe(one.path))
                    place = (self.collection, str(one.path), one.title, content, one.state)
                    put = change.put_document(*place, part_of=document)
                    document = document or put
                    if one.is_last_stretch:
                        chunks += change.count_chunks(content) - len(one.document.chunks)
                assert document is not None
                addresses = tuple(str(part.path) for part in item.parts)
                for part in change.parts(document):
                    if part.path not in addresses:
                        change.remove_document(part.id)
                outcomes[item.path] = Outcome(
                    str(item.path), "indexed", chunks, document, notes=item.notes, parts=addresses
                )
            change.drop_refusals(self.collection, [str(item.path) for item in items])
        return outcomes

    def _recipe_of(self, file: ParsedFile) -> str:
        """What was not read as a whole is read again as soon as what stood in the way may have gone."""
        return self._tried(file.path) if file.notes else self._recipe(file.path)

    def _embedded_before(
        self, items: Sequence[ParsedFile | ParsedStretch]
    ) -> tuple[Embedder, dict[str, NDArray[np.float32]]]:
        """The embedding model, and by embedded text the vectors that are stored for these files: those of the same
        content, and of the former one where a file has changed. Of a long one they are those about where a stretch is:
        what stands there has hardly moved where the file was written on.
        """
        vectors: dict[str, NDArray[np.float32]] = {}
        with self.knowledge.view() as view:
            for item in items:
                before = view.find_file(self.collection, str(item.path))
                recipe = self._recipe_of(item) if isinstance(item, ParsedFile) else self._recipe(item.path)
                same = view.find_content(item.sha256, recipe)
                within = (item.document.pages[0].start - _MOVED, item.document.pages[-1].end + _MOVED)
                for content in (before.content if before else None, same):
                    vectors |= view.embedded_texts(content, within) if content is not None else {}
            return view.embedder, vectors

    def _embed(
        self,
        items: Sequence[ParsedFile | ParsedStretch],
        embedder: Embedder,
        vectors: dict[str, NDArray[np.float32]],
    ) -> list[Vectors]:
        """Vectors for each item's chunks. The same text within a batch is embedded once, and what ``vectors`` holds,
        such as what a changed file keeps of its text, not again.
        """
        texts: list[list[str]] = []
        for item in items:
            stored, start = item.document.text, item.document.pages[0].start
            chunks = item.document.chunks
            texts.append(
                [embedding_input(chunk.heading, stored[chunk.start - start : chunk.end - start]) for chunk in chunks]
            )
        known = dict(vectors)
        new = [text for text in dict.fromkeys(chain.from_iterable(texts)) if text not in known]
        for first in range(0, len(new), _EMBEDDED_TOGETHER):
            self._on_waiting()
            batch = new[first : first + _EMBEDDED_TOGETHER]
            known |= zip(batch, embedder.embed(batch), strict=True)
        dimension = embedder.dimension
        return [np.array([known[text] for text in own], np.float32).reshape(-1, dimension) for own in texts]


def _unreadable(path: Path, error: OSError) -> Outcome:
    return _refused(path, "unreadable", f"The file cannot be read ({error.strerror}).")


def _refused(path: Path, reason: Reason, detail: str) -> Outcome:
    return Outcome(str(path).encode(errors="replace").decode(), "refused", reason=reason, detail=detail)


def _state(path: Path) -> FileState:
    status = path.stat()
    return FileState(status.st_size, status.st_mtime_ns)
