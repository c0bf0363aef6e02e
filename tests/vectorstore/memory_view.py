"""One state of a knowledge base in memory, and what is read of it."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import log

import numpy as np
from numpy.typing import NDArray

from rag.text.english import stem
from tests.vectorstore.memory_index import MemoryIndex, MemoryVectors
from vectorstore.blocks import blocks_in
from vectorstore.identifiers import identifiers, is_code, whole
from vectorstore.index.fusion import fuse
from vectorstore.index.types import ChunkSet, DenseSearch, IndexVersion
from vectorstore.sqlite.words import words_of
from vectorstore.types import (
    Block,
    Chunk,
    Collection,
    Document,
    Embedder,
    FileState,
    Indexing,
    KnownFile,
    Page,
    ParsedDocument,
    Passage,
    Place,
    Refusal,
    Scope,
    SoftDeletedDocument,
    Span,
    StoredText,
    Totals,
    Vectors,
    embedding_input,
)


@dataclass
class Content:
    """``ids`` are those of its chunks; none while no document has it."""

    sha256: str
    recipe: str
    parsed: ParsedDocument
    chunks: tuple[Span, ...]
    vectors: Vectors
    ids: tuple[int, ...]

    def stored_text(self) -> StoredText:
        sections: list[Span] = []
        before: tuple[object, ...] = ()
        for span in self.chunks:
            page = next(page.start for page in self.parsed.pages if span.start < page.end)
            record = max((unit.start for unit in self.parsed.units if unit.start <= span.start), default=None)
            if before == (span.heading, page, record):
                sections[-1] = Span(sections[-1].start, span.end, span.heading)
            else:
                sections.append(span)
            before = (span.heading, page, record)
        blocks = self.parsed.blocks or blocks_in(self.parsed.text, sections)
        return StoredText(self.parsed.text, tuple(sections), blocks)


@dataclass(frozen=True)
class Row:
    id: int
    collection: str
    path: str
    title: str
    content: int
    file: FileState
    indexed_at: str
    part_of: int | None = None


@dataclass
class State:
    publication: int = 0
    changed_at: str = ""
    indexing: Indexing = field(default_factory=lambda: Indexing("", ""))
    contents: dict[int, Content] = field(default_factory=dict)
    documents: dict[int, Row] = field(default_factory=dict)
    deleted: dict[int, tuple[Row, str]] = field(default_factory=dict)
    refusals: dict[tuple[str, str], Refusal] = field(default_factory=dict)
    stretches: dict[tuple[str, str], tuple[ParsedDocument, Vectors]] = field(default_factory=dict)
    """Those of contents that are not complete, joined, by hash and recipe."""
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
        self.changed_at = now()

    def embedded(self, dimension: int) -> MemoryVectors:
        vectors = {
            one: vector
            for content in self.contents.values()
            for one, vector in zip(content.ids, content.vectors, strict=False)
        }
        return MemoryVectors(vectors, self.publication, self.version, frozenset(self.removed), dimension)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def sees(scope: Scope, row: Row) -> bool:
    return (scope.collections is None or row.collection in scope.collections) and (
        scope.documents is None or row.id in scope.documents
    )


def _words(text: str) -> list[str]:
    return [stem(word) for word in words_of(text.lower())]


class Files:
    def __init__(self, state: State) -> None:
        self._state = state

    def find_file(self, collection: str, path: str) -> KnownFile | None:
        for row in self._state.documents.values():
            if (row.collection, row.path) == (collection, path):
                content = self._state.contents[row.content]
                return KnownFile(row.id, row.content, content.sha256, content.recipe, row.file, content.parsed.notes)
        return None

    def find_content(self, sha256: str, recipe: str) -> int | None:
        wanted = (sha256, recipe)
        return next((i for i, one in self._state.contents.items() if (one.sha256, one.recipe) == wanted), None)

    def kept_characters(self, sha256: str, recipe: str) -> int:
        kept = self._state.stretches.get((sha256, recipe))
        return kept[0].pages[-1].end if kept else 0

    def title_of(self, content: int) -> str:
        return self._state.contents[content].parsed.title

    def parts(self, document: int) -> list[Document]:
        return [self._described(row) for _, row in sorted(self._state.documents.items()) if row.part_of == document]

    def _described(self, row: Row) -> Document:
        content = self._state.contents[row.content]
        counts = (len(content.ids), len(content.parsed.units))
        place = (row.id, row.collection, row.path, row.title)
        notes = content.parsed.notes
        return Document(*place, content.sha256, row.file.size, row.indexed_at, *counts, notes, row.part_of)


class MemoryView(Files):
    """``KnowledgeView``."""

    def __init__(self, state: State, embedder_of: Callable[[str], Embedder], index: MemoryIndex) -> None:
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
        self,
        query: str,
        scope: Scope,
        *,
        words: str | None = None,
        limit: int = 12,
        candidates: int = 50,
        dense_weight: float = 0.5,
    ) -> list[Passage]:
        dense_search: DenseSearch = self._index.at(self._state.embedded(self.embedder.dimension))
        vector, chunks = self.embedder.embed_queries([query]), self._chunks(scope)
        dense = dense_search.search(vector, candidates, ChunkSet.of(np.array(list(chunks), np.int64)))
        worded = {one: score for one, chunk in chunks.items() if (score := self._bm25(words or query, chunk, scope))}
        worded = dict(sorted(worded.items(), key=lambda item: -item[1])[:candidates])
        worded |= {one: score for one in dense if (score := self._bm25(words or query, chunks[one], scope))}
        dense |= dense_search.scores(worded.keys() - dense.keys(), vector)
        best = list(fuse(dense, worded, dense_weight).items())[:limit]
        return [Passage(chunks[one], score, dense[one], worded.get(one, 0.0)) for one, score in best]

    def _bm25(self, query: str, chunk: Chunk, scope: Scope) -> float:
        """Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, without lengths."""
        held, stored = Counter(_words(f"{chunk.heading} {chunk.text}")), self.count(scope)
        counts = self.frequencies(list(dict.fromkeys(words_of(query.lower()))), scope)
        texts = [f"{one.heading} {one.text}" for one in self._chunks(scope).values()]
        names = {name: sum(bool(whole(name).search(text)) for text in texts) for name in identifiers(query)}
        return sum(
            4.0 * log(1 + (stored - count + 0.5) / (count + 0.5))
            for name, count in names.items()
            if whole(name).search(f"{chunk.heading} {chunk.text}")
        ) + sum(
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
        texts = [f"{chunk.heading} {chunk.text}" for chunk in self._chunks(scope).values()]
        held = [set(_words(text)) for text in texts]
        return {
            word: sum(bool(whole(word).search(text)) for text in texts)
            if is_code(word)
            else sum(bool(one & set(_words(word))) for one in held)
            for word in words
        }

    def holds_form(self, word: str, scope: Scope) -> bool:
        form = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
        return any(form.search(f"{chunk.heading} {chunk.text}") for chunk in self._chunks(scope).values())

    def notices(self, documents: Iterable[int], scope: Scope) -> tuple[str, ...]:
        names = {self._state.documents[one].collection for one in documents if self.document(one, scope)}
        return tuple(
            dict.fromkeys(self._state.notices[name] for name in sorted(names) if self._state.notices.get(name))
        )

    # Documents

    def _rows(self, scope: Scope) -> list[Row]:
        return [row for _, row in sorted(self._state.documents.items()) if sees(scope, row)]

    def document(self, document: int, scope: Scope) -> Document | None:
        return next((self._described(row) for row in self._rows(scope) if row.id == document), None)

    def documents(
        self, scope: Scope, words: Sequence[str] = (), *, limit: int | None = None, incomplete: bool = False
    ) -> tuple[int, list[Document]]:
        found = [
            self._described(row)
            for row in self._rows(scope)
            if all(word.casefold() in f"{row.title} {row.path}".casefold() for word in words)
            and (not incomplete or self._state.contents[row.content].parsed.notes)
        ]
        found.sort(key=lambda one: (one.title.casefold(), one.id))
        return len(found), found[:limit]

    def documents_at(self, path: str, scope: Scope) -> list[Document]:
        return [self._described(row) for row in self._rows(scope) if row.path == path]

    def pages(self, document: int, scope: Scope, within: Place | None = None) -> tuple[Page, ...]:
        if not self.document(document, scope):
            return ()
        pages = self._state.contents[self._state.documents[document].content].parsed.pages
        first, last = within or (0, pages[-1].end + 1)
        return tuple(
            Page(page.number, max(first, page.start), page.text[max(first - page.start, 0) : last - page.start])
            for page in pages
            if (page.start < last and page.end > first) or within is None
        )

    def blocks(self, document: int, scope: Scope, within: Place | None = None) -> tuple[Block, ...]:
        if not self.document(document, scope):
            return ()
        blocks = self._state.contents[self._state.documents[document].content].stored_text().blocks
        return tuple(one for one in blocks if within is None or (one.start < within[1] and one.end > within[0]))

    def chunks(self, document: int, scope: Scope, limit: int | None = None) -> list[Chunk]:
        return self._all_chunks(document, scope)[:limit]

    def _all_chunks(self, document: int, scope: Scope) -> list[Chunk]:
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
        incomplete = sum(bool(self._state.contents[row.content].parsed.notes) for row in rows)
        return Totals(len(rows), len({row.content for row in rows}), units, self.count(scope), incomplete)

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
            if sees(scope, row)
        ]

    # Files

    def embedded_texts(self, content: int, within: Place | None = None) -> dict[str, NDArray[np.float32]]:
        one = self._state.contents[content]
        return {
            embedding_input(span.heading, one.parsed.text[span.start : span.end]): vector
            for span, vector in zip(one.chunks, one.vectors, strict=True)
            if within is None or within[0] <= span.start < within[1]
        }

    def known_paths(self) -> set[str]:
        documents = [*self._state.documents.values(), *(row for row, _ in self._state.deleted.values())]
        return {row.path for row in documents} | {path for _, path in self._state.refusals}
