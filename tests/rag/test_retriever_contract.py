"""What any retriever must do: the hybrid search of the stored knowledge, and its twin in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rag.retrieval.hybrid import HybridRetriever
from rag.retrieval.types import Retriever
from tests.fakes import HashEmbedder
from tests.fakes_of_answering import WordRetriever
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.types import EVERYTHING, Chunk, Scope

TEXTS = {
    "Glaucoma": ("eyes", "Glaucoma damages the optic nerve."),
    "Cataract": ("eyes", "A cataract clouds the lens of the eye."),
    "Osteoporosis": ("bones", "Osteoporosis makes bones weak and brittle."),
}


@dataclass(frozen=True)
class Shelf:
    """A retriever, and the documents that it finds, by title."""

    retriever: Retriever
    documents: dict[str, int]


@pytest.fixture(params=["hybrid", "in memory"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    if request.param == "in memory":
        chunks = [
            Chunk(number, number, title, f"/{title}.txt", None, 0, len(text), title, text)
            for number, (title, (_, text)) in enumerate(TEXTS.items(), start=1)
        ]
        collections = {chunk.document: TEXTS[chunk.title][0] for chunk in chunks}
        yield Shelf(WordRetriever(chunks, collections), {chunk.title: chunk.document for chunk in chunks})
        return
    store = open_store(tmp_path, HashEmbedder())
    documents = {
        title: put_text(store, f"{title}.txt", text, collection, title) for title, (collection, text) in TEXTS.items()
    }
    with store.view() as view:
        yield Shelf(HybridRetriever(view), documents)
    store.close()


def titles(shelf: Shelf, query: str, scope: Scope = EVERYTHING, limit: int = 3) -> list[str]:
    return [passage.chunk.title for passage in shelf.retriever.retrieve(query, scope, limit)]


@pytest.mark.parametrize(
    ("query", "title"),
    [("brittle bones", "Osteoporosis"), ("damages the optic nerve", "Glaucoma"), ("lens of the eye", "Cataract")],
)
def test_what_answers_comes_first(shelf: Shelf, query: str, title: str) -> None:
    assert titles(shelf, query)[0] == title


def test_each_passage_comes_once_with_falling_scores_and_never_more_than_asked_for(shelf: Shelf) -> None:
    found = shelf.retriever.retrieve("weak bones", EVERYTHING, 3)
    assert len({passage.chunk.id for passage in found}) == len(found) == 3
    assert [passage.score for passage in found] == sorted((passage.score for passage in found), reverse=True)
    assert len(shelf.retriever.retrieve("weak bones", EVERYTHING, 2)) == 2


def test_a_passage_says_where_it_stands(shelf: Shelf) -> None:
    (passage,) = shelf.retriever.retrieve("brittle bones", EVERYTHING, 1)
    assert passage.chunk.document == shelf.documents["Osteoporosis"]
    assert passage.chunk.text == TEXTS["Osteoporosis"][1]
    assert (passage.chunk.start, passage.chunk.end) == (0, len(passage.chunk.text))


def test_what_is_outside_the_scope_is_never_found(shelf: Shelf) -> None:
    assert titles(shelf, "brittle bones", Scope(collections=frozenset({"eyes"})))[:1] != ["Osteoporosis"]
    assert "Osteoporosis" not in titles(shelf, "brittle bones", Scope(collections=frozenset({"eyes"})))
    one = Scope(documents=frozenset({shelf.documents["Cataract"]}))
    assert titles(shelf, "brittle bones", one) == ["Cataract"]
    both = Scope(collections=frozenset({"bones"}), documents=frozenset({shelf.documents["Cataract"]}))
    assert titles(shelf, "brittle bones", both) == []
    assert titles(shelf, "brittle bones", Scope(collections=frozenset())) == []
