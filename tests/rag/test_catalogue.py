"""What is answered from the catalogue of the documents, and what that stands on."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from rag.answering.catalogue import catalogue_answer
from rag.query.types import Shape
from rag.query.understanding import query_of
from rag.retrieval.hybrid import HybridRetriever
from rag.types import Answer
from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, FileState, Scope

FILES = {
    "/docs/travel-policy-2024.pdf": (
        "Travel policy 2024",
        "A mile costs 40 cents.",
        "2026-06-01",
    ),
    "/docs/travel-policy-2026.pdf": (
        "Travel policy 2026",
        "A mile costs 45 cents.",
        "2026-02-01",
    ),
    "/docs/manual_v2.1.md": ("Manual v2.1", "The manual. Press the red knob.", "2026-01-01"),
    "/docs/manual_v2.10.md": ("Manual v2.10", "The manual. Press the green knob.", "2025-01-01"),
    "/docs/minutes.txt": (
        "Minutes",
        "Minutes of the board.\n\nParking fees rise to 12 euros.",
        "2026-05-03",
    ),
}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeStore]:
    base = open_store(tmp_path_factory.mktemp("home"), HashEmbedder(dimension=256))
    for path, (title, text, changed) in FILES.items():
        document = put_text(base, path, text, title=title)
        moment = datetime.fromisoformat(changed).replace(tzinfo=UTC)
        with base.change() as change:
            change.touch_document(document, FileState(len(text), int(moment.timestamp() * 1e9)))
    yield base
    base.close()


def answered(base: KnowledgeStore, question: str, scope: Scope = EVERYTHING) -> Answer | None:
    with base.view() as view:
        query = query_of(question, (), view, HybridRetriever(view), scope)
        assert query.shape is Shape.METADATA
        answer = catalogue_answer(query, view, scope)
        for citation in answer.citations if answer else ():
            text = "".join(page.text for page in view.pages(citation.document, scope))
            assert text[citation.start : citation.end] == citation.quote
    return answer


@pytest.mark.parametrize(
    ("question", "first", "told"),
    [
        ("What is the latest version of the travel policy?", "travel-policy-2026.pdf", 2),
        ("Which is the newest version of the manual?", "manual_v2.10.md", 2),
        ("When were the minutes last changed?", "changed on 3 May 2026", 1),
        ("When was minutes.txt last updated?", "changed on 3 May 2026", 1),
        ("Is there a document called minutes?", "minutes.txt", 1),
        ("In which file is the green knob?", "manual_v2.10.md", 1),
        ("Which file are the parking fees in?", "minutes.txt", 1),
        ("How many documents are there?", "5 documents are stored", 5),
        ("Wann wurde travel-policy-2024.pdf zuletzt geändert?", "changed on 1 June 2026", 1),
    ],
)
def test_names_and_dates_come_from_the_catalogue(
    question: str, first: str, told: int, documents: KnowledgeStore
) -> None:
    answer = answered(documents, question)
    assert answer
    assert first in answer.sentences[0].text
    assert len(answer.sentences) == len(answer.citations) == told


def test_a_file_that_is_asked_for_by_its_contents_is_cited_where_they_stand(documents: KnowledgeStore) -> None:
    answer = answered(documents, "Which file are the parking fees in?")
    assert answer
    assert answer.citations[0].quote == "Parking fees rise to 12 euros."


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote the travel policy document?",  # the catalogue knows no people
        "When was the file on penguins last changed?",
        "What is the latest version of the constitution?",
    ],
)
def test_what_the_catalogue_does_not_know_is_left_to_the_texts(question: str, documents: KnowledgeStore) -> None:
    assert answered(documents, question) is None


def test_a_document_out_of_scope_does_not_exist(documents: KnowledgeStore) -> None:
    assert answered(documents, "When were the minutes last changed?", Scope(documents=frozenset({1}))) is None
