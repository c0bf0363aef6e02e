"""The SQuAD 2.0 metric and the files that it is for.

The published examples are those of the metric card of Hugging Face's `squad_v2` and of AllenNLP's tests, both of which
wrap the official script.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.squad import GoldAnswer, exact_match, f1, load_squad, normalised
from vectorstore.errors import UsageError

WORDS = st.lists(st.sampled_from(["the", "a", "Red", "red", "house", "of", "1,000", "!", "  "]), max_size=5).map(
    " ".join
)


@pytest.mark.parametrize(
    ("predictions", "golds", "em", "overlap"),
    [
        (["1976"], [["1976"]], 1.0, 1.0),
        (["1999"], [["1976"]], 0.0, 0.0),
        (
            ["1976", "Beyonce", "climate change"],
            [["1976"], ["Beyoncé and Bruno Mars"], ["climate change"]],
            2 / 3,
            2 / 3,
        ),
        (["this is the best span"], [["this is a good span", "something irrelevant"]], 0.0, 0.75),
    ],
)
def test_the_published_examples(predictions: list[str], golds: list[list[str]], em: float, overlap: float) -> None:
    scores = [(exact_match(said, gold), f1(said, gold)) for said, gold in zip(predictions, golds, strict=True)]
    assert sum(score for score, _ in scores) / len(scores) == pytest.approx(em)
    assert sum(score for _, score in scores) / len(scores) == pytest.approx(overlap)


def test_case_punctuation_articles_and_white_space_do_not_count() -> None:
    assert normalised(" The  «U.S.» and an  Apple-tree\n") == "«us» and appletree"
    assert exact_match("the U.S. army!", ["US Army"]) == 1.0


def test_saying_nothing_is_right_only_where_there_is_nothing_to_say() -> None:
    assert (exact_match("", []), f1("", [])) == (1.0, 1.0)
    assert (exact_match("Paris", []), f1("Paris", [])) == (0.0, 0.0)
    assert (exact_match("", ["Paris"]), f1("", ["Paris"])) == (0.0, 0.0)
    # "The" is nothing once normalised: the official script drops such a gold answer.
    assert (exact_match("", ["The", "The Band"]), f1("", ["The", "The Band"])) == (0.0, 0.0)
    assert exact_match("", ["The"]) == 1.0


def test_words_count_as_often_as_they_are_said() -> None:
    assert f1("no no no", ["no"]) == pytest.approx(0.5)
    assert f1("rock", ["rock n roll"]) == pytest.approx(0.5)


@given(WORDS, st.lists(WORDS, max_size=3))
def test_an_exact_match_overlaps_wholly_and_more_gold_answers_never_hurt(said: str, golds: list[str]) -> None:
    assert 0.0 <= f1(said, golds) <= 1.0
    assert exact_match(said, golds) <= f1(said, golds)
    assert f1(said, golds) <= f1(said, [*golds, "red house"]) or not any(map(normalised, golds))


def write(path: Path, *asked: dict[str, object]) -> Path:
    context = "Oslo is the capital. Many visit Oslo in summer."
    article = {"title": "The_North", "paragraphs": [{"context": context, "qas": list(asked)}]}
    path.write_text(json.dumps({"data": [article]}), encoding="utf-8")
    return path


def test_files_of_both_versions_are_read(tmp_path: Path) -> None:
    places = [{"text": "Oslo", "answer_start": 0}, {"text": "Oslo", "answer_start": 32}]
    file = load_squad(
        write(
            tmp_path / "both.json",
            {"id": 1, "question": " What is the capital? ", "answers": places},
            {"id": "2", "question": "Who?", "answers": [], "is_impossible": True},
            {"id": "3", "question": "Why?", "plausible_answers": places, "answers": [], "is_impossible": True},
        )
    )
    assert [(q.id, q.text, len(q.answers), q.paragraph) for q in file.questions] == [
        ("1", "What is the capital?", 2, 0),
        ("2", "Who?", 0, 0),
        ("3", "Why?", 0, 0),
    ]
    assert [paragraph.title for paragraph in file.paragraphs] == ["The North"]


@pytest.mark.parametrize(("said", "found"), [(0, 0), (3, 0), (30, 32), (32, 32), (40, 32)])
def test_an_answer_that_is_not_where_the_file_says_is_looked_for_nearby(tmp_path: Path, said: int, found: int) -> None:
    answers = [{"text": "Oslo", "answer_start": said}]
    file = load_squad(write(tmp_path / "a.json", {"id": "1", "question": "?", "answers": answers}))
    assert file.questions[0].answers == (GoldAnswer("Oslo", found),)


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", {"id": "1", "question": "Who?", "answers": []})
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert [question.text for question in load_squad(file).questions] == ["Who?"]


def test_an_answer_that_the_paragraph_lacks_has_no_place(tmp_path: Path) -> None:
    answers = [{"text": "Bergen", "answer_start": 3}]
    file = load_squad(write(tmp_path / "a.json", {"id": "1", "question": "?", "answers": answers}))
    assert file.questions[0].answers == (GoldAnswer("Bergen", None),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no json", "Not a JSON file"),
        (b"\xff\xfe", "Not a JSON file"),
        (b'{"rows": []}', "Not a SQuAD file"),
        (b'{"data": [{"paragraphs": [{"qas": []}]}]}', "Not a SQuAD file"),
        (b'["data"]', "Not a SQuAD file"),
        (b"[" * 100_000, "Not a JSON file"),
        (
            b'{"data": [{"paragraphs": [{"context": "Anna", "qas": [{"id": "1", "question": "Who?", "answers": '
            b'[{"text": "Anna", "answer_start": "first"}]}]}]}]}',
            "Not a SQuAD file",
        ),
    ],
)
def test_another_form_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "odd.json"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=rf"{message} .*: .*odd\.json"):
        load_squad(file)
    with pytest.raises(UsageError, match=r"Cannot be read: .*missing\.json"):
        load_squad(tmp_path / "missing.json")
