"""Which kind of answer a question wants, told by the real classifier."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.query.shapes.classifier import EXAMPLES, shape_of, subject_in
from rag.query.types import Query, Shape
from rag.query.understanding import query_of
from rag.retrieval.hybrid import HybridRetriever
from rag.types import Exchange
from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING

HELD_OUT: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parents[1] / "data/shapes.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeStore]:
    base = open_store(tmp_path_factory.mktemp("home"), HashEmbedder(dimension=256))
    for title in ("Rabies", "Measles"):
        put_text(base, f"{title}.txt", f"{title} is caused by a virus.", title=title)
    yield base
    base.close()


def query_in(base: KnowledgeStore, message: str) -> Query:
    with base.view() as view:
        return query_of(message, [Exchange("What is a virus?")], view, HybridRetriever(view), EVERYTHING)


@pytest.mark.parametrize("language", HELD_OUT)
def test_most_questions_of_other_domains_tell_their_shape(language: str) -> None:
    questions = [(question, shape) for shape, of_shape in HELD_OUT[language].items() for question in of_shape]
    right = sum(shape_of(question) == shape for question, shape in questions)
    assert right >= (0.85 if language == "en" else 0.75) * len(questions)


def test_the_questions_were_not_trained_on() -> None:
    templates = json.loads(EXAMPLES.read_text(encoding="utf-8"))["templates"]
    trained = {
        template.lower() for of_language in templates.values() for shape in of_language.values() for template in shape
    }
    assert not trained & {text.lower() for held in HELD_OUT.values() for texts in held.values() for text in texts}
    assert all(set(of_language) == {*Shape} for of_language in templates.values())


def test_no_question_to_the_text_is_taken_for_one_about_documents() -> None:
    to_the_text = {Shape.ONE, Shape.SEVERAL, Shape.OPEN, Shape.YES_NO, Shape.COMPARISON}
    questions = [text for shapes in HELD_OUT.values() for shape in to_the_text for text in shapes[shape]]
    taken = [text for text in questions if shape_of(text) not in to_the_text]
    assert len(taken) <= 0.02 * len(questions), taken


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("Which documents mention the lighthouse?", "lighthouse"),
        ("Find all documents about Captain Holm", "Captain Holm"),
        ('In which files does "short sea" occur?', "short sea"),
        ("Summarise the lease", "lease"),
        ("What is the document harbour-rules.pdf about?", "harbour-rules.pdf"),
        ("When was the mooring plan last updated?", "mooring plan"),
        ("What is this document about?", ""),
        ("Welche Dokumente erwähnen den Leuchtturm?", "Leuchtturm"),
        ("Trouve tous les rapports sur l'amiante", "rapports sur l'amiante"),
    ],
)
def test_what_a_question_about_documents_names(question: str, subject: str) -> None:
    assert subject_in(question) == subject


@pytest.mark.parametrize(
    ("message", "shape", "subject"),
    [
        ("Which documents mention rabies?", Shape.MENTIONS, "rabies"),
        ("Please summarise the document Rabies", Shape.SUMMARY, "Rabies"),
        ("When was the file rabies.txt last changed?", Shape.METADATA, "rabies.txt"),
        ("Who discovered rabies?", Shape.ONE, ""),
        ("Is rabies deadly?", Shape.YES_NO, ""),
        ("rabies vs measles", Shape.COMPARISON, ""),
        ("Is rabies deadlier than measles?", Shape.COMPARISON, ""),
        ("Do patterns of knowledge and attitudes exist among seniors?", Shape.YES_NO, ""),
        ("What do dogs and their owners find in the shelter?", Shape.OPEN, ""),
    ],
)
def test_a_query_has_the_shape_of_its_answer(
    message: str, shape: Shape, subject: str, documents: KnowledgeStore
) -> None:
    query = query_in(documents, message)
    assert (query.shape, query.subject) == (shape, subject)


def test_each_part_has_a_shape_of_its_own(documents: KnowledgeStore) -> None:
    query = query_in(documents, "How is rabies treated and which vaccines are there?")
    assert [part.shape for part in query.parts] == [Shape.OPEN, Shape.SEVERAL]
