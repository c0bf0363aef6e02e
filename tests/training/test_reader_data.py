"""What a reader is shown, and what is kept apart."""

import json
from pathlib import Path

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from ingest.worker.guard import WorkerSettings
from rag.evaluation.squad import load_squad
from rag.training.reader.data import QuestionSet, as_squad, load_question_sets, sample
from rag.training.reader.examples import ReaderExamples
from rag.training.reader.near_misses import find_near_misses, question_key
from tests.evaluation.conftest import quiet
from tests.fakes import HashEmbedder
from tests.training.conftest import WriteData
from vectorstore.errors import UsageError
from vectorstore.models import MINILM, resolve_model

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(resolve_model(MINILM).path, local_files_only=True)


def examples_of(
    sets: list[QuestionSet], tokenizer: PreTrainedTokenizerBase, misses: dict[str, list[str]] | None = None
) -> ReaderExamples:
    return ReaderExamples(
        sets, misses or {}, tokenizer, batch=4, near_miss_share=1.0, altered_share=0.0, mask_share=0.3, seed=1
    )


def shown(examples: ReaderExamples, tokenizer: PreTrainedTokenizerBase, step: int) -> list[tuple[str, str]]:
    """The whole input and the answer in it, for each example of a step."""
    fields, _ = examples.batch_of(step)
    texts = []
    for ids, start, end in zip(fields["input_ids"], fields["start_positions"], fields["end_positions"], strict=True):
        texts.append((tokenizer.decode(ids), tokenizer.decode(ids[start : end + 1]) if start else ""))
    return texts


def write_long(path: Path, answer: str = "  oak tree ") -> Path:
    text = "Nothing happened that day. " * 200 + "It lies under the" + answer + "there. " + "Rain fell again. " * 200
    answers = [{"text": answer, "answer_start": text.index(answer)}]
    asked = [{"id": "1", "question": "Where does it lie?", "answers": answers}]
    path.write_text(json.dumps({"data": [{"paragraphs": [{"context": text, "qas": asked}]}]}))
    return path


def test_no_article_is_on_both_sides_and_the_seed_decides(write_data: WriteData) -> None:
    file = write_data(articles=8)
    (part,) = load_question_sets([file], 0.25, seed=1)
    articles = [
        {part.file.paragraphs[question.paragraph].article for question in side}
        for side in (part.training, part.held_out)
    ]
    assert not articles[0] & articles[1]
    assert (len(articles[0]), len(articles[1])) == (6, 2)
    assert load_question_sets([file], 0.25, seed=1) == [part]
    assert any(load_question_sets([file], 0.25, seed=seed)[0].held_out != part.held_out for seed in range(2, 6))
    assert load_question_sets([file], 0.0, seed=1)[0].held_out == ()


def test_a_single_article_is_split_between_its_paragraphs(write_data: WriteData) -> None:
    (part,) = load_question_sets([write_data(articles=1)], 0.2, seed=1)
    assert {question.paragraph for question in part.training}.isdisjoint({q.paragraph for q in part.held_out})
    assert len(part.held_out) == 2


def test_the_held_out_part_is_a_question_file_again(tmp_path: Path, write_data: WriteData) -> None:
    (part,) = load_question_sets([write_data()], 0.25, seed=1)
    file = tmp_path / "again.json"
    file.write_text(json.dumps(as_squad(part, part.held_out)))
    again = load_squad(file)
    assert [(q.id, q.text, q.answers) for q in again.questions] == [(q.id, q.text, q.answers) for q in part.held_out]
    assert [again.paragraphs[q.paragraph].text for q in again.questions] == list(map(part.context, part.held_out))


def test_files_without_a_question_to_learn_from_are_named(tmp_path: Path, write_data: WriteData) -> None:
    file = tmp_path / "nothing.json"
    asked = [
        {"id": "1", "question": "Who?", "answers": [], "is_impossible": True},
        {"id": "2", "question": "Where?", "answers": [{"text": "in another text", "answer_start": 3}]},
    ]
    file.write_text(json.dumps({"data": [{"paragraphs": [{"context": "A text.", "qas": asked}]}]}))
    with pytest.raises(UsageError, match=r"no question to learn from: .*nothing\.json"):
        load_question_sets([file], 0.0, seed=1)


def test_a_file_named_twice_is_shown_twice_an_epoch(
    tmp_path: Path, write_data: WriteData, tokenizer: PreTrainedTokenizerBase
) -> None:
    file = write_data()
    once, twice = (load_question_sets([file] * times, 0.25, seed=1) for times in (1, 2))
    assert len(twice) == 1
    assert examples_of(twice, tokenizer).examples == 2 * examples_of(once, tokenizer).examples
    other = tmp_path / "other" / file.name
    other.parent.mkdir()
    other.write_bytes(file.read_bytes())
    with pytest.raises(UsageError, match="same name"):
        load_question_sets([file, other], 0.0, seed=1)


def test_a_sample_takes_as_much_of_each_file_and_not_too_much_to_read(tmp_path: Path, write_data: WriteData) -> None:
    sets = load_question_sets([write_data("short"), write_data("other")], 0.5, seed=1)
    assert {name: len(questions) for name, questions in sample(sets, 8, 10_000, 1).items()} == {"short": 4, "other": 4}
    assert {name: len(questions) for name, questions in sample(sets, 8, 100, 1).items()} == {"short": 2, "other": 2}


def test_each_answer_is_shown_at_its_place_and_hidden_words_are_never_of_it(
    write_data: WriteData, tokenizer: PreTrainedTokenizerBase
) -> None:
    sets = load_question_sets([write_data()], 0.0, seed=1)
    examples = examples_of(sets, tokenizer)
    texts = [text for step in range(examples.batches) for text in shown(examples, tokenizer, step)]
    assert len(texts) == examples.examples == 40
    golds = {question.text.lower(): {a.text for a in question.answers} or {""} for question in sets[0].training}
    for text, answer in texts:
        (gold,) = (golds[question] for question in golds if question in text)
        assert answer in gold
    assert 40 < sum(text.count("[MASK]") for text, _ in texts) < 300


def test_an_epoch_is_a_function_of_the_seed_and_another_one_has_another_order(
    write_data: WriteData, tokenizer: PreTrainedTokenizerBase
) -> None:
    sets = load_question_sets([write_data()], 0.0, seed=1)
    first, second = examples_of(sets, tokenizer), examples_of(sets, tokenizer)
    later = [shown(second, tokenizer, step) for step in (13, 14)]
    for step in range(13):
        shown(first, tokenizer, step)
    assert [shown(first, tokenizer, step) for step in (13, 14)] == later
    assert shown(first, tokenizer, 0) != shown(first, tokenizer, first.batches)


def test_of_a_long_article_few_windows_without_the_answer_are_shown(
    tmp_path: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    sets = load_question_sets([write_long(tmp_path / "long.json")], 0.0, seed=1)
    examples = examples_of(sets, tokenizer)
    answers = [answer for step in range(examples.batches) for _, answer in shown(examples, tokenizer, step)]
    assert set(answers) == {"", "oak tree"}
    assert answers.count("") == 1
    assert answers.count("oak tree") <= 2  # two windows overlap


def test_a_near_miss_is_a_passage_that_the_search_finds_but_that_lacks_the_answer(
    write_data: WriteData, tokenizer: PreTrainedTokenizerBase
) -> None:
    (part,) = sets = load_question_sets([write_data(articles=6)], 0.2, seed=1)
    worker = WorkerSettings(resolve_model(MINILM).path / "tokenizer.json", 256)
    misses = find_near_misses(part, HashEmbedder(), worker, quiet)
    answerable = [question for question in part.training if question.answers]
    assert set(misses) == {question_key(part, question) for question in answerable}
    held_out = {part.context(question) for question in part.held_out}
    for question in answerable:
        passages = misses[question_key(part, question)]
        assert 1 <= len(passages) <= 4
        assert not any(question.answers[0].text in passage or passage in held_out for passage in passages)
        assert part.context(question) not in passages
    plain = examples_of(sets, tokenizer)
    examples = examples_of(sets, tokenizer, misses)
    assert examples.examples == plain.examples + len(answerable)
    texts = [text for step in range(examples.batches) for text in shown(examples, tokenizer, step)]
    assert sum(not answer for _, answer in texts) == 2 * len(answerable)
