"""An answer to several things: whose each piece is, and what joins in."""

from tests.fakes import KeywordReader
from tests.rag.conftest import MakeFlow
from tests.vectorstore.conftest import put_text
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING


def test_what_answers_two_questions_at_once_says_both(make_flow: MakeFlow, knowledge: KnowledgeStore) -> None:
    put_text(knowledge, "choir.txt", "The choir is led by Ann Hale, who was hired by Tom Reed.", title="Choir")
    put_text(knowledge, "band.txt", "The band is led by Ida Voss.", title="Band")
    flow = make_flow(KeywordReader("Ann Hale", "Tom Reed", "Ida Voss"))
    labels = [one.label for one in flow.answer("Who leads the choir and who hired her?", EVERYTHING).sentences]
    assert labels == ["Who leads the choir; who hired her"]
    apart = [one.label for one in flow.answer("Who leads the choir? Who leads the band?", EVERYTHING).sentences]
    assert apart == ["Who leads the choir", "Who leads the band"]


def test_only_passages_that_hold_as_much_of_the_question_join_a_list(
    make_flow: MakeFlow, knowledge: KnowledgeStore
) -> None:
    put_text(knowledge, "kennel.txt", "The kennel asks guests to bring food and a blanket.", title="Kennel")
    put_text(knowledge, "night.txt", "Guests of the kennel bring a leash, too.", title="Kennel by night")
    put_text(knowledge, "cage.txt", "Guests bring hay, straw, brushes and toys for rabbits.", title="Cage")
    flow = make_flow(KeywordReader("food and a blanket", "a leash", "straw, brushes"))
    answer = flow.answer("What are the things that guests of the kennel bring?", EVERYTHING)
    assert {citation.title for citation in answer.citations} == {"Kennel", "Kennel by night"}
