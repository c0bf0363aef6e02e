"""Of how many things a message asks, and how each of them is searched for."""

from collections.abc import Iterator, Sequence

import pytest

from rag.query.understanding import query_of
from rag.retrieval.hybrid import HybridRetriever
from rag.text.asking import asking_in
from rag.types import Exchange
from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING

DOCUMENTS = {
    "Kestrel": "The Kestrel drone flies 40 minutes. Its warranty is two years. It weighs 900 g. Spare rotors are sold.",
    "Osprey": "The Osprey drone flies 70 minutes. Its warranty is four years. It weighs 2 kg. Spare rotors are sold.",
    "Research and development": "The department of research and development has twelve people. Ann leads it.",
    "Hart and Daughters": "Hart and Daughters was founded in 1870 by Edith Hart and sells wool.",
    "Soup": "Season the soup with salt and pepper before it is served.",
    "Rabies": "Rabies is caused by a virus. Rabies is treated with a vaccine.",
    "Measles": "Measles is caused by a virus. The signs are fever and a rash.",
    "Ward book > Ringworm": "Round bald spots are seen on the head. An ointment is rubbed in twice a day.",
}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeStore]:
    base = open_store(tmp_path_factory.mktemp("home"), HashEmbedder(dimension=256))
    for title, text in DOCUMENTS.items():
        put_text(base, f"{title}.txt", text, title=title)
    yield base
    base.close()


def parts_in(base: KnowledgeStore, message: str, before: Sequence[Exchange] = ()) -> dict[str, str]:
    """The label of each part, and what is searched for first."""
    with base.view() as view:
        parts = query_of(message, before, view, HybridRetriever(view), EVERYTHING).parts
    return {part.label: part.variants[0].text for part in parts}


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        ("What causes rabies and how is it treated?", ["What causes rabies", "how is rabies treated?"]),
        ("whats rabies and how is it treated", ["whats rabies", "how is rabies treated"]),
        (
            "Compare the dry and the wet form of rabies",
            ["What is dry form of rabies?", "What is the wet form of rabies?"],
        ),
        (
            "What is the difference between salt and the signs of measles?",
            ["What is salt?", "What is the signs of measles?"],
        ),
        (
            "How long does the Kestrel fly? And who founded Hart and Daughters?",
            ["How long does the Kestrel fly?", "who founded Hart and Daughters?"],
        ),
        (
            "how long does the osprey fly? and how long is its warranty?",
            ["how long does the osprey fly?", "how long is osprey's warranty?"],
        ),
        (
            "when was Hart and Daughters founded & by whom",
            ["when was Hart and Daughters founded", "by whom was Hart and Daughters founded?"],
        ),
        ("When and where is wool sold?", ["When is wool sold?", "where is wool sold?"]),
        (
            "What is rabies, how is it treated and is it deadly?",
            ["What is rabies", "how is rabies treated", "is rabies deadly?"],
        ),
        (
            "What spots does ringworm make and how is it treated?",
            ["What spots does ringworm make", "how is ringworm treated?"],
        ),
        (
            "When was Edith Hart born and who taught her to weave?",
            ["When was Edith Hart born", "who taught Hart to weave?"],
        ),
        ("What is measles? What are the signs?", ["What is measles?", "What are the signs? (measles)"]),
        (
            "Was wiegt die Kestrel und wie lange gilt die Garantie?",
            ["Was wiegt die Kestrel", "wie lange gilt die Garantie? (Kestrel)"],
        ),
        (
            "Quanto pesa Kestrel e dove viene venduto?",
            ["Quanto pesa Kestrel", "dove viene venduto? (Kestrel)"],
        ),
    ],
)
def test_two_questions_in_one_message_are_searched_for_one_by_one(
    message: str, questions: list[str], documents: KnowledgeStore
) -> None:
    assert list(parts_in(documents, message).values()) == questions


def test_a_question_among_several_is_labelled_as_it_was_asked(documents: KnowledgeStore) -> None:
    assert list(parts_in(documents, "What causes rabies and how is it treated?")) == [
        "What causes rabies",
        "How is it treated",
    ]


@pytest.mark.parametrize(
    ("message", "sides"),
    [
        (
            "What is the difference between the Kestrel and the Osprey?",
            {"Kestrel": "What is the Kestrel?", "Osprey": "What is the Osprey?"},
        ),
        (
            "Kestrel vs. Osprey: which one is better?",
            {"Kestrel": "What is Kestrel?", "Osprey": "What is Osprey?"},
        ),
        (
            "Compare the warranty of the Kestrel with the Osprey",
            {"Kestrel": "What is the warranty of the Kestrel?", "Osprey": "What is the warranty of the Osprey?"},
        ),
        (
            "Which drone is heavier, the Kestrel or the Osprey?",
            {"Kestrel": "How heavy is the Kestrel?", "Osprey": "How heavy is the Osprey?"},
        ),
        (
            "Is the Osprey heavier than the Kestrel?",
            {"Osprey": "How heavy is the Osprey?", "Kestrel": "How heavy is the Kestrel?"},
        ),
        (
            "Which is more expensive, the Kestrel or the Osprey?",
            {"Kestrel": "How expensive is the Kestrel?", "Osprey": "How expensive is the Osprey?"},
        ),
        (
            "Which costs more, the Kestrel or the Osprey?",
            {"Kestrel": "What is the Kestrel? (costs)", "Osprey": "What is the Osprey? (costs)"},
        ),
        ("How does measles differ from rabies?", {"Measles": "What is measles?", "Rabies": "What is rabies?"}),
        ("In what ways are measles and rabies alike?", {"Measles": "What is measles?", "Rabies": "What is rabies?"}),
        ("Do measles and rabies have much in common?", {"Measles": "What is measles?", "Rabies": "What is rabies?"}),
        (
            "Was ist der Unterschied zwischen der Kestrel und der Osprey?",
            {"Kestrel": "Was ist der Kestrel?", "Osprey": "Was ist der Osprey?"},
        ),
        (
            "Quelle est la différence entre Kestrel et Osprey ?",
            {"Kestrel": "Qu'est-ce que Kestrel ?", "Osprey": "Qu'est-ce que Osprey ?"},
        ),
        (
            "Jaka jest różnica między Kestrel a Osprey?",
            {"Kestrel": "Co to jest Kestrel?", "Osprey": "Co to jest Osprey?"},
        ),
        (
            "What is the difference between the Kestrel and the Osprey when flying at night?",
            {
                "Kestrel": "What is the Kestrel? (when flying at night)",
                "Osprey": "What is the Osprey? (when flying at night)",
            },
        ),
    ],
)
def test_of_a_comparison_each_side_is_searched_for(
    message: str, sides: dict[str, str], documents: KnowledgeStore
) -> None:
    assert parts_in(documents, message) == sides


@pytest.mark.parametrize(
    ("message", "subjects"),
    [
        (
            "What are the signs of measles and rabies?",
            {"Measles": "What are the signs of measles?", "Rabies": "What are the signs of rabies?"},
        ),
        (
            "Where did the Kestrel and Osprey win the race?",
            {"Kestrel": "Where did the Kestrel win the race?", "Osprey": "Where did Osprey win the race?"},
        ),
        (
            "warranty of the Kestrel, the Osprey and rabies",
            {
                "Kestrel": "warranty of the Kestrel",
                "Osprey": "warranty of the Osprey",
                "Rabies": "warranty of rabies",
            },
        ),
        ("How do Kestrel and Osprey fly?", {"Kestrel": "How do Kestrel fly?", "Osprey": "How do Osprey fly?"}),
    ],
)
def test_of_a_list_each_subject_is_searched_for(
    message: str, subjects: dict[str, str], documents: KnowledgeStore
) -> None:
    assert parts_in(documents, message) == subjects


@pytest.mark.parametrize(
    "message",
    [
        "Who leads research and development?",
        "What does Hart and Daughters sell?",
        "How much salt and pepper is in the soup?",
        "What happens to people who smoke and who drink?",
        "How many trains run between Graz and Turku?",
        "Is a temperature higher than 39 dangerous?",
        "What are fever and a rash signs of?",
        "When the drone was built, what was it called?",
        "What is rabies unable to distinguish from measles?",
        "How high does the Kestrel fly compared to the Osprey?",
        "What are the signs of infections (measles and rabies)?",
        "What is the weight and the warranty of the Kestrel?",  # the same passage tells both
    ],
)
def test_what_is_one_thing_stays_one(message: str, documents: KnowledgeStore) -> None:
    assert parts_in(documents, message) == {"": message}


def test_what_is_told_before_a_question_is_no_question_of_its_own(documents: KnowledgeStore) -> None:
    message = "My dog is expecting, in her sixth week. Do I take her along, and what is the warranty of the Kestrel?"
    first, second = parts_in(documents, message).values()
    assert first.endswith("Do I take her along")
    assert second == "what is the warranty of the Kestrel?"


def test_a_part_keeps_the_topic_of_the_conversation(documents: KnowledgeStore) -> None:
    before = [Exchange("What is the Kestrel?")]
    with documents.view() as view:
        query = query_of("When was it built and by whom?", before, view, HybridRetriever(view), EVERYTHING)
    assert [part.variants[-1].text for part in query.parts] == [
        "When was it built (Kestrel)",
        "by whom was it built? (Kestrel)",
    ]


@pytest.mark.parametrize(
    ("question", "what_is"),
    [
        ("Wie lange dauert es und wer genehmigt es?", "Was ist {}?"),
        ("Combien de temps dure-t-il ?", "Qu'est-ce que {} ?"),
        ("¿Cuánto cuesta y dónde se compra?", "¿Qué es {}?"),
        ("Quanto costa e dove si compra?", "Che cos'è {}?"),
        ("Quanto custa e onde se compra?", "O que é {}?"),
        ("Hoe lang duurt het?", "Wat is {}?"),
        ("Jak długo to trwa?", "Co to jest {}?"),
        ("How long does it take?", "What is {}?"),
        ("reset vpn password", "What is {}?"),
    ],
)
def test_a_question_tells_its_language(question: str, what_is: str) -> None:
    assert asking_in(question).what_is == what_is
