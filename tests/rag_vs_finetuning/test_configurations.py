"""What is said of an answer."""

from collections.abc import Iterator

import pytest

from rag.calibration.numbers import shipped_calibration
from rag.evaluation.answers import texts_of
from rag.evaluation.squad import SquadFile
from rag.evaluation.types import Item
from rag.generators.prompts import REFUSAL
from rag.grounding.rules import RuleChecker
from rag.rag_vs_finetuning.configurations import AnswerScorer, said
from rag.types import Answer, Sentence
from tests.evaluation.conftest import stored
from tests.fakes import KeywordReader


@pytest.fixture(scope="module")
def scorer(facts: SquadFile) -> Iterator[AnswerScorer]:
    with stored(texts_of(facts)) as collection:
        knowledge = collection.knowledge
        checker = RuleChecker(knowledge.embedder, shipped_calibration().support)
        yield AnswerScorer(facts, knowledge, KeywordReader("1871"), checker)


def judged(scorer: AnswerScorer, facts: SquadFile, question: str, text: str, taught: bool = True) -> Item:
    asked = next(one for one in facts.questions if one.text == question)
    return scorer.item(asked, Answer("unchecked", "tiny", (Sentence(text, ()),)), taught=taught)


def test_an_answer_is_right_where_it_holds_the_words(scorer: AnswerScorer, facts: SquadFile) -> None:
    right = judged(scorer, facts, "When was the lighthouse built?", "It was built in the year 1871, I think.")
    assert right.scores["right"] == right.scores["taught"] == 1.0
    assert right.scores["wrong"] == 0.0
    longer = judged(scorer, facts, "When was the lighthouse built?", "In 18710.", taught=False)
    assert longer.scores["right"] == longer.scores["not_taught"] == 0.0
    assert longer.scores["wrong"] == 1.0


def test_what_the_documents_say_is_grounded_and_what_they_do_not_is_not(scorer: AnswerScorer, facts: SquadFile) -> None:
    text = "The lighthouse was built in 1871 by Ansgar Holm. It was paid for by Queen Maud."
    item = judged(scorer, facts, "When was the lighthouse built?", text)
    assert item.scores["grounded"] == item.scores["unsupported_sentences"] == 0.5
    assert item.weights == {"grounded": 2, "unsupported_sentences": 2}
    assert item.details["not_grounded"] == ["It was paid for by Queen Maud."]


@pytest.mark.parametrize("text", [REFUSAL, "the documents do not say", " ", f"{REFUSAL} [1]"])
def test_a_refusal_is_no_answer_and_neither_right_nor_wrong(scorer: AnswerScorer, facts: SquadFile, text: str) -> None:
    asked = judged(scorer, facts, "When was the lighthouse built?", text)
    assert (asked.given, asked.scores) == ("", {"wrong": 0.0, "right": 0.0, "taught": 0.0})
    unanswerable = judged(scorer, facts, "Who founded the market?", text)
    assert unanswerable.scores == {"wrong": 0.0, "declined": 1.0}


def test_an_answer_to_a_question_that_has_none_is_wrong(scorer: AnswerScorer, facts: SquadFile) -> None:
    item = judged(scorer, facts, "Who founded the market?", "Tove Lind founded it.")
    assert (item.scores["wrong"], item.scores["declined"]) == (1.0, 0.0)


def test_markers_are_no_part_of_what_is_said() -> None:
    assert said(Answer("unchecked", "tiny", (Sentence("In 1871 [1].\nSo it is. [2]", ()),))) == "In 1871. So it is."
