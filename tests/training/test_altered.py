import random

from rag.training.data.altered import altered

PASSAGE = "In 1969 Ada Moss opened the largest mill in Bergen. It was sold to Otto Lind in 1984."


def every(question: str, answer: str) -> set[str | None]:
    return {altered(question, PASSAGE, answer, random.Random(seed)) for seed in range(40)}


def test_a_name_gives_way_to_another_name_of_the_passage_and_a_number_to_a_number():
    assert every("Which mill did Ada Moss run?", "the largest") == {
        "Which mill did Bergen run?",
        "Which mill did Otto Lind run?",
    }
    assert every("Who ran the mill in 1969?", "Ada Moss") == {"Who ran the mill in 1984?"}


def test_the_answer_is_never_put_into_the_question():
    assert every("Which mill did Ada Moss run?", "Otto Lind") == {"Which mill did Bergen run?"}


def test_a_word_becomes_its_opposite():
    assert every("what is the best mill?", "Bergen") == {"what is the worst mill?"}


def test_where_nothing_else_can_change_some_questions_are_negated():
    assert every("what was sold?", "mill") == {None, "what was not sold?"}
