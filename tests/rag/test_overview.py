"""Answers about documents as wholes."""

import pytest

from rag.answering.extractive import ExtractiveAnswers, Thresholds
from rag.answering.overview import mentions, summary
from rag.types import Answer
from tests.vectorstore.conftest import put_text
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, Scope


@pytest.fixture
def documents(knowledge: KnowledgeStore) -> KnowledgeStore:
    put_text(knowledge, "lamps.txt", "Lamps are red. A beacon burns all night.\n\nOil is dear.", title="Lamps")
    put_text(knowledge, "harbour.txt", "The harbour is wide.\n\nTwo beacons show the way in.", title="Harbour")
    put_text(knowledge, "secret.txt", "The beacon is broken.", "closed", title="Secret")
    return knowledge


def told(knowledge: KnowledgeStore, what: str, scope: Scope = EVERYTHING) -> Answer:
    make = mentions if what == "mentions" else summary
    with knowledge.view() as view:
        extracts = make("beacon" if what == "mentions" else "lamps", view, scope)
        return ExtractiveAnswers(view, scope, Thresholds(0.5, 0.9)).of_extracts(extracts, "reader", 1.0)


def test_each_document_that_tells_of_something_is_named_with_the_sentence_that_does(documents: KnowledgeStore) -> None:
    answer = told(documents, "mentions", Scope(collections=frozenset({"default"})))
    assert {(one.label, one.text) for one in answer.sentences} == {
        ("Lamps", "A beacon burns all night."),
        ("Harbour", "Two beacons show the way in."),
    }
    assert {citation.title for citation in answer.citations} == {"Lamps", "Harbour"}
    everything = told(documents, "mentions")
    assert {one.label for one in everything.sentences} == {"Lamps", "Harbour", "Secret"}


def test_a_document_in_short_is_its_opening(documents: KnowledgeStore) -> None:
    answer = told(documents, "summary")
    assert answer.text.startswith("Lamps are red. A beacon burns all night.")
    assert {citation.title for citation in answer.citations} == {"Lamps"}


def test_what_no_document_or_more_than_one_is_called_is_not_summarised(documents: KnowledgeStore) -> None:
    put_text(documents, "old-lamps.txt", "Old.", title="Lamps of old")
    put_text(documents, "new-lamps.txt", "New.", title="Lamps of today")
    with documents.view() as view:
        assert summary("submarines", view, EVERYTHING) == ()
        assert summary("lamps of", view, EVERYTHING) == ()
        assert summary("Lamps", view, EVERYTHING)


def test_of_a_document_in_short_a_list_is_told_whole_unless_it_is_long(knowledge: KnowledgeStore) -> None:
    steps = [f"{n}. Turn valve {n} to the left." for n in range(1, 25)]
    put_text(knowledge, "a.txt", "\n".join(steps[:5]), title="Short start")
    put_text(knowledge, "b.txt", "\n".join(steps), title="Long start")
    with knowledge.view() as view:
        (short,), (long,) = summary("short start", view, EVERYTHING), summary("long start", view, EVERYTHING)
    assert (len(short.pieces), len(long.pieces)) == (5, 1)
