"""A knowledge base in memory that behaves as the embedded one does, for tests that need no file."""

import copy
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.vectorstore.memory_index import MemoryIndex
from tests.vectorstore.memory_view import Content, Files, MemoryView, Row, State, now
from vectorstore.errors import IndexingMismatch, StoreError
from vectorstore.store import RESTORABLE_FOR
from vectorstore.types import (
    Document,
    Embedder,
    FileState,
    Finding,
    Indexing,
    Page,
    ParsedDocument,
    Passage,
    Refusal,
    Scope,
    Span,
    StoredText,
    Vectors,
    model_name,
)


class MemoryChange(Files):
    """``KnowledgeChange`` of a state that nobody else sees yet."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.searchable = False

    def require_chunking(self, chunking: str) -> None:
        self._require("chunking", chunking)

    def _require(self, name: str, wanted: str) -> None:
        stored = getattr(self._state.indexing, name)
        if stored and stored != wanted:
            remedy = "Start again: the documents are then indexed anew."
            raise IndexingMismatch(f"The documents have the {name} {stored}, not {wanted}", remedy=remedy)
        self._state.indexing = replace(self._state.indexing, **{name: wanted})

    def add_content(
        self, sha256: str, recipe: str, parsed: ParsedDocument, vectors: Vectors, embedding: str, begun: str = ""
    ) -> int:
        self._require("embedding", embedding)
        if before := self._state.stretches.pop((sha256, begun), None):
            parsed, vectors = joined(before[0], parsed), np.concatenate([before[1], vectors])
        (content,) = self._state.ids("contents", 1)
        ids = self._state.ids("chunks", len(parsed.chunks))
        self._state.contents[content] = Content(sha256, recipe, parsed, parsed.chunks, vectors.copy(), ids)
        return content

    def count_chunks(self, content: int) -> int:
        return len(self._state.contents[content].ids)

    def add_stretch(self, sha256: str, recipe: str, part: ParsedDocument, vectors: Vectors, embedding: str) -> None:
        self._require("embedding", embedding)
        kept = self.kept_characters(sha256, recipe)
        if kept < part.pages[0].start:
            raise StoreError("What was stored of a long file has been dropped", remedy="Run the command again.")
        if kept == part.pages[0].start:
            before = self._state.stretches.get((sha256, recipe))
            whole = (joined(before[0], part), np.concatenate([before[1], vectors])) if before else (part, vectors)
            self._state.stretches[sha256, recipe] = whole

    def drop_stretches(self, sha256: str, recipe: str) -> None:
        self._state.stretches.pop((sha256, recipe), None)

    def put_document(
        self, collection: str, path: str, title: str, content: int, state: FileState, part_of: int | None = None
    ) -> int:
        self.searchable = True
        self._wake(content)
        before = self.find_file(collection, path)
        known = [row.id for row, _ in self._state.deleted.values() if (row.collection, row.path) == (collection, path)]
        document = before.document if before else known[0] if known else self._state.ids("documents", 1)[0]
        self._state.documents[document] = Row(document, collection, path, title, content, state, now(), part_of)
        self._forget(collection, path)
        if before:
            self._release(before.content)
        return document

    def move_document(self, document: Document, path: Path) -> None:
        self.searchable = True
        title = path.stem if document.title == Path(document.path).stem else document.title
        for one in (document, *self.parts(document.id)):
            to = str(path) + one.path.removeprefix(document.path)
            self._forget(document.collection, to)
            named = (
                title + one.title.removeprefix(document.title) if one.title.startswith(document.title) else one.title
            )
            self._state.documents[one.id] = replace(self._state.documents[one.id], path=to, title=named)

    def touch_document(self, document: int, state: FileState) -> None:
        self._state.documents[document] = replace(self._state.documents[document], file=state)
        for part in self.parts(document):
            row = self._state.documents[part.id]
            self._state.documents[part.id] = replace(row, file=FileState(row.file.size, state.mtime_ns))

    def remove_document(self, document: int) -> None:
        self.searchable = True
        for part in self.parts(document):
            self.remove_document(part.id)
        for row, _ in list(self._state.deleted.values()):
            if row.part_of == document:
                self._forget(row.collection, row.path)
        if row := self._state.documents.pop(document, None):
            self._release(row.content)

    def soft_delete(self, document: int) -> None:
        self.searchable = True
        for part in self.parts(document):
            self.soft_delete(part.id)
        if row := self._state.documents.pop(document, None):
            self._state.deleted[document] = (row, now())
            self._release(row.content)

    def restore(self, document: int) -> bool:
        self.searchable = True
        if document not in self._state.deleted:
            return False
        if (file := self._state.deleted[document][0].part_of) in self._state.deleted:
            assert file is not None
            return self.restore(file)
        row, _ = self._state.deleted.pop(document)
        self._state.documents[document] = row
        self._wake(row.content)
        for part in [one.id for one, _ in self._state.deleted.values() if one.part_of == document]:
            self.restore(part)
        return True

    def forget_deleted(self, before: str) -> None:
        for row, when in list(self._state.deleted.values()):
            if when < before:
                self._forget(row.collection, row.path)

    def _forget(self, collection: str, path: str) -> None:
        for row, _ in list(self._state.deleted.values()):
            if (row.collection, row.path) == (collection, path):
                del self._state.deleted[row.id]
                self._release(row.content)

    def _wake(self, content: int) -> None:
        one = self._state.contents[content]
        if not one.ids:
            one.ids = self._state.ids("chunks", len(one.chunks))

    def _release(self, content: int) -> None:
        if any(row.content == content for row in self._state.documents.values()):
            return
        self._state.removed.update(self._state.contents[content].ids)
        self._state.contents[content].ids = ()
        if all(row.content != content for row, _ in self._state.deleted.values()):
            del self._state.contents[content]

    def put_refusals(self, collection: str, refusals: Iterable[Refusal]) -> None:
        self._state.refusals |= {(collection, refusal.path): refusal for refusal in refusals}

    def drop_refusals(self, collection: str, paths: Iterable[str]) -> None:
        for path in paths:
            self._state.refusals.pop((collection, path), None)

    def set_notice(self, collection: str, notice: str) -> None:
        self._state.notices[collection] = notice

    def set_synced(self, collection: str, folders: Sequence[Path]) -> None:
        self._state.synced[collection] = (now(), "\n".join(map(str, folders)))


def joined(one: ParsedDocument, other: ParsedDocument) -> ParsedDocument:
    """Two parts of a document that follow each other."""
    last, first = one.pages[-1], other.pages[0]
    same = last.number == first.number
    middle = (Page(last.number, last.start, last.text + first.text),) if same else (last, first)
    return ParsedDocument(
        other.title,
        (*one.pages[:-1], *middle, *other.pages[1:]),
        (*one.units, *other.units),
        (*one.chunks, *other.chunks),
        other.metadata,
        (*one.blocks, *other.blocks),
    )


class MemoryStore:
    """``KnowledgeStore``. ``open_model`` is that of ``vectorstore.embedded.open_store``."""

    def __init__(self, embedder: Embedder, open_model: Callable[[str], Embedder] | None = None) -> None:
        self._embedder = embedder
        self._open_model = open_model
        self._index = MemoryIndex()
        self._state = State()
        self._next: dict[int, tuple[tuple[Span, ...], Vectors]] = {}
        self._next_target: Indexing | None = None
        self._changing = threading.Lock()

    def _embedder_of(self, stored: str) -> Embedder:
        if not stored or stored == self._embedder.fingerprint:
            return self._embedder
        other = self._open_model(model_name(stored)) if self._open_model else None
        if other is None or other.fingerprint != stored:
            remedy = "Run `refdesk verify --repair` to embed it again, or set the former model."
            raise IndexingMismatch(f"The knowledge base was embedded with {stored}", remedy=remedy)
        self._embedder = other
        return other

    @contextmanager
    def view(self) -> Iterator[MemoryView]:
        yield MemoryView(self._state, self._embedder_of, self._index)

    @property
    def _now(self) -> MemoryView:
        return MemoryView(self._state, self._embedder_of, self._index)

    @property
    def embedder(self) -> Embedder:
        return self._now.embedder

    def search(
        self,
        query: str,
        scope: Scope,
        *,
        words: str | None = None,
        limit: int = 12,
        candidates: int = 50,
        dense_weight: float = 0.5,
    ) -> list[Passage]:
        return self._now.search(
            query, scope, words=words, limit=limit, candidates=candidates, dense_weight=dense_weight
        )

    def count(self, scope: Scope) -> int:
        return self._now.count(scope)

    @contextmanager
    def change(self) -> Iterator[MemoryChange]:
        with self._changing:
            state = copy.deepcopy(self._state)
            change = MemoryChange(state)
            yield change
            if change.searchable:
                change.forget_deleted((datetime.now(UTC) - RESTORABLE_FOR).isoformat())
                state.publish()
            self._state = state

    def compact(self, *, force: bool = False) -> bool:
        if force:
            with self._changing:
                state = copy.deepcopy(self._state)
                state.version = self._index.compact(state.embedded(self.embedder.dimension))
                state.removed.clear()
                state.publication += 1
                self._state = state
        return force

    def reindexing(self, target: Indexing) -> "_MemoryReindexing | None":
        return _MemoryReindexing(self, target) if self._differs(target) else None

    def _differs(self, target: Indexing) -> bool:
        present = self._state.indexing
        pairs = ((present.embedding, target.embedding), (present.chunking, target.chunking))
        return any(stored and stored != wanted for stored, wanted in pairs)

    def verify(self, wanted: Indexing) -> list[Finding]:
        present = self._state.indexing
        found = []
        if present.embedding and present.embedding != wanted.embedding:
            found.append(Finding(f"It is indexed by {present.embedding}", "embedding.model", repairable=True))
        if present.chunking and present.chunking != wanted.chunking:
            found.append(Finding(f"It is cut by {present.chunking}", "ingest.chunk_tokens", repairable=True))
        return found

    def close(self) -> None: ...


class _MemoryReindexing:
    """``Reindexing``."""

    def __init__(self, store: MemoryStore, target: Indexing) -> None:
        self._store = store
        self._target = target

    def waiting(self) -> list[int]:
        contents = self._store._state.contents
        return [one for one, content in sorted(contents.items()) if content.ids and one not in self._store._next]

    def progress(self) -> tuple[int, int]:
        held = {row.content for row in self._store._state.documents.values()}
        return len(self._store._next), len(held)

    def stored_text(self, content: int) -> StoredText:
        return self._store._state.contents[content].stored_text()

    def known_vectors(self, content: int) -> Mapping[str, NDArray[np.float32]]:
        same = self._store._state.indexing.embedding == self._target.embedding
        return self._store._now.embedded_texts(content) if same else {}

    def add(self, made: Sequence[tuple[int, Sequence[Span], Vectors]]) -> None:
        self._begin()
        for content, chunks, vectors in made:
            if content in self._store._state.contents:
                self._store._next.setdefault(content, (tuple(chunks), vectors))

    def _begin(self) -> None:
        if self._store._next_target != self._target:
            self._store._next.clear()
            self._store._next_target = self._target

    def finish(self) -> bool:
        if not self._store._differs(self._target):
            return True
        self._begin()
        if self.waiting():
            return False
        with self._store._changing:
            state = copy.deepcopy(self._store._state)
            change = MemoryChange(state)
            change.forget_deleted(datetime.max.isoformat())
            for content, (chunks, vectors) in self._store._next.items():
                if content in state.contents:
                    one = state.contents[content]
                    one.chunks, one.vectors, one.ids = chunks, vectors, state.ids("chunks", len(chunks))
            state.indexing, state.removed = self._target, set()
            dimension = next((one.vectors.shape[1] for one in state.contents.values()), 1)
            state.version = self._store._index.compact(state.embedded(dimension))
            state.publish()
            self._store._state, self._store._next = state, {}
        return True
