"""Questions to begin with: the surely answered first, and nothing is left at work when the desk closes."""

import threading
from pathlib import Path

from rag.desk.suggestions import Suggestions
from rag.types import Answer, Citation
from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.types import EVERYTHING, Scope

TITLES = ("Moss and ferns", "Rivers of ice", "Bees in spring", "Old lighthouses", "Tides and moons")


def answered(question: str, *, sure: bool) -> Answer:
    document = next(number for number, title in enumerate(TITLES, start=1) if title in question)
    citation = Citation(1, document, "", None, 0, 1, "x", 0.9)
    return Answer("extractive", "", citations=(citation,), certainty="sure" if sure else "unsure")


def test_those_that_are_surely_answered_come_first(tmp_path: Path) -> None:
    knowledge = open_store(tmp_path, HashEmbedder())
    for title in TITLES:
        put_text(knowledge, f"{title}.txt", f"All about {title.lower()}.", title=title)
    offered = Suggestions(knowledge, lambda question, _: answered(question, sure="Moss" not in question)).within(
        EVERYTHING
    )
    assert len(offered) == 4
    assert not any("Moss" in question for question in offered)
    few = Suggestions(knowledge, lambda question, _: answered(question, sure="Bees" in question)).within(EVERYTHING)
    assert (len(few), few[0]) == (4, "What is Bees in spring?")


def test_what_is_worked_out_in_the_background_ends_with_the_desk(tmp_path: Path) -> None:
    knowledge = open_store(tmp_path, HashEmbedder())
    for title in TITLES[:4]:
        put_text(knowledge, f"{title}.txt", f"All about {title.lower()}.", title=title)
    asked: list[str] = []
    at_work, go = threading.Event(), threading.Event()
    go.set()

    def quote(question: str, _: Scope) -> Answer:
        asked.append(question)
        at_work.set()
        assert go.wait(10)
        return answered(question, sure=True)

    suggestions = Suggestions(knowledge, quote)
    before = suggestions.within(EVERYTHING)
    assert len(asked) == 4
    put_text(knowledge, "tides.txt", "All about tides.", title=TITLES[4])
    at_work.clear()
    go.clear()
    assert suggestions.within(EVERYTHING) == before  # until others are worked out
    assert at_work.wait(10)
    closing = threading.Thread(target=suggestions.close)
    closing.start()
    assert suggestions._ended.wait(10)
    go.set()
    closing.join(10)
    assert not closing.is_alive()
    assert len(asked) == 5
