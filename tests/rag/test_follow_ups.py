"""How a question is searched for in its conversation."""

import json
from pathlib import Path

import pytest

from rag.answering.flow import Writer
from rag.answering.rewriting import formulate
from rag.answering.standalone import carry_topic, focus
from rag.answering.types import Answer, Citation, Exchange, Sentence
from rag.retrieval.formulations import Formulation, search_formulations
from rag.retrieval.retriever import KnowledgeRetriever
from tests.fakes import FakeChat, KeywordReader
from tests.rag.conftest import MakeFlow
from tests.vectorstore.conftest import put_text
from vectorstore.errors import RefdeskError
from vectorstore.knowledge import KnowledgeBase

TESTS = Path(__file__).parents[1]
HANDBOOK = TESTS.parent / "docs/handbook"


def quoted(text: str, title: str, short_answer: str | None = None) -> Answer:
    citation = Citation(1, 1, title, None, 0, len(text), text, 0.9)
    return Answer("extractive", "reader", (Sentence(text, (1,)),), (citation,), (), short_answer)


SMALL_TALK = Answer("smalltalk", "fixed reply", (Sentence("You are welcome.", ()),))
GLAUCOMA = Exchange("What is glaucoma?")
DRUG = Exchange("Which drug is used first?", quoted("Timolol is used first.", "Glaucoma", "Timolol"))


@pytest.mark.parametrize(
    ("question", "before", "asked", "carried", "weight"),
    [
        ("How is it treated?", [GLAUCOMA], "How is it treated?", "glaucoma", 1.0),
        ("And in children?", [Exchange("How is asthma treated?")], "And in children?", "asthma treated", 1.0),
        ("Symptoms?", [GLAUCOMA], "Symptoms?", "glaucoma", 1.0),
        ("What is the dose?", [GLAUCOMA], "What is the dose?", "glaucoma", 0.7),
        ("What is asthma?", [GLAUCOMA], "What is asthma?", "glaucoma", 0.7),
        ("Thanks, and in children?", [GLAUCOMA], "and in children?", "glaucoma", 1.0),
        ("No, I meant cataract.", [GLAUCOMA], "cataract.", "glaucoma", 1.0),
        ("Does it hurt?", [GLAUCOMA, Exchange("How is it treated?")], "Does it hurt?", "glaucoma treated", 1.0),
        ("Does it hurt?", [GLAUCOMA, Exchange("What is a cataract?")], "Does it hurt?", "cataract", 1.0),
        ("What are its side effects?", [DRUG], "What are its side effects?", "drug used first Glaucoma Timolol", 1.0),
    ],
)
def test_the_topic_so_far_is_carried(
    question: str, before: list[Exchange], asked: str, carried: str, weight: float
) -> None:
    assert carry_topic(question, before) == (Formulation(asked), Formulation(f"{asked} ({carried})", weight))


@pytest.mark.parametrize(
    ("question", "before"),
    [("What is asthma?", []), ("What is glaucoma?", [GLAUCOMA]), ("How is it treated?", [Exchange("And?")])],
)
def test_without_another_topic_the_question_is_searched_for_once(question: str, before: list[Exchange]) -> None:
    assert carry_topic(question, before) == (Formulation(question),)


def test_a_long_short_answer_and_a_long_title_do_not_drown_the_question() -> None:
    long = quoted("x", "A very long title of a report on the yearly results of many departments", "word " * 30)
    (_, carried) = carry_topic("How is it treated?", [Exchange("What is glaucoma?", long)])
    assert len(carried.text.split()) <= 12


def test_small_talk_in_between_is_no_part_of_the_conversation() -> None:
    before = [GLAUCOMA, Exchange("Wonderful work, thanks!", SMALL_TALK)]
    assert formulate("How is it treated?", before, None) == carry_topic("How is it treated?", [GLAUCOMA])


def test_of_a_long_letter_only_the_question_is_asked() -> None:
    story = "I am 58 years old and my doctor had little time. " * 6
    asked = "Can glaucoma be prevented by eye drops?"
    assert focus(f"{story}{asked} Thank you.") == asked
    assert focus(f"{story}What now?") == f"{story}What now?"
    assert focus("I am 58. Can it be prevented?") == "I am 58. Can it be prevented?"
    assert formulate(f"{story}{asked} Thank you.", [GLAUCOMA], None)[0].text == asked
    (_, carried) = formulate("And in children?", [Exchange(f"{asked} {story}")], None)
    assert carried.text == "And in children? (glaucoma prevented by eye drops)"


@pytest.mark.parametrize(
    "reply",
    ["How is glaucoma treated?", 'Question: "How is glaucoma treated?"', "How is glaucoma treated?\nIt is treated so."],
)
def test_an_able_generator_rewrites_the_question(reply: str) -> None:
    chat = FakeChat(reply)
    before = [Exchange("What is glaucoma?", quoted("Glaucoma damages the optic nerve.", "Glaucoma"))]
    first, asked = formulate("How is it treated?", before, chat)
    assert (first.text, asked.text) == ("How is glaucoma treated?", "How is it treated?")
    assert first.weight > asked.weight
    assert "Glaucoma damages the optic nerve." in chat.asked[0][-1]["content"]


class BrokenChat(FakeChat):
    def _produce(self, *_: object) -> None:
        raise RefdeskError("The engine is gone")


@pytest.mark.parametrize(
    "chat",
    [
        FakeChat("Glaucoma is treated with drops."),  # an answer
        FakeChat("Who was the first president of the United States of America?"),
        FakeChat("glaucoma " * 60 + "?"),
        FakeChat(""),
        BrokenChat(""),
    ],
)
def test_a_rewriting_that_went_astray_is_not_taken(chat: FakeChat) -> None:
    assert formulate("How is it treated?", [GLAUCOMA], chat) == carry_topic("How is it treated?", [GLAUCOMA])


def test_only_an_able_generator_is_asked_and_only_in_a_conversation(make_flow: MakeFlow) -> None:
    chat = FakeChat("Nothing.")
    flow = make_flow(KeywordReader("eye drops"), chat)
    list(flow.events("How is it treated?", before=[GLAUCOMA]))
    assert len(chat.asked) == 1  # for the answer
    flow._writer = Writer(chat, "fake", 600, rewrites=True)
    list(flow.events("How is glaucoma treated?"))
    assert len(chat.asked) == 2
    list(flow.events("How is it treated?", before=[GLAUCOMA]))
    assert len(chat.asked) == 4


def test_both_searches_together_find_what_one_alone_does_not(knowledge: KnowledgeBase) -> None:
    put_text(knowledge, "timolol.txt", "Timolol has side effects such as cold hands.", title="Timolol")
    put_text(knowledge, "aspirin.txt", "Aspirin has side effects such as bleeding.", title="Aspirin")
    retriever = KnowledgeRetriever(knowledge=knowledge, limit=5)
    asked = Formulation("Which side effects does it have?")
    carried = Formulation("Which side effects does it have? (aspirin)")
    read, passages = search_formulations(retriever, [asked, carried])
    assert read == carried.text
    assert passages[0].chunk.title == "Aspirin"
    assert len({passage.chunk.id for passage in passages}) == len(passages) <= 5
    assert all(0.0 <= passage.score <= 1.0 for passage in passages)
    assert [passage.score for passage in passages] == sorted((p.score for p in passages), reverse=True)


def test_a_new_topic_is_not_drawn_back_to_the_old_one(knowledge: KnowledgeBase) -> None:
    retriever = KnowledgeRetriever(knowledge=knowledge, limit=5)
    formulations = carry_topic("Which bones are brittle?", [Exchange("How is the pressure in the eye treated?")])
    read, passages = search_formulations(retriever, formulations)
    assert read == "Which bones are brittle?"
    assert passages[0].chunk.title == "Osteoporosis"


def test_nothing_stored_is_nothing_found(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    empty = KnowledgeBase(tmp_path / "empty", knowledge.embedder)
    retriever = KnowledgeRetriever(knowledge=empty, limit=5)
    assert search_formulations(retriever, carry_topic("And it?", [GLAUCOMA])) == ("And it?", [])
    empty.close()


def test_the_conversations_ask_for_what_their_documents_say() -> None:
    conversations = json.loads((TESTS / "data/conversations.json").read_text(encoding="utf-8"))
    texts = {path.name: path.read_text(encoding="utf-8") for path in (TESTS / "data/conversations").glob("*.md")}
    texts |= {path.name: path.read_text(encoding="utf-8") for path in HANDBOOK.glob("*.md")}
    assert len(conversations) == 50
    for conversation in conversations:
        assert len(conversation["turns"]) in (2, 3)
        if conversation["document"].endswith(".md"):
            assert conversation["words"] in " ".join(texts[conversation["document"]].split()), conversation
