"""The packaged generator, as the desk loads it: what its adapter has taught it."""

from pathlib import Path

import pytest
from langchain_core.language_models.chat_models import BaseChatModel

from rag.engine_selection import load_generator
from rag.generators.prompts import REFUSAL, build_messages
from rag.generators.types import Choice
from rag.settings.model import load_settings
from vectorstore.models import SMOLLM2

pytestmark = pytest.mark.models

PASSAGES = [
    (1, "Mills", "The old mill stands on the left bank of the river. Its wheel was made of oak."),
    (2, "Towers", "The tower of the town hall was finished in 1871. It is 34 metres high and built of grey stone."),
    (3, "Markets", "The market is held on Saturdays, in front of the church."),
]
PACKAGED = Choice("llamacpp", SMOLLM2, "")


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> BaseChatModel:
    loaded = load_generator(PACKAGED, load_settings(tmp_path_factory.mktemp("home")))
    assert loaded is not None
    return loaded


def asked(chat: BaseChatModel, question: str) -> str:
    return chat.invoke(build_messages(question, PASSAGES, 2000, len)).text


def test_it_answers_from_a_passage_and_names_it(chat: BaseChatModel) -> None:
    reply = asked(chat, "On which day is the market?")
    assert "Saturdays" in reply
    assert reply.endswith("[3]")


def test_it_says_where_the_passages_do_not_answer(chat: BaseChatModel) -> None:
    assert asked(chat, "How much is a ticket for the museum?") == REFUSAL


def test_alone_it_speaks_without_the_habit_of_citing(tmp_path: Path) -> None:
    alone = load_generator(PACKAGED, load_settings(tmp_path), alone=True)
    assert alone is not None
    assert "[1]" not in alone.invoke("What is a lighthouse?").text
