"""The knowledge base: one place to search, add to, and keep in order."""

import json
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apsw import Connection

from vectorstore.admin.library import open_database
from vectorstore.errors import IndexingMismatch
from vectorstore.index.building import cosines, index_of_all, nearest
from vectorstore.index.fusion import fuse
from vectorstore.index.snapshot import Snapshot
from vectorstore.index.versions import (
    DamagedGeneration,
    build_index,
    drop_generations,
    load_generation,
    other_generations,
    write_generation,
)
from vectorstore.sqlite import catalogue
from vectorstore.sqlite.lexical import chunk_frequencies, holds_form, search_lexical, telling_words
from vectorstore.types import EVERYTHING, Embedder, Passage, Scope, model_name

logger = logging.getLogger(__name__)

GENERATIONS_FOLDER = "generations"

KEPT_AFTER_REMOVAL = timedelta(days=7)
"""So long a document that was removed with the possibility of return can be put back."""

_FOLD_MINIMUM = 1_000
_FOLD_SHARE = 0.1


class KnowledgeBase:
    """Documents under ``home``, searchable densely and lexically. Safe to use from many threads and processes.

    >>> knowledge = KnowledgeBase(Path("home"), embedder)  # doctest: +SKIP
    >>> [passage.chunk.title for passage in knowledge.search("How is glaucoma treated?", limit=5)]  # doctest: +SKIP
    """

    def __init__(self, home: Path, embedder: Embedder, open_model: Callable[[str], Embedder] | None = None) -> None:
        """``open_model`` opens an embedding model by its name, to go on with the one that the stored vectors are of
        where it is not ``embedder``. Without it, IndexingMismatch is raised there.
        """
        self.home = home
        self.embedder = embedder
        self._open_model = open_model
        self.database = open_database(home)
        self._generations = home / GENERATIONS_FOLDER
        self._snapshot: Snapshot | None = None
        self._refreshing = threading.Lock()
        with self.database.read() as connection:
            self.follow(catalogue.get_meta(connection))
        if self.embedder is not embedder:
            said = "The documents are still indexed by %s; `refdesk verify --repair` indexes them by %s"
            logger.warning(said, self.embedder.fingerprint, embedder.fingerprint)

    def follow(self, meta: dict[str, str]) -> None:
        """Go on with the embedding model that the stored vectors are of, which ``meta`` names.

        Raises IndexingMismatch where it cannot be had.
        """
        stored = meta.get("embedding", "")
        if not stored or stored == self.embedder.fingerprint:
            return
        if self._open_model is not None:
            other = self._open_model(model_name(stored))
            if other.fingerprint == stored:
                self.embedder, self._snapshot = other, None
                return
        raise IndexingMismatch(
            f"The knowledge base was embedded with {stored}, the settings now say {self.embedder.fingerprint}",
            where="embedding.model",
            remedy="Run `refdesk verify --repair` to embed it again, or set the former model.",
        )

    # Searching

    def search(
        self, query: str, scope: Scope = EVERYTHING, *, limit: int = 12, candidates: int = 50, dense_weight: float = 0.5
    ) -> list[Passage]:
        """The best passages for ``query`` that ``scope`` allows, best first.

        Each leg proposes ``candidates`` chunks, and scores those of the other leg too (0 in the lexical leg means that
        the chunk holds none of the words). All of it is answered from one publication.
        """
        while True:
            embedder = self.embedder
            vector = embedder.embed([query])
            with self.database.read() as connection:
                snapshot = self._current(connection)
                # Another thread has already moved on to a newer publication, or all was embedded anew: read again.
                if snapshot is None or self.embedder is not embedder:
                    continue
                if scope.unrestricted:
                    allowed, restriction = None, ""
                    values: tuple[object, ...] = ()
                else:
                    allowed = catalogue.chunks_in_scope(connection, scope)
                    restriction, values = _rowid_restriction(scope)
                dense = nearest(connection, snapshot, vector, candidates, allowed)
                words = telling_words(connection, query)
                lexical = search_lexical(connection, words, candidates, restriction, values)
                # Each leg also scores what only the other one proposed.
                only_dense, only_lexical = dense.keys() - lexical.keys(), lexical.keys() - dense.keys()
                lexical |= search_lexical(connection, words, len(only_dense), *_rowids(only_dense))
                dense |= cosines(connection, only_lexical, vector)
                best = dict(list(fuse(dense, lexical, dense_weight).items())[:limit])
                chunks = catalogue.load_chunks(connection, best, scope)
                return [Passage(chunks[i], score, dense.get(i, 0.0), lexical.get(i, 0.0)) for i, score in best.items()]

    @contextmanager
    def view(self) -> Iterator["KnowledgeBase"]:
        """What one question is answered from."""
        yield self

    def notices(self, documents: Iterable[int], scope: Scope) -> tuple[str, ...]:  # noqa: ARG002 - of the protocol
        """What is shown with each answer from the collections that ``documents`` belong to."""
        with self.database.read() as connection:
            return catalogue.notices_of(connection, set(documents))

    def count(self, scope: Scope = EVERYTHING) -> int:
        """The number of passages within ``scope``."""
        with self.database.read() as connection:
            if scope.unrestricted:
                return catalogue.count(connection)["chunks"]
            return len(catalogue.chunks_in_scope(connection, scope))

    def frequencies(self, words: Sequence[str], scope: Scope = EVERYTHING) -> dict[str, int]:
        """For each word the number of passages within ``scope`` that hold it."""
        restriction, values = ("", ()) if scope.unrestricted else _rowid_restriction(scope)
        with self.database.read() as connection:
            return chunk_frequencies(connection, list(words), restriction, values)

    def holds_form(self, word: str, scope: Scope = EVERYTHING) -> bool:
        """Whether passages within ``scope`` hold ``word`` in just this form, not only in another."""
        restriction, values = ("", ()) if scope.unrestricted else _rowid_restriction(scope)
        with self.database.read() as connection:
            return holds_form(connection, word, restriction, values)

    def _current(self, connection: Connection) -> Snapshot | None:
        """The snapshot that belongs to the state this transaction sees; None if only a newer one is at hand."""
        meta = catalogue.get_meta(connection)
        publication = int(meta["publication"])
        with self._refreshing:
            snapshot = self._snapshot
            if snapshot is not None and snapshot.publication == publication:
                return snapshot
            if snapshot is not None and snapshot.publication > publication:
                return None
            self.follow(meta)
            snapshot = self._snapshot
            if snapshot is None or snapshot.generation != meta["generation"]:
                self._snapshot = self._load(connection, meta, publication)
            else:
                ids, vectors = catalogue.load_vectors(connection, self.embedder.dimension, after=snapshot.high_water)
                self._snapshot = snapshot.advanced(publication, ids, vectors, catalogue.removed_chunks(connection))
            return self._snapshot

    def _load(self, connection: Connection, meta: dict[str, str], publication: int) -> Snapshot:
        dimension = self.embedder.dimension
        removed = catalogue.removed_chunks(connection)
        if meta["generation"]:
            try:
                index = load_generation(self._generations, meta["generation"], meta["generation_sha256"])
            except DamagedGeneration as error:
                logger.warning("%s; serving from the vectors in the database", error)
            else:
                high_water = int(meta["high_water"])
                base = Snapshot(publication, meta["generation"], (index,), high_water, removed)
                ids, vectors = catalogue.load_vectors(connection, dimension, after=high_water)
                return base.advanced(publication, ids, vectors, removed)
        ids, vectors = catalogue.load_vectors(connection, dimension)
        high_water = int(ids.max()) if len(ids) else 0
        return Snapshot(publication, meta["generation"], (build_index(ids, vectors),), high_water, removed)

    # Changing

    @contextmanager
    def change(self) -> Iterator[Connection]:
        """A write transaction; when it ends well, every process searches the new state."""
        with self.database.write() as connection:
            meta = catalogue.get_meta(connection)
            self.follow(meta)
            if "embedding" not in meta:
                catalogue.set_meta(connection, {"embedding": self.embedder.fingerprint})
            yield connection
            catalogue.forget_removed(connection, (datetime.now(UTC) - KEPT_AFTER_REMOVAL).isoformat())
            catalogue.publish(connection)

    def fold(self, *, force: bool = False) -> bool:
        """Write a new index generation when enough has changed since the last one (or ``force``); True if written."""
        with self.database.read() as connection:
            meta = catalogue.get_meta(connection)
            stored, added = connection.execute(
                "SELECT count(*), count(*) FILTER (WHERE chunk_id > ?) FROM vectors", (int(meta["high_water"]),)
            ).get
            last_tombstone, removed = connection.execute("SELECT coalesce(max(id), 0), count(*) FROM tombstones").get
            if not force and added + removed < max(_FOLD_MINIMUM, _FOLD_SHARE * stored):
                return False
            index, last = index_of_all(connection, self.embedder.dimension)
        name, digest = write_generation(self._generations, index)
        high_water = last or int(meta["high_water"])
        with self.database.write() as connection:
            won = catalogue.get_meta(connection)["generation"] == meta["generation"]
            if won:
                folded = {"generation": name, "generation_sha256": digest, "high_water": str(high_water)}
                catalogue.set_meta(connection, folded | {"embedding": self.embedder.fingerprint})
                connection.execute("DELETE FROM tombstones WHERE id <= ?", (last_tombstone,))
                catalogue.advance_publication(connection)
            # Another process may have folded meanwhile: then its generation stands, and ours goes. If not, what lies
            # there now beside ours will not be published: whoever began before this commit has lost.
            unused = other_generations(self._generations, name) if won else [name]
        drop_generations(self._generations, unused)
        return won

    def close(self) -> None:
        self.database.close()


def _rowid_restriction(scope: Scope) -> tuple[str, tuple[object, ...]]:
    condition, values = catalogue.scope_condition(scope)
    documents = f"SELECT content_id FROM documents WHERE {condition}"
    return f"+rowid IN (SELECT id FROM chunks WHERE content_id IN ({documents}))", values


def _rowids(chunks: Collection[int]) -> tuple[str, tuple[object, ...]]:
    return "+rowid IN (SELECT value FROM json_each(?))", (json.dumps(list(chunks)),)
