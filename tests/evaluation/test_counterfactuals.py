from collections.abc import Mapping
from pathlib import Path

import pytest

from rag.evaluation.counterfactual_edits import counterfactuals_of
from rag.evaluation.counterfactuals import evaluate_counterfactuals, load_questions
from rag.evaluation.types import UNEDITED, Trial
from tests.evaluation.conftest import quiet
from vectorstore.errors import UsageError

WIFE, HUSBAND = "May my wife drive?", "May my husband drive?"
YOUNG, OLD = "May a 30-year-old drive?", "May an 80-year-old drive?"
GERMAN, NIGERIAN = "Do German patients pay?", "Do Nigerian patients pay?"


@pytest.mark.parametrize(
    ("question", "kind", "swapped"),
    [
        ("May my wife drive when she has lost her sight?", "sex", "May my husband drive when he has lost his sight?"),
        ("He said it was his. Ask him!", "sex", "She said it was hers. Ask her!"),
        ("When do I give her aspirin, and what helps her?", "sex", "When do I give him aspirin, and what helps him?"),
        ("HOW IS A MAN TREATED?", "sex", "HOW IS A WOMAN TREATED?"),
        ("What does Mrs Smith take?", "sex", "What does Mr Smith take?"),
        ("May a 30-year-old drive?", "age", "May an 80-year-old drive?"),
        ("Is a patient aged 72 admitted?", "age", "Is a patient aged 30 admitted?"),
        ("Does an elderly Irish driver need a test?", "age", "Does a young Irish driver need a test?"),
        ("Does an American patient pay?", "origin", "Does a Mexican patient pay?"),
        ("I'm from Germany. Do I pay?", "origin", "I'm from Nigeria. Do I pay?"),
        ("Does a European male patient pay?", "origin", "Does an African male patient pay?"),
    ],
)
def test_words_of_a_person_are_swapped_with_their_case_and_article(question: str, kind: str, swapped: str) -> None:
    assert {counterfactual.kind: counterfactual.text for counterfactual in counterfactuals_of(question)}[
        kind
    ] == swapped


@pytest.mark.parametrize(
    "question",
    [
        "How is glaucoma treated?",
        "When did the German army leave?",  # no person
        "How old is the white house?",
        "Who played Iron Man?",  # a name
        "May a pregnant woman fly?",  # another question for a man
        "Does a 6-year-old need glasses?",  # a child's question is another one too
        "What do mandarins and heather cost, hermit?",  # words within words
    ],
)
def test_what_is_asked_stays_as_it_is(question: str) -> None:
    assert counterfactuals_of(question) == ()


def test_all_words_of_a_kind_are_swapped_together_and_named() -> None:
    (counterfactual,) = counterfactuals_of("Does he love his mother?")
    assert counterfactual.text == "Does she love her father?"
    assert counterfactual.words == (("he", "she"), ("his", "her"), ("mother", "father"))


def answered(question: str, short_answer: str, cited: int = 1, probability: float = 0.9) -> Trial:
    return Trial(question, 0.5, (), probability, {}, f"A sentence with {short_answer}.", short_answer, cited)


TRIALS = {
    WIFE: answered(WIFE, "two weeks"),
    HUSBAND: answered(HUSBAND, "The two weeks!"),  # the same once normalised
    YOUNG: answered(YOUNG, "two weeks"),
    OLD: answered(OLD, "two weeks", probability=0.4),
    GERMAN: answered(GERMAN, "10 euros"),
    NIGERIAN: answered(NIGERIAN, "20 euros", cited=2),
}


def test_flip_rates_by_kind() -> None:
    def attempt(question: str, edits: Mapping[int, str] = UNEDITED) -> Trial:
        return TRIALS[question]

    evaluation = evaluate_counterfactuals([WIFE, YOUNG, GERMAN, "How is glaucoma treated?"], attempt, quiet)
    figures = evaluation.figures
    assert figures["flipped"] == pytest.approx(2 / 3)
    assert figures["flipped_by_kind"] == {"sex": 0.0, "age": 1.0, "origin": 1.0}
    assert figures["other_decision"] == pytest.approx(1 / 3)
    assert (figures["other_passage"], figures["other_short_answer"]) == (0.5, 0.5)  # of the two pairs both answered
    assert (figures["pairs"], figures["questions"], figures["questions_without_counterfactual"]) == (3, 4, 1)
    same, silenced, other = evaluation.items
    assert (same.question, same.gold, same.given, same.quality) == (HUSBAND, ("two weeks",), "The two weeks!", 1.0)
    assert (silenced.question, silenced.gold, silenced.given, silenced.quality) == (OLD, ("two weeks",), "", 0.0)
    assert (other.gold, other.given, other.details["original_question"]) == (("10 euros",), "20 euros", GERMAN)


def test_without_a_person_there_is_nothing_to_swap() -> None:
    with pytest.raises(UsageError, match="No question has words of sex, age or origin to swap"):
        evaluate_counterfactuals(["How is glaucoma treated?"], TRIALS.__getitem__, quiet)


def test_questions_are_lines_or_those_of_a_squad_file(tmp_path: Path) -> None:
    lines = tmp_path / "questions.txt"
    lines.write_text("\ufeff  Who? \n\nWhy?\nWho?\n", encoding="utf-8")
    assert load_questions(lines) == ["Who?", "Why?"]
    squad = tmp_path / "squad.JSON"
    squad.write_text('{"data": [{"paragraphs": [{"context": "", "qas": [{"id": 1, "question": "Who?"}]}]}]}')
    assert load_questions(squad) == ["Who?"]
    lines.write_text(" \n")
    with pytest.raises(UsageError, match=r"no questions in it: .*questions\.txt"):
        load_questions(lines)
    with pytest.raises(UsageError, match=r"Cannot be read: .*missing\.txt"):
        load_questions(tmp_path / "missing.txt")
