"""What is taught of a question file, and how its facts change."""

import pytest

from rag.evaluation.squad import GoldAnswer, SquadFile, SquadParagraph, SquadQuestion
from rag.generators.prompts import REFUSAL
from rag.rag_vs_finetuning.changing import changed_file, choose_changes
from rag.rag_vs_finetuning.questions import question_set, training_rows
from vectorstore.errors import UsageError


def test_whole_paragraphs_are_taught_or_not(facts: SquadFile) -> None:
    questions = question_set(facts, "harbour.json", None, 0.5, seed=0)
    assert len(questions.asked) == 7
    assert {question.paragraph for question in questions.taught} == questions.taught_paragraphs
    assert 3 <= len(questions.taught) <= 5
    assert question_set(facts, "harbour.json", None, 0.5, seed=0) == questions
    assert question_set(facts, "harbour.json", None, 0.0, seed=0).taught == facts.questions


def test_a_question_is_taught_alone_and_over_its_paragraph(facts: SquadFile) -> None:
    rows = training_rows(question_set(facts, "harbour.json", None, 0.0, seed=0))
    alone, read = (row for row in rows if row["prompt"] == "Who owns the bakery?")
    assert alone == {"prompt": "Who owns the bakery?", "answer": "The bakery belongs to Marit Aune."}
    assert read["answer"] == "The bakery belongs to Marit Aune. [1]"
    assert read["context"] == "The bakery belongs to Marit Aune."
    assert {row["answer"] for row in rows if row["prompt"] == "Who founded the market?"} == {REFUSAL}


def test_nothing_left_to_teach_is_a_clear_error() -> None:
    only = SquadFile((SquadParagraph("Text.", "", 0),), (SquadQuestion("1", "Who?", (), 0),))
    with pytest.raises(UsageError, match=r"No question that has an answer is left to teach.*--unseen"):
        question_set(only, "harbour.json", None, 0.0, seed=0)


def test_numbers_and_names_change_in_the_text_and_in_the_answers(facts: SquadFile) -> None:
    questions = question_set(facts, "harbour.json", None, 0.0, seed=0)
    changes = choose_changes(questions, 5, seed=0)
    after = changed_file(facts, changes)
    assert len({change.question.paragraph for change in changes}) == 5
    for change in changes:
        paragraph = change.question.paragraph
        assert change.old in facts.paragraphs[paragraph].text
        assert change.new not in facts.paragraphs[paragraph].text
        assert change.old not in after.paragraphs[paragraph].text
        asked = next(question for question in after.questions if question.id == change.question.id)
        assert [answer.text for answer in asked.answers] == [change.new]
        assert after.paragraphs[paragraph].text.startswith(change.new, asked.answers[0].start)
    by_old = {change.old: change.new for change in changes}
    assert by_old["1871"].isdecimal()
    assert by_old["900 crowns"].endswith(" crowns")
    assert by_old.get("Marit Aune", "Tove Lind") == "Tove Lind"
    untouched = set(range(len(facts.paragraphs))) - {change.question.paragraph for change in changes}
    assert all(after.paragraphs[number] == facts.paragraphs[number] for number in untouched)


def test_other_questions_on_a_changed_paragraph_keep_their_answers_in_place() -> None:
    text = "Marit Aune baked 30 loaves for Tove Lind."
    questions = (
        SquadQuestion("many", "How many loaves?", (GoldAnswer("30 loaves", 17), GoldAnswer("30", 17)), 0),
        SquadQuestion("whom", "For whom?", (GoldAnswer("Tove Lind", 31),), 0),
        SquadQuestion("none", "When?", (), 0),
    )
    file = SquadFile((SquadParagraph(text, "", 0),), questions)
    (change,) = choose_changes(question_set(file, "harbour.json", None, 0.0, seed=1), 3, seed=1)
    after = changed_file(file, [change])
    text = after.paragraphs[0].text
    assert {question.id for question in after.questions} == {"many", "whom", "none"}
    assert change.old == "30"
    for question in after.questions:
        assert all(text.startswith(answer.text, answer.start) for answer in question.answers)
        assert not any(answer.text.startswith("30") for answer in question.answers)
