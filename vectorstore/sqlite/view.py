"""One state of the embedded store: a read transaction, behind the protocol ``KnowledgeView``."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import numpy as np
from apsw import Connection
from numpy.typing import NDArray

from vectorstore.index.fusion import fuse
from vectorstore.index.types import DenseSearch, StoredVectors
from vectorstore.sqlite import chunks, collections, contents, documents, lexical
from vectorstore.sqlite.chunks import SqliteVectors
from vectorstore.sqlite.database import Database
from vectorstore.sqlite.meta import get_meta, indexing
from vectorstore.sqlite.scopes import ScopeMaps, Selection
from vectorstore.types import (
    Block,
    Chunk,
    Collection,
    Document,
    Embedder,
    Indexing,
    KnownFile,
    Page,
    Passage,
    Place,
    Refusal,
    Scope,
    SoftDeletedDocument,
    Totals,
)


class SqliteView:
    """``KnowledgeView`` of the state that the transaction of ``connection`` sees."""

    def __init__(
        self,
        database: Database,
        connection: Connection,
        embedder_of: Callable[[str], Embedder],
        dense_in: Callable[[StoredVectors], DenseSearch],
        scopes: ScopeMaps,
    ) -> None:
        """``embedder_of`` opens the embedding model that has a fingerprint, ``dense_in`` the index of a state."""
        self._explained = database.explained
        self._connection = connection
        self._embedder_of = embedder_of
        self._dense_in = dense_in
        self._scopes = scopes
        with self._explained():
            self._meta = get_meta(connection)

    @property
    def publication(self) -> int:
        return int(self._meta["publication"])

    @property
    def changed_at(self) -> str:
        return self._meta.get("changed_at", "")

    @property
    def indexing(self) -> Indexing:
        return indexing(self._meta)

    # Passages

    @cached_property
    def embedder(self) -> Embedder:
        return self._embedder_of(self.indexing.embedding)

    @cached_property
    def _dense(self) -> DenseSearch:
        return self._dense_in(SqliteVectors(self._connection, self._meta, self.embedder.dimension))

    def open_index(self) -> None:
        """Have the index of this state at hand from now on."""
        with self._explained():
            _ = self._dense

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
        vector = self.embedder.embed_queries([query])
        with self._explained():
            connection, within = self._connection, self._select(scope)
            dense = self._dense.search(vector, candidates, within.chunks)
            asked = lexical.asked_words(connection, words or query, within.rows, within.count)
            worded = lexical.search_lexical(connection, asked, candidates, within.rows)
            # Each leg also scores what only the other one proposed.
            only_dense, only_lexical = dense.keys() - worded.keys(), worded.keys() - dense.keys()
            worded |= lexical.score_lexical(connection, asked, only_dense)
            dense |= self._dense.scores(only_lexical, vector)
            best = dict(list(fuse(dense, worded, dense_weight).items())[:limit])
            found = chunks.load_chunks(connection, best, scope)
        return [Passage(found[i], score, dense.get(i, 0.0), worded.get(i, 0.0)) for i, score in best.items()]

    def count(self, scope: Scope) -> int:
        with self._explained():
            return self._select(scope).count

    def _select(self, scope: Scope) -> Selection:
        return self._scopes.select(self._connection, self._meta, scope)

    def frequencies(self, words: Sequence[str], scope: Scope) -> dict[str, int]:
        with self._explained():
            return lexical.chunk_frequencies(self._connection, words, self._select(scope).rows)

    def holds_form(self, word: str, scope: Scope) -> bool:
        with self._explained():
            return lexical.holds_form(self._connection, word, self._select(scope).rows)

    def notices(self, documents_: Iterable[int], scope: Scope) -> tuple[str, ...]:
        with self._explained():
            return collections.notices_of(self._connection, documents_, scope)

    # Documents

    def document(self, document: int, scope: Scope) -> Document | None:
        with self._explained():
            return documents.get_document(self._connection, document, scope)

    def documents(
        self, scope: Scope, words: Sequence[str] = (), *, limit: int | None = None, incomplete: bool = False
    ) -> tuple[int, list[Document]]:
        with self._explained():
            return documents.find_documents(self._connection, scope, words, limit, incomplete)

    def documents_at(self, path: str, scope: Scope) -> list[Document]:
        with self._explained():
            return documents.documents_at(self._connection, path, scope)

    def pages(self, document: int, scope: Scope, within: Place | None = None) -> tuple[Page, ...]:
        with self._explained():
            return documents.pages_of(self._connection, document, within) if self._holds(document, scope) else ()

    def blocks(self, document: int, scope: Scope, within: Place | None = None) -> tuple[Block, ...]:
        with self._explained():
            if not self._holds(document, scope):
                return ()
            content = documents.content_of(self._connection, document)
            return contents.blocks_of(self._connection, content, within)

    def chunks(self, document: int, scope: Scope, limit: int | None = None) -> list[Chunk]:
        with self._explained():
            return chunks.chunks_of(self._connection, document, limit) if self._holds(document, scope) else []

    def passage_with(self, document: int, words: str, scope: Scope) -> str | None:
        with self._explained():
            return chunks.passage_with(self._connection, document, words) if self._holds(document, scope) else None

    def heading_at(self, document: int, position: int, scope: Scope) -> str:
        with self._explained():
            return chunks.heading_at(self._connection, document, position) if self._holds(document, scope) else ""

    def _holds(self, document: int, scope: Scope) -> bool:
        return documents.holds_document(self._connection, document, scope)

    def questions(self, scope: Scope) -> list[tuple[str, int]]:
        with self._explained():
            return chunks.questions(self._connection, scope)

    def collections(self, scope: Scope) -> list[Collection]:
        with self._explained():
            return collections.list_collections(self._connection, scope)

    def totals(self, scope: Scope) -> Totals:
        with self._explained():
            return documents.count_totals(self._connection, scope)

    def refusals(self, scope: Scope) -> dict[str, list[Refusal]]:
        with self._explained():
            return collections.list_refusals(self._connection, scope)

    def soft_deleted(self, scope: Scope) -> list[SoftDeletedDocument]:
        with self._explained():
            return documents.list_deleted(self._connection, scope)

    # Files

    def find_file(self, collection: str, path: str) -> KnownFile | None:
        with self._explained():
            return documents.find_file(self._connection, collection, path)

    def find_content(self, sha256: str, recipe: str) -> int | None:
        with self._explained():
            return contents.find_content(self._connection, sha256, recipe)

    def kept_characters(self, sha256: str, recipe: str) -> int:
        with self._explained():
            return contents.kept_characters(self._connection, sha256, recipe)

    def title_of(self, content: int) -> str:
        with self._explained():
            return contents.title_of(self._connection, content)

    def parts(self, document: int) -> list[Document]:
        with self._explained():
            return documents.parts(self._connection, document)

    def embedded_texts(self, content: int, within: Place | None = None) -> dict[str, NDArray[np.float32]]:
        with self._explained():
            return chunks.embedded_texts(self._connection, content, within)

    def known_paths(self) -> set[str]:
        with self._explained():
            return documents.known_paths(self._connection)
