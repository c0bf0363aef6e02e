"""Small talk told from questions by the real classifier, and what the flow does with it."""

import json
from pathlib import Path

import pytest

from rag.query.smalltalk.classifier import QUESTION, WEIGHTS, SmallTalkClassifier
from rag.query.smalltalk.topics import Topic, without_courtesies
from rag.types import Done
from tests.fakes import KeywordReader
from tests.rag.conftest import MakeFlow
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.models import MINILM, resolve_model
from vectorstore.types import EVERYTHING

DATA = Path(__file__).parents[1] / "data"
MESSAGES: dict[str, list[str]] = json.loads((DATA / "smalltalk.json").read_text(encoding="utf-8"))
HANDBOOK = [item["question"] for item in json.loads((DATA / "handbook_questions.json").read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def classifier() -> SmallTalkClassifier:
    return SmallTalkClassifier(LocalEmbedder(resolve_model(MINILM)))


def plain(text: str) -> str:
    return text.lower().strip(" .,!?")


def test_the_messages_were_not_trained_on() -> None:
    examples = json.loads(WEIGHTS.with_name("examples.json").read_text(encoding="utf-8"))
    trained = {plain(text) for texts in examples.values() for text in texts}
    assert not trained & {plain(text) for texts in MESSAGES.values() for text in texts}
    assert json.loads(WEIGHTS.read_text(encoding="utf-8"))["classes"] == sorted(examples)
    assert set(examples) == {*Topic, QUESTION}


@pytest.mark.models
def test_most_small_talk_is_recognised_and_real_questions_are_not_taken_for_it(classifier: SmallTalkClassifier) -> None:
    trained_on = json.loads(WEIGHTS.read_text(encoding="utf-8"))["embedding"]
    assert trained_on == resolve_model(MINILM).fingerprint
    talk = {text: topic for topic, texts in MESSAGES.items() for text in texts if topic != QUESTION}
    given = {text: classifier(text) for text in talk}
    assert sum(topic is not None for topic in given.values()) >= 0.9 * len(talk)
    assert sum(topic == talk[text] for text, topic in given.items()) >= 0.85 * len(talk)
    taken = [text for text in MESSAGES[QUESTION] if classifier(text)]
    assert len(taken) <= 0.03 * len(MESSAGES[QUESTION]), taken
    assert [text for text in HANDBOOK if classifier(text)] == ["What is Refdesk?"]


@pytest.mark.models
@pytest.mark.parametrize(
    ("message", "topic"),
    [
        ("Thank you!", Topic.THANKS),
        ("Hello there", Topic.GREETING),
        ("Who are you?", Topic.ABOUT),
        ("What can you do for me?", Topic.ABOUT),
        ("Can I trust you?", Topic.ABOUT),
        ("What is Refdesk?", Topic.REFDESK),
        ("How do I add documents?", None),
        ("hi, what are the symptoms of flu?", None),
        ("Thank you. And what about children?", None),
        ("I feel like ending my life.", None),
        ("Hello! My mother has glaucoma and lives alone.\nWhat can she do?\nThank you very much for your help!", None),
        ("...", None),
        ("option -x", None),
        ("--depth", None),
        ("hi, E-4711", None),
        ("thanks:)", Topic.THANKS),
        ("good morning ;-)", Topic.GREETING),
    ],
)
def test_a_message_is_small_talk_only_if_all_of_it_is(
    classifier: SmallTalkClassifier, message: str, topic: Topic | None
) -> None:
    assert classifier(message) is topic


@pytest.mark.parametrize("topic", [topic for topic in Topic if topic is not Topic.REFDESK])
def test_small_talk_is_met_and_not_searched(make_flow: MakeFlow, topic: Topic) -> None:
    flow = make_flow(KeywordReader("eye drops"), recognise=lambda _: topic)
    (done,) = flow.events("How is glaucoma treated?", EVERYTHING)
    assert isinstance(done, Done)
    answer = done.answer
    assert (answer.kind, answer.citations, answer.related) == ("smalltalk", (), ())
    assert answer.text


def test_refdesk_by_its_name_is_looked_up_first(make_flow: MakeFlow) -> None:
    found = make_flow(KeywordReader("eye drops"), recognise=lambda _: Topic.REFDESK)
    assert found.answer("How is glaucoma treated?", EVERYTHING).kind == "extractive"
    missing = make_flow(KeywordReader(margin=8.0), recognise=lambda _: Topic.REFDESK).answer(
        "Who won the football match yesterday evening?", EVERYTHING
    )
    assert missing.kind == "smalltalk"
    assert "Refdesk" in missing.text


@pytest.mark.models
@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("Hi, when does the ferry leave?", "when does the ferry leave?"),
        ("Quick question: when does the ferry leave?", "when does the ferry leave?"),
        (
            "Hello there! I hope you are well. When does the ferry leave? Thank you so much!",
            "When does the ferry leave?",
        ),
        ("I have glaucoma. What may I eat?", "I have glaucoma. What may I eat?"),
        ("Ferries: when do they leave? My mother is 80.", "Ferries: when do they leave? My mother is 80."),
        ("How is asthma treated? Why?", "How is asthma treated? Why?"),
        ("Thanks.", "Thanks."),
        ("I have a puppy of 8 weeks. Can it stay?", "I have a puppy of 8 weeks. Can it stay?"),
        ("I have a puppy. Can it stay?", "I have a puppy. Can it stay?"),
        ("hi can you tell me how glaucoma is treated thanks", "can you tell me how glaucoma is treated"),
        ("good morning quick question what is the wifi password", "what is the wifi password"),
        ("hello there where is the lift thank you so much", "where is the lift"),
        ("ok and what does it cost", "what does it cost"),
        ("When is Thanksgiving", "When is Thanksgiving"),
        ("How do I write a thank you", "How do I write a thank you"),
        ("Good Friday opening hours", "Good Friday opening hours"),
        ("my dog can he eat grapes", "my dog can he eat grapes"),
        ("why is it cold in here", "why is it cold in here"),
        ("hey is the ferry running on fridays", "is the ferry running on fridays"),
        (
            "I hope this is the right place to ask. When is it open?",
            "I hope this is the right place to ask. When is it open?",
        ),
        (
            "For a friend of mine who does not speak English: when is it open?",
            "For a friend of mine who does not speak English: when is it open?",
        ),
        ("At what time does the late ferry leave", "At what time does the late ferry leave"),
        ("To whom do I send the invoice?", "To whom do I send the invoice?"),
        (
            "I have been here for six years - how many days of leave do I get?",
            "I have been here for six years - how many days of leave do I get?",
        ),
    ],
)
def test_courtesies_around_a_question_are_left_out_and_its_story_is_not(
    classifier: SmallTalkClassifier, message: str, asked: str
) -> None:
    assert without_courtesies(message, classifier) == asked


def test_a_polite_question_is_answered_like_a_plain_one(make_flow: MakeFlow) -> None:
    flow = make_flow(
        KeywordReader("eye drops"), recognise=lambda message: None if "glaucoma" in message else Topic.THANKS
    )
    asked = "How is glaucoma treated?"
    plainly = flow.answer(asked, EVERYTHING)
    politely = flow.answer(f"Thanks for looking! {asked} Thank you for all of your help.", EVERYTHING)
    assert plainly.kind == "extractive"
    assert (politely.text, politely.citations) == (plainly.text, plainly.citations)
