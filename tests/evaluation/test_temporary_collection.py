from collections.abc import Iterator

import pytest

from rag.evaluation.temporary_collection import TemporaryCollection
from rag.evaluation.types import Text
from tests.evaluation.conftest import stored
from vectorstore.types import EVERYTHING

STRANGE_IDS = ["a/b", "../up", "ü" * 300, "", "nul", "a b\tc"]
TEXTS = [
    Text("signs", "Signs & <marks>", "# no heading <b>2 < 3</b> & *stars*\n- an item\n- another\n\n1. More &amp; more"),
    Text("one", "", "Same words."),
    Text("two", "", "Same words."),
    Text("three", "Titled", "Same words."),
    Text("none", "", " \x00 "),
    Text("title", "Lighthouses", ""),
    *(Text(key, "", f"Document number{n} speaks.") for n, key in enumerate(STRANGE_IDS)),
]


@pytest.fixture(scope="module")
def collection() -> Iterator[TemporaryCollection]:
    with stored(TEXTS) as collection:
        yield collection


def found(collection: TemporaryCollection, query: str, limit: int = 1) -> list[tuple[str, ...]]:
    return [
        collection.ids[passage.chunk.document]
        for passage in collection.knowledge.search(query, EVERYTHING, limit=limit)
    ]


def test_titles_become_headings_and_texts_stay_as_they_are(collection: TemporaryCollection) -> None:
    (passage,) = collection.knowledge.search("stars", EVERYTHING, limit=1)
    expected = "Signs & <marks>\n# no heading <b>2 < 3</b> & *stars*\n- an item\n- another\n\n1. More &amp; more"
    assert collection.stored_text(passage.chunk.document).strip() == expected
    assert passage.chunk.heading == "Signs & <marks>"


def test_ids_may_be_anything(collection: TemporaryCollection) -> None:
    hits = [found(collection, f"number{n}")[0] for n in range(len(STRANGE_IDS))]
    assert hits == [(key,) for key in STRANGE_IDS]


def test_the_same_text_is_stored_once_and_belongs_to_all_its_ids(collection: TemporaryCollection) -> None:
    assert sorted(found(collection, "same words", limit=2)) == [("one", "two"), ("three",)]


def test_empty_texts_are_left_out_and_a_title_alone_is_a_text(collection: TemporaryCollection) -> None:
    assert collection.refused == 1
    assert ("none",) not in collection.ids.values()
    assert found(collection, "lighthouses") == [("title",)]
