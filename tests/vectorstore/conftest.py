from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes import HashEmbedder
from vectorstore.sqlite.store import SqliteStore
from vectorstore.store import KnowledgeChange, KnowledgeStore
from vectorstore.types import Embedder, FileState, Page, ParsedDocument, Span, Unit, embedding_input

Put = Callable[..., int]


@pytest.fixture
def knowledge(tmp_path: Path) -> Iterator[SqliteStore]:
    base = SqliteStore(tmp_path, HashEmbedder())
    yield base
    base.close()


@pytest.fixture
def put() -> Put:
    return put_text


def put_text(knowledge: KnowledgeStore, path: str, text: str, collection: str = "default", title: str = "") -> int:
    """Store a text whose paragraphs are its chunks; return the document's id."""
    embedder = knowledge.embedder
    with knowledge.change() as change:
        return put_text_in(change, embedder, path, text, collection, title)


def put_text_in(
    change: KnowledgeChange, embedder: Embedder, path: str, text: str, collection: str = "default", title: str = ""
) -> int:
    """``put_text`` as a part of a larger change."""
    spans, start = [], 0
    for paragraph in text.split("\n\n"):
        spans.append(Span(start, start + len(paragraph), title))
        start += len(paragraph) + 2
    content = change.find_content(text, "test")
    if content is None:
        parsed = ParsedDocument(title, (Page(None, 0, text),), (Unit(0, len(text)),), tuple(spans))
        vectors = embedder.embed([embedding_input(title, text[span.start : span.end]) for span in spans])
        content = change.add_content(text, "test", parsed, vectors, embedder.fingerprint)
    return change.put_document(collection, path, title or path, content, FileState(len(text), 0))
