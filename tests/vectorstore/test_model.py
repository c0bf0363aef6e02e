"""The knowledge base against a plain dictionary, through any sequence of changes, publications and crashes."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ingest.pipeline.reindex import reindex
from tests.fakes import HashEmbedder
from tests.ingest.conftest import WORKER
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store, verify
from vectorstore.index.faiss import FaissIndex
from vectorstore.sqlite.chunks import SqliteVectors
from vectorstore.sqlite.meta import get_meta
from vectorstore.sqlite.schema import INDEX_FOLDER
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, Document, Embedder, Indexing, Scope

_MODELS: dict[str, Embedder] = {"hash": HashEmbedder(), "other": HashEmbedder("other", dimension=32)}
_COLLECTIONS = st.sampled_from(["staff", "public"])
_PATHS = st.sampled_from(["a.txt", "b.txt", "c.txt"])
_TEXTS = st.lists(st.sampled_from(["amber", "birch", "cedar", "dune"]), min_size=1, max_size=3).map("\n\n".join)


class _Crash(Exception):
    """The process ends here."""


class Desk(RuleBasedStateMachine):
    """``self.knowledge`` is changed, ``self.reader`` is another process that goes on searching."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.model = "hash"
        self.homes = 0
        self.stored: dict[tuple[str, str], str] = {}
        self.deleted: dict[tuple[str, str], tuple[int, str]] = {}
        self.open(self.folder / "0")

    def open(self, home: Path) -> None:
        self.knowledge = open_store(home, _MODELS[self.model])
        self.reader = open_store(home, HashEmbedder(), _MODELS.__getitem__)

    @rule(collection=_COLLECTIONS, path=_PATHS, text=_TEXTS)
    def add_or_update(self, collection: str, path: str, text: str) -> None:
        document = put_text(self.knowledge, path, text, collection)
        assert document == self.deleted.pop((collection, path), (document,))[0]
        self.stored[collection, path] = text

    @rule(collection=_COLLECTIONS, path=_PATHS)
    def delete(self, collection: str, path: str) -> None:
        with self.knowledge.change() as change:
            if known := change.find_file(collection, path):
                change.remove_document(known.document)
        self.stored.pop((collection, path), None)

    @rule(collection=_COLLECTIONS, path=_PATHS)
    def soft_delete(self, collection: str, path: str) -> None:
        with self.knowledge.change() as change:
            if known := change.find_file(collection, path):
                change.soft_delete(known.document)
                self.deleted[collection, path] = (known.document, self.stored.pop((collection, path)))

    @rule(collection=_COLLECTIONS, path=_PATHS)
    def restore(self, collection: str, path: str) -> None:
        document, text = self.deleted.pop((collection, path), (0, ""))
        with self.knowledge.change() as change:
            assert change.restore(document) is bool(text)
        if text:
            self.stored[collection, path] = text

    @rule()
    def publish(self) -> None:
        assert self.knowledge.compact(force=True)

    @rule(collection=_COLLECTIONS, path=_PATHS, text=_TEXTS)
    def crash_while_changing(self, collection: str, path: str, text: str) -> None:
        """What lies on the disk in the middle of a change is what the next process finds."""
        with suppress(_Crash), self.knowledge.change() as change:
            if known := change.find_file(collection, path):
                change.remove_document(known.document)
            self.crash()

    @rule()
    def crash_while_publishing(self) -> None:
        with self.knowledge.database.read() as connection:
            stored = SqliteVectors(connection, get_meta(connection), self.knowledge.embedder.dimension)
            FaissIndex(self.knowledge.home / INDEX_FOLDER).compact(stored)
        with suppress(_Crash):
            self.crash()

    def crash(self) -> None:
        self.homes += 1
        home = self.folder / str(self.homes)
        shutil.copytree(self.knowledge.home, home)
        self.open(home)
        raise _Crash

    @rule()
    def reopen(self) -> None:
        self.knowledge.close()
        self.knowledge = open_store(self.knowledge.home, _MODELS[self.model])

    @rule(model=st.sampled_from(sorted(_MODELS)))
    def change_the_model(self, model: str) -> None:
        if model != self.model:
            self.deleted.clear()
        self.knowledge = open_store(self.knowledge.home, _MODELS[model])
        reindex(self.knowledge, _MODELS[model], WORKER)
        self.model = model

    @invariant()
    def both_hold_what_the_dictionary_holds(self) -> None:
        for knowledge in (self.knowledge, self.reader):
            with knowledge.view() as view:
                documents = view.documents(EVERYTHING)[1]
            assert {(document.collection, document.path) for document in documents} == self.stored.keys()
            for document in documents:
                assert _searched(knowledge, document) == self.stored[document.collection, document.path].split()
            everything = {text for text in self.stored.values() for text in text.split()}
            found = knowledge.search("amber birch cedar dune", EVERYTHING, limit=100)
            assert {word for passage in found for word in passage.chunk.text.split()} == everything

    def teardown(self) -> None:
        assert verify(self.knowledge.home, Indexing(_MODELS[self.model].fingerprint, WORKER.chunking)) == []
        self.knowledge.close()
        self.reader.close()
        shutil.rmtree(self.folder)


def _searched(knowledge: KnowledgeStore, document: Document) -> list[str]:
    """The document's words, as a search among it alone returns them."""
    found = knowledge.search("amber birch cedar dune", Scope(documents=frozenset({document.id})), limit=100)
    return [word for passage in sorted(found, key=lambda one: one.chunk.start) for word in passage.chunk.text.split()]


@pytest.mark.parametrize(
    ("runs", "steps"), [pytest.param(12, 12, id="sample"), pytest.param(400, 50, id="soak", marks=pytest.mark.soak)]
)
def test_any_sequence_of_changes_leaves_what_a_dictionary_would(runs: int, steps: int) -> None:
    run_state_machine_as_test(
        Desk, settings=settings(max_examples=runs, stateful_step_count=steps, deadline=None, derandomize=True)
    )
