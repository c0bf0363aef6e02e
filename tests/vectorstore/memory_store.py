"""A knowledge base in memory that behaves as the embedded one does, for tests that need no file."""

import copy
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.text.stemming import stem
from tests.vectorstore.memory_index import MemoryIndex, MemoryVectors
from vectorstore.errors import IndexingMismatch
from vectorstore.index.fusion import fuse
from vectorstore.index.types import ChunkSet, DenseSearch, IndexVersion
from vectorstore.store import RESTORABLE_FOR
from vectorstore.types import (
    Chunk,
    Collection,
    Document,
    Embedder,
    FileState,
    Finding,
    Indexing,
    KnownFile,
    Page,
    ParsedDocument,
    Passage,
    Refusal,
    Scope,
    SoftDeletedDocument,
    Span,
    Totals,
    Vectors,
    embedding_input,
    model_name,
)


@dataclass
class _Content:
    """``ids`` are those of its chunks; none while no document has it."""

    sha256: str
    recipe: str
    parsed: ParsedDocument
    chunks: tuple[Span, ...]
    vectors: Vectors
    ids: tuple[int, ...]


@dataclass(frozen=True)
class _Row:
    id: int
    collection: str
    path: str
    title: str
    content: int
    file: FileState
    indexed_at: str


@dataclass
class _State:
    publication: int = 0
    changed_at: str = ""
    indexing: Indexing = field(default_factory=lambda: Indexing("", ""))
    contents: dict[int, _Content] = field(default_factory=dict)
    documents: dict[int, _Row] = field(default_factory=dict)
    deleted: dict[int, tuple[_Row, str]] = field(default_factory=dict)
    refusals: dict[tuple[str, str], Refusal] = field(default_factory=dict)
    notices: dict[str, str] = field(default_factory=dict)
    synced: dict[str, tuple[str, str]] = field(default_factory=dict)
    version: IndexVersion = field(default_factory=IndexVersion)
    removed: set[int] = field(default_factory=set)
    last: Counter[str] = field(default_factory=Counter)
    """The largest ids that were ever given."""

    def ids(self, kind: str, many: int) -> tuple[int, ...]:
        first = self.last[kind] + 1
        self.last[kind] += many
        return tuple(range(first, first + many))

    def publish(self) -> None:
        self.publication += 1
        self.changed_at = _now()

    def embedded(self, dimension: int) -> MemoryVectors:
        vectors = {
            one: vector
            for content in self.contents.values()
            for one, vector in zip(content.ids, content.vectors, strict=False)
        }
        return MemoryVectors(vectors, self.publication, self.version, frozenset(self.removed), dimension)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _sees(scope: Scope, row: _Row) -> bool:
    return (scope.collections is None or row.collection in scope.collections) and (
        scope.documents is None or row.id in scope.documents
    )


def _words(text: str) -> list[str]:
    return [stem(word) for word in re.findall(r"\w+", text.lower())]


class _Files:
    def __init__(self, state: _State) -> None:
        self._state = state

    def find_file(self, collection: str, path: str) -> KnownFile | None:
        for row in self._state.documents.values():
            if (row.collection, row.path) == (collection, path):
                content = self._state.contents[row.content]
                return KnownFile(row.id, row.content, content.sha256, content.recipe, row.file)
        return None

    def find_content(self, sha256: str, recipe: str) -> int | None:
        wanted = (sha256, recipe)
        return next((i for i, one in self._state.contents.items() if (one.sha256, one.recipe) == wanted), None)

    def title_of(self, content: int) -> str:
        return self._state.contents[content].parsed.title


class MemoryView(_Files):
    """``KnowledgeView``."""

    def __init__(self, state: _State, embedder_of: Callable[[str], Embedder], index: MemoryIndex) -> None:
        super().__init__(state)
        self._embedder_of = embedder_of
        self._index = index

    @property
    def publication(self) -> int:
        return self._state.publication

    @property
    def changed_at(self) -> str:
        return self._state.changed_at

    @property
    def indexing(self) -> Indexing:
        return self._state.indexing

    @property
    def embedder(self) -> Embedder:
        return self._embedder_of(self._state.indexing.embedding)

    # Passages

    def search(
        self, query: str, scope: Scope, *, limit: int = 12, candidates: int = 50, dense_weight: float = 0.5
    ) -> list[Passage]:
        dense_search: DenseSearch = self._index.at(self._state.embedded(self.embedder.dimension))
        vector, chunks = self.embedder.embed([query]), self._chunks(scope)
        dense = dense_search.search(vector, candidates, ChunkSet.of(np.array(list(chunks), np.int64)))
        worded = {one: score for one, chunk in chunks.items() if (score := self._bm25(query, chunk, scope))}
        worded = dict(sorted(worded.items(), key=lambda item: -item[1])[:candidates])
        worded |= {one: score for one in dense if (score := self._bm25(query, chunks[one], scope))}
        dense |= dense_search.scores(worded.keys() - dense.keys(), vector)
        best = list(fuse(dense, worded, dense_weight).items())[:limit]
        return [Passage(chunks[one], score, dense[one], worded.get(one, 0.0)) for one, score in best]

    def _bm25(self, query: str, chunk: Chunk, scope: Scope) -> float:
        """Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, without lengths."""
        held, stored = Counter(_words(f"{chunk.heading} {chunk.text}")), self.count(scope)
        counts = self.frequencies(list(dict.fromkeys(re.findall(r"\w+", query.lower()))), scope)
        return sum(
            log(1 + (stored - count + 0.5) / (count + 0.5)) * held[stem(word)] / (held[stem(word)] + 1.2)
            for word, count in counts.items()
        )

    def _chunks(self, scope: Scope) -> dict[int, Chunk]:
        """Each under the oldest document in scope."""
        chunks: dict[int, Chunk] = {}
        for row in self._rows(scope):
            for chunk in self.chunks(row.id, scope):
                chunks.setdefault(chunk.id, chunk)
        return chunks

    def count(self, scope: Scope) -> int:
        return len(self._chunks(scope))

    def frequencies(self, words: Sequence[str], scope: Scope) -> dict[str, int]:
        held = [set(_words(f"{chunk.heading} {chunk.text}")) for chunk in self._chunks(scope).values()]
        return {word: sum(bool(one & set(_words(word))) for one in held) for word in words}

    def holds_form(self, word: str, scope: Scope) -> bool:
        form = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
        return any(form.search(f"{chunk.heading} {chunk.text}") for chunk in self._chunks(scope).values())

    def notices(self, documents: Iterable[int], scope: Scope) -> tuple[str, ...]:
        names = {self._state.documents[one].collection for one in documents if self.document(one, scope)}
        return tuple(
            dict.fromkeys(self._state.notices[name] for name in sorted(names) if self._state.notices.get(name))
        )

    # Documents

    def _rows(self, scope: Scope) -> list[_Row]:
        return [row for _, row in sorted(self._state.documents.items()) if _sees(scope, row)]

    def document(self, document: int, scope: Scope) -> Document | None:
        return next((self._described(row) for row in self._rows(scope) if row.id == document), None)

    def _described(self, row: _Row) -> Document:
        content = self._state.contents[row.content]
        counts = (len(content.ids), len(content.parsed.units))
        place = (row.id, row.collection, row.path, row.title)
        return Document(*place, content.sha256, row.file.size, row.indexed_at, *counts)

    def documents(
        self, scope: Scope, words: Sequence[str] = (), *, limit: int | None = None
    ) -> tuple[int, list[Document]]:
        found = [
            self._described(row)
            for row in self._rows(scope)
            if all(word.casefold() in f"{row.title} {row.path}".casefold() for word in words)
        ]
        found.sort(key=lambda one: (one.title.casefold(), one.id))
        return len(found), found[:limit]

    def documents_at(self, path: str, scope: Scope) -> list[Document]:
        return [self._described(row) for row in self._rows(scope) if row.path == path]

    def pages(self, document: int, scope: Scope) -> tuple[Page, ...]:
        seen = self.document(document, scope)
        return self._state.contents[self._state.documents[document].content].parsed.pages if seen else ()

    def chunks(self, document: int, scope: Scope) -> list[Chunk]:
        if not self.document(document, scope):
            return []
        row = self._state.documents[document]
        content = self._state.contents[row.content]
        chunks: list[Chunk] = []
        for one, span in zip(content.ids, content.chunks, strict=False):
            page = next(page for page in content.parsed.pages if span.start < page.end)
            text = content.parsed.text[span.start : span.end]
            opens = not (chunks and chunks[-1].heading == span.heading)
            place = (page.number, span.start, span.end, span.heading, text, opens)
            chunks.append(Chunk(one, row.id, row.title, row.path, *place))
        return chunks

    def passage_with(self, document: int, words: str, scope: Scope) -> str | None:
        return next((chunk.text for chunk in self.chunks(document, scope) if words in chunk.text), None)

    def heading_at(self, document: int, position: int, scope: Scope) -> str:
        found = (one.heading for one in self.chunks(document, scope) if one.start <= position < one.end)
        return next(found, "")

    def questions(self, scope: Scope) -> list[tuple[str, int]]:
        first: dict[int, str] = {}
        for row in self._rows(scope):
            for chunk in self.chunks(row.id, scope):
                if chunk.heading.endswith("?"):
                    first.setdefault(row.id, chunk.heading)
        return [(heading, document) for document, heading in first.items()]

    def collections(self, scope: Scope) -> list[Collection]:
        rows = self._rows(scope)
        names = {row.collection for row in rows}
        if scope.documents is None:
            noted = {name for name, notice in self._state.notices.items() if notice}
            names |= noted if scope.collections is None else noted & scope.collections
        return [
            Collection(
                name,
                sum(row.collection == name for row in rows),
                sum(row.file.size for row in rows if row.collection == name),
                self._state.notices.get(name, ""),
                *self._state.synced.get(name, ("", "")),
            )
            for name in sorted(names)
        ]

    def totals(self, scope: Scope) -> Totals:
        rows = self._rows(scope)
        units = sum(len(self._state.contents[row.content].parsed.units) for row in rows)
        return Totals(len(rows), len({row.content for row in rows}), units, self.count(scope))

    def refusals(self, scope: Scope) -> dict[str, list[Refusal]]:
        listed: dict[str, list[Refusal]] = {}
        for (collection, _), refusal in sorted(self._state.refusals.items(), key=lambda item: item[0]):
            if scope.documents is None and (scope.collections is None or collection in scope.collections):
                listed.setdefault(collection, []).append(refusal)
        return listed

    def soft_deleted(self, scope: Scope) -> list[SoftDeletedDocument]:
        listed = sorted(self._state.deleted.values(), key=lambda item: item[0].id)
        return [
            SoftDeletedDocument(row.id, row.collection, row.path, row.title, row.file.size, when)
            for row, when in sorted(listed, key=lambda item: item[1], reverse=True)
            if _sees(scope, row)
        ]

    # Files

    def embedded_texts(self, content: int) -> dict[str, NDArray[np.float32]]:
        one = self._state.contents[content]
        texts = [embedding_input(span.heading, one.parsed.text[span.start : span.end]) for span in one.chunks]
        return dict(zip(texts, one.vectors, strict=True))

    def known_paths(self) -> set[str]:
        documents = [*self._state.documents.values(), *(row for row, _ in self._state.deleted.values())]
        return {row.path for row in documents} | {path for _, path in self._state.refusals}


class MemoryChange(_Files):
    """``KnowledgeChange`` of a state that nobody else sees yet."""

    def __init__(self, state: _State) -> None:
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

    def add_content(self, sha256: str, recipe: str, parsed: ParsedDocument, vectors: Vectors, embedding: str) -> int:
        self._require("embedding", embedding)
        (content,) = self._state.ids("contents", 1)
        ids = self._state.ids("chunks", len(parsed.chunks))
        self._state.contents[content] = _Content(sha256, recipe, parsed, parsed.chunks, vectors.copy(), ids)
        return content

    def put_document(self, collection: str, path: str, title: str, content: int, state: FileState) -> int:
        self.searchable = True
        self._wake(content)
        before = self.find_file(collection, path)
        known = [row.id for row, _ in self._state.deleted.values() if (row.collection, row.path) == (collection, path)]
        document = before.document if before else known[0] if known else self._state.ids("documents", 1)[0]
        self._state.documents[document] = _Row(document, collection, path, title, content, state, _now())
        self._forget(collection, path)
        if before:
            self._release(before.content)
        return document

    def move_document(self, document: Document, path: Path) -> None:
        self.searchable = True
        self._forget(document.collection, str(path))
        title = path.stem if document.title == Path(document.path).stem else document.title
        row = self._state.documents[document.id]
        self._state.documents[document.id] = replace(row, path=str(path), title=title)

    def touch_document(self, document: int, state: FileState) -> None:
        self._state.documents[document] = replace(self._state.documents[document], file=state)

    def remove_document(self, document: int) -> None:
        self.searchable = True
        if row := self._state.documents.pop(document, None):
            self._release(row.content)

    def soft_delete(self, document: int) -> None:
        self.searchable = True
        if row := self._state.documents.pop(document, None):
            self._state.deleted[document] = (row, _now())
            self._release(row.content)

    def restore(self, document: int) -> bool:
        self.searchable = True
        if document not in self._state.deleted:
            return False
        row, _ = self._state.deleted.pop(document)
        self._state.documents[document] = row
        self._wake(row.content)
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
        self._state.synced[collection] = (_now(), "\n".join(map(str, folders)))


class MemoryStore:
    """``KnowledgeStore``. ``open_model`` is that of ``vectorstore.embedded.open_store``."""

    def __init__(self, embedder: Embedder, open_model: Callable[[str], Embedder] | None = None) -> None:
        self._embedder = embedder
        self._open_model = open_model
        self._index = MemoryIndex()
        self._state = _State()
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
        self, query: str, scope: Scope, *, limit: int = 12, candidates: int = 50, dense_weight: float = 0.5
    ) -> list[Passage]:
        return self._now.search(query, scope, limit=limit, candidates=candidates, dense_weight=dense_weight)

    def count(self, scope: Scope) -> int:
        return self._now.count(scope)

    def frequencies(self, words: Sequence[str], scope: Scope) -> dict[str, int]:
        return self._now.frequencies(words, scope)

    def holds_form(self, word: str, scope: Scope) -> bool:
        return self._now.holds_form(word, scope)

    def notices(self, documents: Iterable[int], scope: Scope) -> tuple[str, ...]:
        return self._now.notices(documents, scope)

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

    def text_and_sections(self, content: int) -> tuple[str, list[Span]]:
        one = self._store._state.contents[content]
        sections: list[Span] = []
        before: tuple[object, ...] = ()
        for span in one.chunks:
            page = next(page.start for page in one.parsed.pages if span.start < page.end)
            record = max((unit.start for unit in one.parsed.units if unit.start <= span.start), default=None)
            if before == (span.heading, page, record):
                sections[-1] = Span(sections[-1].start, span.end, span.heading)
            else:
                sections.append(span)
            before = (span.heading, page, record)
        return one.parsed.text, sections

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
