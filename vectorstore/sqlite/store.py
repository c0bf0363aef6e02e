"""The embedded store: one SQLite file and the files of the base index, under a home folder."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from vectorstore.errors import StoreError
from vectorstore.index.types import BaseIndex, DenseSearch, StoredVectors
from vectorstore.sqlite import documents, meta
from vectorstore.sqlite.change import SqliteChange
from vectorstore.sqlite.chunks import SqliteVectors
from vectorstore.sqlite.reindexing import SqliteReindexing, differs
from vectorstore.sqlite.schema import INDEX_FOLDER, open_database
from vectorstore.sqlite.scopes import ScopeMaps
from vectorstore.sqlite.verification import findings
from vectorstore.sqlite.view import SqliteView
from vectorstore.store import RESTORABLE_FOR
from vectorstore.types import Embedder, Finding, Indexing, Passage, Scope, model_name

logger = logging.getLogger(__name__)

_COMPACT_MINIMUM = 1_000
_COMPACT_SHARE = 0.1


def open_faiss(home: Path) -> BaseIndex:
    from vectorstore.index.faiss import FaissIndex  # takes a while to import, and to look up documents none is needed

    return FaissIndex(home / INDEX_FOLDER)


class SqliteStore:
    """``KnowledgeStore`` under ``home``."""

    def __init__(
        self,
        home: Path,
        embedder: Embedder | None = None,
        open_model: Callable[[str], Embedder] | None = None,
        open_index: Callable[[Path], BaseIndex] = open_faiss,
        *,
        compact_minimum: int = _COMPACT_MINIMUM,
    ) -> None:
        """``open_model`` opens an embedding model by its name, to go on with the one that the stored vectors are of
        where it is not ``embedder``. Without it, IndexingMismatch is raised there; without an ``embedder``, StoreError.
        ``compact_minimum`` is the number of chunks, added or removed, below which the index is not written anew.
        """
        self.home = home
        self.database = open_database(home)
        self._embedder = embedder
        self._open_model = open_model
        self._open_index = open_index
        self._compact_minimum = compact_minimum
        self._index: BaseIndex | None = None
        self._scopes = ScopeMaps()
        self._searched = False
        self._opening = threading.Lock()

    def _base_index(self) -> BaseIndex:
        with self._opening:
            if self._index is None:
                self._index = self._open_index(self.home)
            return self._index

    def _dense_in(self, stored: StoredVectors) -> DenseSearch:
        self._searched = True
        return self._base_index().at(stored)

    def _embedder_of(self, stored: str) -> Embedder:
        """The embedding model with this fingerprint; the one at hand where nothing is stored yet."""
        with self._opening:
            wanted = self._embedder
            if wanted is None:
                remedy = "Open it with one to search it."
                raise StoreError("The knowledge base was opened without a model", where=str(self.home), remedy=remedy)
            if not stored or stored == wanted.fingerprint:
                return wanted
            if self._open_model is not None:
                other = self._open_model(model_name(stored))
                if other.fingerprint == stored:
                    said = "The documents are still indexed by %s; `refdesk verify --repair` indexes them by %s"
                    logger.warning(said, stored, wanted.fingerprint)
                    self._embedder = other
                    return other
        raise meta.other_embedding(stored, wanted.fingerprint)

    # Reading

    @contextmanager
    def view(self) -> Iterator[SqliteView]:
        with self.database.reading() as connection:
            view = SqliteView(self.database, connection, self._embedder_of, self._dense_in, self._scopes)
            if self._searched:  # while the index is near this state: later it may have moved on
                view.open_index()
            yield view

    @property
    def embedder(self) -> Embedder:
        with self.view() as view:
            return view.embedder

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
        with self.view() as view:
            return view.search(query, scope, words=words, limit=limit, candidates=candidates, dense_weight=dense_weight)

    def count(self, scope: Scope) -> int:
        with self.view() as view:
            return view.count(scope)

    # Changing

    @contextmanager
    def change(self) -> Iterator[SqliteChange]:
        with self.database.writing() as connection:
            change = SqliteChange(self.database, connection)
            yield change
            if change.searchable:
                with self.database.explained():
                    documents.forget_deleted(connection, (datetime.now(UTC) - RESTORABLE_FOR).isoformat())
                    meta.publish(connection)

    def compact(self, *, force: bool = False) -> bool:
        with self.database.read() as connection:
            state = meta.get_meta(connection)
            before = meta.index_version(state)
            stored, added = connection.execute(
                "SELECT count(*), count(*) FILTER (WHERE chunk_id > ?) FROM vectors", (before.high_water,)
            ).get
            last_tombstone, removed = connection.execute("SELECT coalesce(max(id), 0), count(*) FROM tombstones").get
            if not force and added + removed < max(self._compact_minimum, _COMPACT_SHARE * stored):
                return False
            embedder = self._embedder_of(state.get("embedding", ""))
            version = self._base_index().compact(SqliteVectors(connection, state, embedder.dimension))
        with self.database.write() as connection:
            # Another process may have written one meanwhile: then that one stands, and ours goes. If not, what lies
            # there now beside ours will not be published: whoever began before this commit has lost.
            won = meta.get_meta(connection)["index_version"] == before.name
            if won:
                meta.set_index_version(connection, version)
                meta.set_meta(connection, {"embedding": embedder.fingerprint})
                connection.execute("DELETE FROM tombstones WHERE id <= ?", (last_tombstone,))
                meta.advance_publication(connection)
        if won:
            self._base_index().drop_others(version.name)
        else:
            self._base_index().drop(version.name)
        return won

    def reindexing(self, target: Indexing) -> SqliteReindexing | None:
        with self.database.read() as connection:
            if not differs(connection, target):
                return None
        return SqliteReindexing(self.database, self._base_index(), target)

    def verify(self, wanted: Indexing) -> list[Finding]:
        return findings(self.database, self.home / INDEX_FOLDER, wanted)

    def close(self) -> None:
        self.database.close()
