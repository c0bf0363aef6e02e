"""Slips of the finger in a question."""

import pytest

from rag.query.spelling import corrected
from tests.fakes import KeywordReader
from tests.rag.conftest import MakeFlow
from tests.vectorstore.conftest import put_text
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, Scope


@pytest.fixture
def knowledge(knowledge: KnowledgeStore) -> KnowledgeStore:
    for number in range(5):
        text = f"Symptom {number}. The symptoms of diabetes are thirst and hunger, except at night."
        put_text(knowledge, f"{number}.txt", text)
    return knowledge


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("the symtoms of diabetis", "the symptoms of diabetes"),
        ("the sypmtoms of diiabetes", "the symptoms of diabetes"),
        ("What are Diabetis symptoms?", "What are Diabetis symptoms?"),  # may be a name
        ("what is anti-diabetis", "what is anti-diabetis"),
        ("thirts", "thirst"),
        ("hungr", "hungr"),  # short words have too many neighbours
        ("osteoporosys", "osteoporosys"),  # one passage alone is no measure for another letter
        ("the excerpt", "the excerpt"),  # "except" says nothing by itself
        ("the wymptoms", "the wymptoms"),  # first letters are seldom wrong
        ("osteoporsis", "osteoporosis"),  # but one that is left out
    ],
)
def test_a_word_that_no_passage_holds_becomes_the_near_one_that_many_hold(
    typed: str, meant: str, knowledge: KnowledgeStore
) -> None:
    with knowledge.view() as view:
        assert corrected(typed, view, EVERYTHING) == meant


def test_only_what_may_be_searched_tells_what_is_meant(knowledge: KnowledgeStore) -> None:
    with knowledge.view() as view:
        assert corrected("diabetis", view, Scope(collections=frozenset({"other"}))) == "diabetis"


def test_the_answer_says_what_was_looked_up(make_flow: MakeFlow) -> None:
    flow = make_flow(KeywordReader("thirst"))
    answer = flow.answer("What are the symtoms of diabetis?", EVERYTHING)
    assert answer.kind == "extractive"
    assert answer.looked_up == "What are the symptoms of diabetes?"
    assert flow.answer("What are the symptoms of diabetes?", EVERYTHING).looked_up is None
