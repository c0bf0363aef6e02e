"""How a question is searched for in its conversation."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.query.follow_up import carry_topic, with_told_topic
from rag.query.narrative import told_and_asked
from rag.query.rewriting import rewrite_follow_up
from rag.query.smalltalk.topics import Topic
from rag.query.types import Query
from rag.query.understanding import query_of
from rag.retrieval.hybrid import HybridRetriever, retrieve_variants
from rag.retrieval.variants import QueryVariant
from rag.types import Answer, Citation, Exchange, Sentence
from tests.fakes import FakeChat, KeywordReader
from tests.rag.conftest import MakeFlow
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.errors import RefdeskError
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, Passage

TESTS = Path(__file__).parents[1]
HANDBOOK = TESTS.parent / "docs/handbook"


def quoted(text: str, title: str, short_answer: str | None = None) -> Answer:
    citation = Citation(1, 1, title, None, 0, len(text), text, 0.9)
    return Answer("extractive", "reader", (Sentence(text, (1,)),), (citation,), (), short_answer)


def query_in(knowledge: KnowledgeStore, message: str, before: list[Exchange]) -> Query:
    with knowledge.view() as view:
        return query_of(message, before, view, HybridRetriever(view), EVERYTHING)


def found_in(knowledge: KnowledgeStore, variants: Sequence[QueryVariant]) -> tuple[str, list[Passage]]:
    with knowledge.view() as view:
        return retrieve_variants(HybridRetriever(view), variants, EVERYTHING, 5)


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
    assert carry_topic(question, before) == (QueryVariant(asked), QueryVariant(f"{asked} ({carried})", weight))


@pytest.mark.parametrize(
    ("question", "before"),
    [("What is asthma?", []), ("What is glaucoma?", [GLAUCOMA]), ("How is it treated?", [Exchange("And?")])],
)
def test_without_another_topic_the_question_is_searched_for_once(question: str, before: list[Exchange]) -> None:
    assert carry_topic(question, before) == (QueryVariant(question),)


def test_a_long_short_answer_and_a_long_title_do_not_drown_the_question() -> None:
    long = quoted("x", "A very long title of a report on the yearly results of many departments", "word " * 30)
    (_, carried) = carry_topic("How is it treated?", [Exchange("What is glaucoma?", long)])
    assert len(carried.text.split()) <= 12


def test_small_talk_in_between_is_no_part_of_the_conversation(knowledge: KnowledgeStore) -> None:
    before = [GLAUCOMA, Exchange("Wonderful work, thanks!", SMALL_TALK)]
    query = query_in(knowledge, "How is it treated?", before)
    assert query.variants == carry_topic("How is it treated?", [GLAUCOMA])


PUMPS = {"Aurora heat pump": "The Aurora weighs 94 kg.", "Boreal heat pump": "The Boreal weighs 131 kg."}


@pytest.mark.parametrize(
    ("before", "message", "searched"),
    [
        ([("How much does the Aurora weigh?", "Aurora heat pump")], "What about the Boreal?", "weigh"),
        (
            [("How much does the Aurora weigh?", "Aurora heat pump"), ("What about the Boreal?", "Boreal heat pump")],
            "What is its warranty?",
            "weigh Boreal heat pump",
        ),
        ([("How much does the Aurora weigh?", "Aurora heat pump")], "And where is it made?", "Aurora weigh heat pump"),
        ([("How is asthma treated?", "Asthma")], "And in children?", "asthma treated"),
    ],
)
def test_a_subject_that_another_takes_the_place_of_is_not_carried(
    before: list[tuple[str, str]], message: str, searched: str, knowledge: KnowledgeStore
) -> None:
    for title, text in PUMPS.items():
        put_text(knowledge, f"{title}.txt", text, title=title)
    put_text(knowledge, "children.txt", "Asthma in children is treated with sprays.", title="Asthma in children")
    turns = [Exchange(question, quoted("94 kg", title, "94 kg")) for question, title in before]
    carried = query_in(knowledge, message, turns).variants[-1].text
    topic = carried.rpartition("(")[2].rstrip(")")
    assert [word for word in topic.split() if word not in {"much", "94", "kg", "Asthma"}] == searched.split()


def recognise_thanks(message: str) -> Topic | None:
    return Topic.THANKS if "hank" in message and len(message.split()) < 3 else None


@pytest.mark.parametrize("message", ["What is the wifi password?", "Thanks! What is the wifi password?"])
def test_after_thanks_another_question_is_about_something_else(message: str, knowledge: KnowledgeStore) -> None:
    before = [GLAUCOMA] if message.startswith("Thanks") else [GLAUCOMA, Exchange("Thanks", SMALL_TALK)]
    with knowledge.view() as view:
        query = query_of(message, before, view, HybridRetriever(view), EVERYTHING, recognise_thanks)
    assert [variant.text for variant in query.variants] == ["What is the wifi password?"]


@pytest.mark.parametrize(
    ("message", "searched"),
    [
        ("I am pregnant. Can I take ibuprofen tablets?", "Can I take ibuprofen tablets? (pregnant)"),
        (
            "My child is 3 and has a fever. How many ibuprofen tablets may I give?",
            "How many ibuprofen tablets may I give? (child 3 fever)",
        ),
        ("How many ibuprofen tablets may I take? I'm 70.", "How many ibuprofen tablets may I take?"),
        (
            "We are quite lost and our child is 3. How many ibuprofen tablets may I give?",
            "How many ibuprofen tablets may I give? (child 3)",
        ),
        (
            "I take over the night shift. How many ibuprofen tablets may I take?",
            "How many ibuprofen tablets may I take?",
        ),
        ("I live in Leeds. How many ibuprofen tablets may I take?", "How many ibuprofen tablets may I take?"),
        (
            "I have been taking them for three years. How many ibuprofen tablets may I take?",
            "How many ibuprofen tablets may I take? (three years)",
        ),
        ("I am pregnant, can I take ibuprofen?", "I am pregnant, can I take ibuprofen?"),
        ("How is glaucoma treated? In children.", "How is glaucoma treated? In children."),
    ],
)
def test_what_is_the_case_stays_a_part_of_the_question(message: str, searched: str, knowledge: KnowledgeStore) -> None:
    put_text(knowledge, "1.txt", "Ibuprofen tablets must not be taken during pregnancy.", title="Ibuprofen")
    put_text(
        knowledge, "2.txt", "A child over 6 with fever may take ibuprofen tablets for years.", title="Ibuprofen tablets"
    )
    query = query_in(knowledge, message, [])
    assert [variant.text for variant in query.variants] == [searched]
    assert query.question == searched


@pytest.mark.parametrize(
    ("message", "told", "asked"),
    [
        ("I am 58. Can it be prevented?", "I am 58.", "Can it be prevented?"),
        ("Can it be prevented? I am 58.", "I am 58.", "Can it be prevented?"),
        ("my mum has shingles. is it contagious", "my mum has shingles.", "is it contagious"),
        ("For a colleague: what is a citation?", "For a colleague", "what is a citation?"),
        ("I have asthma, but what helps in an attack?", "I have asthma", "what helps in an attack?"),
        (
            "My dad is ill. I'd like to know how gout is treated.",
            "My dad is ill.",
            "I'd like to know how gout is treated.",
        ),
        ("What is gout? How is it treated?", "", "What is gout? How is it treated?"),
        ("What causes gout, and how is lupus treated?", "", "What causes gout, and how is lupus treated?"),
        ("The symptoms of gout. In children.", "", "The symptoms of gout. In children."),
        (
            "I have been here for six years - how much leave do I get",
            "I have been here for six years",
            "how much leave do I get",
        ),
        ("I looked it up: until when can I cancel", "I looked it up", "until when can I cancel"),
        ("We move in May. At what time is the office open", "We move in May.", "At what time is the office open"),
        ("In the year 1843, what did Ada write of?", "", "In the year 1843, what did Ada write of?"),
    ],
)
def test_what_a_message_tells_is_told_from_what_it_asks(message: str, told: str, asked: str) -> None:
    assert told_and_asked(message) == (told, asked)


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("Could you please tell me how glaucoma is treated?", "how glaucoma is treated?"),
        ("I'd like to know what glaucoma is", "what glaucoma is"),
        ("Können Sie mir bitte sagen, wie man Glaukom behandelt?", "wie man Glaukom behandelt?"),
        ("Can you tell me about glaucoma?", "Can you tell me about glaucoma?"),
        ("Do you know eye drops?", "Do you know eye drops?"),
    ],
)
def test_what_only_asks_for_an_answer_is_not_looked_up(message: str, asked: str, knowledge: KnowledgeStore) -> None:
    assert query_in(knowledge, message, []).question == asked


@pytest.mark.parametrize(
    ("told", "asked", "subjects", "alone"),
    [
        ("Our doctor said sleep apnea.", "How is it treated?", ["Sleep Apnea"], "How is it treated? (sleep apnea)"),
        ("He has type 2 diabetes, she is 7.", "What now?", ["Diabetes"], "What now? (type 2 diabetes)"),
        ("My thumb is numb and red.", "What could this be?", ["Gout"], None),
        (
            "I am new here.",
            "Where does it keep its stored data?",
            ["Stored data"],
            "Where does it keep its stored data?",
        ),
        ("My thumb is numb and red.", "Which disease is called gout?", ["Heart"], "Which disease is called gout?"),
        ("My sister has asthma.", "What helps in an asthma attack?", ["Asthma"], "What helps in an asthma attack?"),
        ("I like fish.", "Who is at risk for glaucoma?", ["Glaucoma", "Fish oil"], "Who is at risk for glaucoma?"),
        ("I am a nurse.", "Which eye drops lower the pressure?", ["Manual"], "Which eye drops lower the pressure?"),
    ],
)
def test_what_is_asked_gets_its_subject_from_what_is_told(
    told: str, asked: str, subjects: list[str], alone: str | None
) -> None:
    assert with_told_topic(told, asked, subjects) == alone


def test_of_a_letter_before_the_question_is_carried_and_not_the_story() -> None:
    letter = "I am 58, live in Leeds and my doctor had little time. Can glaucoma be prevented by eye drops? Thank you."
    (_, carried) = carry_topic("And in children?", [Exchange(letter)])
    assert carried.text == "And in children? (glaucoma prevented by eye drops)"


def test_what_was_looked_up_of_a_letter_is_carried() -> None:
    letter = "My sister (34) was told last week that she has glaucoma, and was in shock. How is it treated?"
    answer = replace(quoted("With eye drops.", "Eyes"), looked_up="How is it treated? (glaucoma)")
    (_, carried) = carry_topic("And in children?", [Exchange(letter, answer)])
    assert carried.text == "And in children? (treated glaucoma Eyes)"


def test_a_letter_is_answered_as_its_question_is(make_flow: MakeFlow) -> None:
    flow = make_flow(KeywordReader("eye drops"))
    alone = flow.answer("How is glaucoma treated?", EVERYTHING)
    letter = (
        "I am 58 years old, live in Leeds and have been to 3 doctors since March. The last one, Mr. Hollis, spoke of "
        "glaucoma but had no time. How is it treated?"
    )
    answer = flow.answer(letter, EVERYTHING)
    assert answer.kind == alone.kind == "extractive"
    assert answer.text == alone.text


@pytest.mark.parametrize(
    "reply",
    ["How is glaucoma treated?", 'Question: "How is glaucoma treated?"', "How is glaucoma treated?\nIt is treated so."],
)
def test_an_able_generator_rewrites_the_question(reply: str) -> None:
    chat = FakeChat(reply)
    before = [Exchange("What is glaucoma?", quoted("Glaucoma damages the optic nerve.", "Glaucoma"))]
    first, asked = rewrite_follow_up("How is it treated?", before, chat)
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
    assert rewrite_follow_up("How is it treated?", [GLAUCOMA], chat) == carry_topic("How is it treated?", [GLAUCOMA])


def test_only_an_able_generator_is_asked_and_only_in_a_conversation(make_flow: MakeFlow) -> None:
    chat = FakeChat("Nothing.")
    flow = make_flow(KeywordReader("eye drops"), chat)
    list(flow.events("How is it treated?", EVERYTHING, before=[GLAUCOMA]))
    assert len(chat.asked) == 0
    flow = make_flow(KeywordReader("eye drops"), chat, large=True)
    list(flow.events("How is glaucoma treated?", EVERYTHING))
    assert len(chat.asked) == 1  # for the answer
    list(flow.events("How is it treated?", EVERYTHING, before=[GLAUCOMA]))
    assert len(chat.asked) == 3


def test_both_searches_together_find_what_one_alone_does_not(knowledge: KnowledgeStore) -> None:
    put_text(knowledge, "timolol.txt", "Timolol has side effects such as cold hands.", title="Timolol")
    put_text(knowledge, "aspirin.txt", "Aspirin has side effects such as bleeding.", title="Aspirin")
    asked = QueryVariant("Which side effects does it have?")
    carried = QueryVariant("Which side effects does it have? (aspirin)")
    read, passages = found_in(knowledge, [asked, carried])
    assert read == carried.text
    assert passages[0].chunk.title == "Aspirin"
    assert len({passage.chunk.id for passage in passages}) == len(passages) <= 5
    assert all(0.0 <= passage.score <= 1.0 for passage in passages)
    assert [passage.score for passage in passages] == sorted((p.score for p in passages), reverse=True)


def test_a_new_topic_is_not_drawn_back_to_the_old_one(knowledge: KnowledgeStore) -> None:
    variants = carry_topic("Which bones are brittle?", [Exchange("How is the pressure in the eye treated?")])
    read, passages = found_in(knowledge, variants)
    assert read == "Which bones are brittle?"
    assert passages[0].chunk.title == "Osteoporosis"


def test_nothing_stored_is_nothing_found(tmp_path: Path, knowledge: KnowledgeStore) -> None:
    empty = open_store(tmp_path / "empty", knowledge.embedder)
    assert found_in(empty, carry_topic("And it?", [GLAUCOMA])) == ("And it?", [])
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
