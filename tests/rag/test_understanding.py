"""What holds for the query of any message, however odd."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.query.shapes.classifier import ABOUT_DOCUMENTS
from rag.query.smalltalk.topics import Topic
from rag.query.types import Query
from rag.query.understanding import understand
from rag.retrieval.hybrid import HybridRetriever
from rag.types import Exchange
from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING

PIECES = [
    *"how and or when who vs compare rabies measles Rabies X200 3.13 it its thanks hi summarise of und NEAR".split(),
    *', ? . ! ( ) & “ " ¿ é 比較 \u200b {x} %s \\ * \n'.split(" "),
    *("What is", "the difference between", "the Kestrel", "Research and development", "Unterschied zwischen"),
    *("I am pregnant", "my child is 3", "in children", "can you tell me", "which documents mention"),
]
messages = st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map(" ".join) | st.text(min_size=1, max_size=60)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeStore]:
    base = open_store(tmp_path_factory.mktemp("home"), HashEmbedder(dimension=64))
    put_text(base, "rabies.txt", "Rabies is treated with a vaccine, also in children of 3 years.", title="Rabies")
    put_text(base, "measles.txt", "Measles is caused by a virus.", title="Measles")
    put_text(base, "plan.txt", "Research and development has twelve people.", title="Research and development")
    yield base
    base.close()


def recognise(message: str) -> Topic | None:
    words = message.lower().split()
    return Topic.THANKS if words[:1] == ["thanks"] else Topic.GREETING if words == ["hi"] else None


@settings(max_examples=50, deadline=None)
@given(message=messages.filter(str.strip), talked=st.booleans())
def test_every_message_is_talk_or_a_query_that_can_be_searched_for(
    message: str, talked: bool, documents: KnowledgeStore
) -> None:
    before = [Exchange("What is rabies?")] if talked else []
    with documents.view() as view:
        query = understand(message, before, view, HybridRetriever(view), EVERYTHING, recognise)
    if isinstance(query, Topic):
        return
    assert isinstance(query, Query)
    assert query.question.strip()
    assert all(variant.text.strip() for part in query.parts for variant in part.variants)
    assert all(part.variants for part in query.parts)
    assert [bool(part.label) for part in query.parts] == ([True] * len(query.parts) if query.parts[1:] else [False])
    assert query.subject in query.question
    assert query.shape in ABOUT_DOCUMENTS or not query.subject
    assert all(name in query.question for name in query.unnamed)
    if not query.parts[1:]:
        assert query.parts[0].variants == query.variants
