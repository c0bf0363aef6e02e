"""The prompt fits its budget."""

from rag.generators.prompts import REFUSAL, build_messages, build_rewriting

PASSAGES = [
    (1, "Cats", "Tom is a cat. " * 20),
    (2, "Dogs", "Rex is a dog. " * 20),
    (3, "Fish", "Nemo is a fish. " * 20),
]


def words(text: str) -> int:
    return len(text.split())


def built(budget: int) -> list[str]:
    return [message.text for message in build_messages("Who is Tom?", PASSAGES, budget, words)]


def test_all_passages_when_there_is_room() -> None:
    rule, asked = built(1000)
    assert REFUSAL in rule
    assert all(f"[{number}] {title}\n{text}" in asked for number, title, text in PASSAGES)
    assert asked.endswith("Question: Who is Tom?")


def test_every_budget_is_kept() -> None:
    smallest = sum(map(words, built(1)))
    for budget in range(1, 400, 7):
        assert sum(map(words, built(budget))) <= max(budget, smallest)


def test_the_passage_that_does_not_fit_is_cut_at_a_word_and_the_rest_left_out() -> None:
    budget = sum(map(words, built(1000))) - 40
    _, asked = built(budget)
    assert "[2] Dogs\nRex is a dog. Rex" in asked
    assert "[3]" not in asked
    assert asked.endswith("Rex is\n\nQuestion: Who is Tom?")


def test_a_crumb_is_not_worth_giving() -> None:
    rule, _ = built(1000)
    fits_one = words(rule) + 48 + words("Question: Who is Tom?") + words("[1] Cats\n" + PASSAGES[0][2])
    assert "[2]" not in built(fits_one + 10)[1]


def test_a_question_to_rewrite_comes_with_its_conversation() -> None:
    rule, asked = build_rewriting("And where?", [("Who is Tom?", "Tom is a cat."), ("And Rex?", "word " * 500)])
    assert rule.type == "system"
    assert asked.text.startswith("Question: Who is Tom?\nAnswer: Tom is a cat.\nQuestion: And Rex?\nAnswer: word")
    assert asked.text.endswith("\n\nLast question: And where?")
    assert words(asked.text) < 100
