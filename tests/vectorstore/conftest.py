from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apsw import Connection

from tests.fakes import HashEmbedder
from vectorstore.sqlite import catalogue, contents
from vectorstore.sqlite.knowledge import KnowledgeBase
from vectorstore.types import Embedder, FileState, Page, ParsedDocument, Span, Unit, embedding_input

Put = Callable[..., int]


@pytest.fixture
def knowledge(tmp_path: Path) -> Iterator[KnowledgeBase]:
    base = KnowledgeBase(tmp_path, HashEmbedder())
    yield base
    base.close()


@pytest.fixture
def put() -> Put:
    return put_text


def put_text(knowledge: KnowledgeBase, path: str, text: str, collection: str = "default", title: str = "") -> int:
    """Store a text whose paragraphs are its chunks; return the document's id."""
    with knowledge.change() as connection:
        return put_text_in(connection, knowledge.embedder, path, text, collection, title)


def put_text_in(
    connection: Connection, embedder: Embedder, path: str, text: str, collection: str = "default", title: str = ""
) -> int:
    """``put_text`` as a part of a larger change."""
    spans, start = [], 0
    for paragraph in text.split("\n\n"):
        spans.append(Span(start, start + len(paragraph), title))
        start += len(paragraph) + 2
    content = contents.find_content(connection, text, "test")
    if content is None:
        parsed = ParsedDocument(title, (Page(None, 0, text),), (Unit(0, len(text)),), tuple(spans))
        vectors = embedder.embed([embedding_input(title, text[span.start : span.end]) for span in spans])
        content = contents.add_content(connection, text, "test", parsed, vectors)
    return catalogue.put_document(connection, collection, path, title or path, content, FileState(len(text), 0))
