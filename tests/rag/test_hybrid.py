"""What the hybrid search offers to the reader, of a manual's pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.retrieval.hybrid import HybridRetriever
from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.types import EVERYTHING, Chunk

PAGES = {
    "cut(1)": ["cut - make things shorter", "With -n only show what would be cut.", "Never wait for a lock."],
    "paste(1)": ["paste - put things together", "Never wait for a lock.", "cut cut cut", "cut and cut", "a cut of cut"],
    "How do I see how much of it I do have?": ["Count."],
}


@pytest.fixture
def retriever(tmp_path: Path) -> Iterator[HybridRetriever]:
    store = open_store(tmp_path, HashEmbedder())
    for title, paragraphs in PAGES.items():
        put_text(store, f"{title}.txt", "\n\n".join(paragraphs), title=title)
    with store.view() as view:
        yield HybridRetriever(view)
    store.close()


def found(retriever: HybridRetriever, query: str, limit: int) -> list[Chunk]:
    return [passage.chunk for passage in retriever.retrieve(query, EVERYTHING, limit)]


def test_what_two_pages_say_in_the_same_words_is_read_once(retriever: HybridRetriever) -> None:
    texts = [chunk.text for chunk in found(retriever, "What does it mean to wait for a lock?", 8)]
    assert texts.count("Never wait for a lock.") == 1
    assert len(texts) == 8


def test_the_words_that_questions_are_built_of_find_no_heading_that_asks(retriever: HybridRetriever) -> None:
    (best,) = found(retriever, "How do I do it to have things together?", 1)
    assert best.title == "paste(1)"


def test_of_a_page_that_is_named_the_opening_is_among_what_is_read(retriever: HybridRetriever) -> None:
    assert "cut - make things shorter" in [chunk.text for chunk in found(retriever, "What is cut cut?", 3)]


def test_the_row_of_a_part_that_is_named_is_read_however_many_rows_mention_it(tmp_path: Path) -> None:
    store = open_store(tmp_path, HashEmbedder())
    rows = [f"Part number: SK-{n}; Description: Seal kit for the pump TP-400, what does it cost" for n in range(9)]
    rows.append("Part number: TP-400; Description: Process pump; Price: 2,750.00; Weight: 58; Delivery: 5 weeks")
    put_text(store, "prices.txt", "\n\n".join(f"{row}." for row in rows), title="Prices")
    with store.view() as view:
        texts = [chunk.text for chunk in found(HybridRetriever(view), "What does the pump TP-400 cost?", 4)]
    store.close()
    assert f"{rows[-1]}." in texts
    assert len(texts) == 4
