"""A knowledge base that is large enough to be searched by codes; here, that is more than 50 passages."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text
from vectorstore.index.faiss import FaissIndex
from vectorstore.library import remove
from vectorstore.sqlite.chunks import SqliteVectors
from vectorstore.sqlite.meta import get_meta
from vectorstore.sqlite.schema import INDEX_FOLDER
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import EVERYTHING, Scope

SUBJECTS = ("amber", "birch", "cedar", "dune", "ember", "fjord", "glade", "heath")
DOCUMENTS = 60


def open_small(home: Path) -> SqliteStore:
    """Fifty are many here."""
    return SqliteStore(home, HashEmbedder(), open_index=lambda of: FaissIndex(of / INDEX_FOLDER, exact_up_to=50))


@pytest.fixture
def knowledge(tmp_path: Path) -> Iterator[SqliteStore]:
    base = open_small(tmp_path)
    yield base
    base.close()


@pytest.fixture
def large(knowledge: SqliteStore) -> SqliteStore:
    for number in range(DOCUMENTS):
        subject = SUBJECTS[number % len(SUBJECTS)]
        text = "\n\n".join(f"The {subject} of paper{number} is described in part{part}." for part in range(10))
        put_text(knowledge, f"{number}.txt", text, "even" if number % 2 == 0 else "odd")
    return knowledge


@pytest.fixture
def again(large: SqliteStore) -> Iterator[SqliteStore]:
    """Another process's view of it, once it is indexed."""
    assert large.compact(force=True)
    base = open_small(large.home)
    yield base
    base.close()


def nearest(knowledge: SqliteStore, query: str, scope: Scope = EVERYTHING, limit: int = 3) -> list[tuple[str, float]]:
    found = knowledge.search(query, scope, limit=limit, dense_weight=1.0)
    return [(passage.chunk.path, round(passage.dense, 5)) for passage in found]


def test_it_finds_what_an_exact_search_finds_with_the_same_cosines(large: SqliteStore) -> None:
    queries = [f"which part of paper{number} describes {SUBJECTS[number % 8]}" for number in range(0, DOCUMENTS, 7)]
    with closing(SqliteStore(large.home, HashEmbedder())) as whole:
        exact = [nearest(whole, query) for query in queries]
    assert [nearest(large, query) for query in queries] == exact  # before anything is written
    large.compact(force=True)
    assert [nearest(large, query) for query in queries] == exact


def test_as_much_as_a_long_file_adds_is_found_before_the_index_is_written_anew(again: SqliteStore) -> None:
    assert nearest(again, "paper7 heath")[0][0] == "7.txt"
    text = "\n\n".join(f"The lagoon of ledger is described in part{part}." for part in range(80))
    put_text(again, "ledger.txt", text)
    assert {path for path, _ in nearest(again, "lagoon ledger", limit=20)} == {"ledger.txt"}
    assert nearest(again, "paper7 heath")[0][0] == "7.txt"


def test_a_narrow_scope_is_searched_wherever_its_passages_lie(again: SqliteStore) -> None:
    with again.view() as view:
        ids = sorted(document.id for document in view.documents(EVERYTHING)[1])
    for document in ids[::9]:
        found = again.search("glade heath ember", Scope(documents=frozenset({document})), limit=20, dense_weight=1.0)
        assert {passage.chunk.document for passage in found} == {document}
        assert len(found) == 10
    odd = nearest(again, "amber of paper8", Scope(collections=frozenset({"odd"})), limit=20)
    assert len(odd) == 20
    assert all(int(path.removesuffix(".txt")) % 2 for path, _ in odd)


def test_what_is_added_and_removed_later_counts_at_once(again: SqliteStore) -> None:
    assert nearest(again, "paper7 heath")[0][0] == "7.txt"
    remove(again, ["7.txt"], EVERYTHING)
    put_text(again, "new.txt", "The zebrafinch is kept in the aviary.")
    assert "7.txt" not in dict(nearest(again, "paper7 heath", limit=50))
    assert nearest(again, "zebrafinch aviary")[0][0] == "new.txt"
    assert again.compact(force=True)
    assert "7.txt" not in dict(nearest(again, "paper7 heath", limit=50))
    assert nearest(again, "zebrafinch aviary")[0][0] == "new.txt"


def test_a_damaged_index_is_replaced_by_an_exact_search(again: SqliteStore) -> None:
    expected = nearest(again, "paper33 birch")
    file = next((again.home / INDEX_FOLDER).glob("v-*/vectors.faiss"))
    file.write_bytes(file.read_bytes()[:-100])
    fresh = open_small(again.home)
    assert nearest(fresh, "paper33 birch") == expected
    fresh.close()


def test_the_same_vectors_give_the_same_index(large: SqliteStore, tmp_path: Path) -> None:
    digests = set()
    for _ in range(2):
        with large.database.read() as connection:
            stored = SqliteVectors(connection, get_meta(connection), large.embedder.dimension)
            version = FaissIndex(tmp_path / "again", exact_up_to=50).compact(stored)
        digests.add(version.sha256)
        assert version.high_water == DOCUMENTS * 10
    assert len(digests) == 1
