"""Documents that contradict each other are both shown; those that speak of different things are not set against each
other.
"""

import pytest

from rag.types import Answer
from tests.fakes import KeywordReader
from tests.rag.conftest import MakeFlow
from tests.vectorstore.conftest import put_text
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING

HOME_2024 = ("Rules of 2024", "Staff may work from home on 2 days a week.", "2 days")
HOME_2025 = ("Rules of 2025", "Staff may work from home on 3 days a week.", "3 days")


@pytest.fixture
def asked(make_flow: MakeFlow, knowledge: KnowledgeStore) -> "Asked":
    return Asked(make_flow, knowledge)


class Asked:
    def __init__(self, make_flow: MakeFlow, knowledge: KnowledgeStore) -> None:
        self._make_flow = make_flow
        self._knowledge = knowledge

    def __call__(self, question: str, *documents: tuple[str, str, str], title: str = "") -> Answer:
        """The answer to ``question`` from documents, each a file's name, what it says, and the words that answer.
        They bear this title, or else their files' names.
        """
        for name, text, _ in documents:
            put_text(self._knowledge, f"{name}.txt", text, title=title or name)
        return self._make_flow(KeywordReader(*(words for _, _, words in documents))).answer(question, EVERYTHING)


@pytest.mark.parametrize("documents", [(HOME_2024, HOME_2025), (HOME_2025, HOME_2024)])
def test_of_two_versions_the_newest_answers_and_the_other_is_shown_under_its_name(
    asked: Asked, documents: tuple[tuple[str, str, str], ...]
) -> None:
    answer = asked("How many days may staff work from home?", *documents)
    assert [(sentence.label, sentence.text) for sentence in answer.sentences] == [HOME_2025[:2], HOME_2024[:2]]
    assert answer.short_answer == "3 days"


def test_a_newer_version_that_says_it_in_other_words_answers(asked: Asked) -> None:
    old = ("kit-2022", "The office lends a laptop. A screen is not provided.", "not provided")
    new = ("kit-2025", "The office lends a laptop, a headset and one large screen.", "one large screen")
    answer = asked("Is a screen provided?", old, new)
    assert next((sentence.label, sentence.text) for sentence in answer.sentences) == new[:2]
    assert old[0] in {sentence.label for sentence in answer.sentences}
    assert asked("Is a screen provided?", old, new, title="Kit").sentences[0].label == "Kit (kit-2025.txt)"
    assert {sentence.label for sentence in asked("Was a screen provided in 2022?").sentences} <= {""}


def test_the_version_that_is_asked_for_answers_alone(asked: Asked) -> None:
    answer = asked("How many days might staff work from home by the rules of 2024?", HOME_2024, HOME_2025)
    assert [sentence.text for sentence in answer.sentences] == [HOME_2024[1]]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "When do rehearsals take place?",
            ("Season letter", "Rehearsals take place every Thursday evening.", "Thursday"),
            ("Orchestra handbook", "Rehearsals take place every Tuesday evening.", "Tuesday"),
        ),
        (
            "When is the canteen open?",
            ("Canteen", "The canteen is open from 11:30 to 14:00, Monday to Friday.", "11:30 to 14:00"),
            ("Welcome", "The canteen in building L is open from 12:00 to 14:30.", "12:00 to 14:30"),
        ),
        (
            "What is the annual fee?",
            ("Form", "The annual fee is 48.", "48"),
            ("Rules", "The annual fee is £52.", "£52"),
        ),
    ],
)
def test_another_date_or_number_for_the_same_contradicts(
    asked: Asked, question: str, one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    answer = asked(question, one, other)
    assert {sentence.text for sentence in answer.sentences} == {one[1], other[1]}
    assert all(sentence.label for sentence in answer.sentences)


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "How long is the warranty of the Aurora?",
            ("Aurora", "The heat pump has a warranty of five years.", "five years"),
            ("Boreal", "The heat pump has a warranty of three years.", "three years"),
        ),
        (
            "When does the train to Harn leave?",
            ("Morning trains", "The train to Harn leaves platform 4 at 8:15.", "8:15"),
            ("Evening trains", "The train to Harn leaves platform 2 at 18:40.", "18:40"),
        ),
        (
            "How long are backups kept?",
            ("Backups", "Backups are kept for 90 days in 2 rooms.", "90 days"),
            ("Handbook", "Backups are kept for 90 days on 3 disks.", "90 days"),
        ),
        (
            "How many days may interns work from home?",
            ("Interns", "Interns may work from home on 1 day a week.", "1 day"),
            ("Office", "Office staff may work from home on 3 days a week.", "3 days"),
        ),
    ],
)
def test_what_is_said_of_another_thing_does_not_contradict(
    asked: Asked, question: str, one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    answer = asked(question, one, other)
    assert [sentence.label for sentence in answer.sentences] == [""]
