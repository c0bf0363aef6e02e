"""What is made of a person's data, and what is said of data that cannot be used."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from transformers import AutoTokenizer

from rag.generators.engines.unpacking import load_tokenizer, unpack_gguf
from rag.training.data.markup import as_chat
from rag.training.data.samples import Sample
from rag.training.data.tokens import IGNORED, tokenise, tokenise_all
from rag.training.data.uploads import SAMPLE
from rag.training.data.validation import check_samples
from rag.training.generator.checking import check_data, complete, schedule_of
from rag.training.generator.data import GeneratorData, load_generator_data
from rag.training.generator.presets import chosen
from tests.training.test_run_folder import full_disk
from tests.training.tiny_gguf import write_gguf
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.models import resolve_model

pytestmark = pytest.mark.torch

MEDICAL = "<s>[INST] <<SYS>> Answer the Question <</SYS>> What is a fever? [/INST] A raised temperature. </s>"


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    match path.suffix:
        case ".csv":
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        case ".parquet":
            pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)
        case _:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def load(*paths: Path, test: Sequence[Path] = (), held_out: float = 0.0, convert: bool = False) -> GeneratorData:
    return load_generator_data(paths, test, held_out, 0, convert_markup=convert)


def test_the_same_rows_in_every_format_and_in_a_folder_are_the_same_samples(tmp_path: Path) -> None:
    rows = [{"question": f"What, {n}?\nSay it.", "response": f"This, {n}."} for n in range(3)]
    found = [load(write(tmp_path / f"rows{suffix}", rows)).training for suffix in (".csv", ".jsonl", ".parquet")]
    messages = [[sample.messages for sample in samples] for samples in found]
    assert messages[0] == messages[1] == messages[2]
    assert messages[0][1][1] == {"role": "assistant", "content": "This, 1."}
    folder = load(tmp_path)
    assert len(folder.training) == 3  # those of the other two files are the same
    assert len(folder.problems) == 6
    assert set(folder.hashes) == {"rows.csv", "rows.jsonl", "rows.parquet"}


def test_chats_in_cells_of_a_csv_file_are_read_as_those_of_jsonl(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    rows = [{"messages": json.dumps(chat)}, {"messages": "[{"}]
    found = load(write(tmp_path / "rows.csv", rows))
    assert found.training[0].messages == load(write(tmp_path / "rows.jsonl", [{"messages": chat}])).training[0].messages
    assert found.problems == ("rows.csv:2: messages are no valid JSON",)


def test_a_context_becomes_the_passage_that_the_desk_would_show(tmp_path: Path) -> None:
    rows = [{"prompt": "Who?", "context": "Tom is a cat.", "title": "Cats", "answer": "Tom [1]."}]
    system, user, answer = load(write(tmp_path / "rows.jsonl", rows)).training[0].messages
    assert "numbered passages" in system["content"]
    assert user["content"] == "[1] Cats\nTom is a cat.\n\nQuestion: Who?"
    assert answer["content"] == "Tom [1]."


def test_rows_that_cannot_be_used_are_left_out_and_named(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"prompt": "Why?", "answer": "So."},
        {"prompt": "Why?", "answer": " "},
        {"prompt": 5, "answer": "So."},
        {"prompt": "WHY?", "answer": "So."},
    ]
    found = load(write(tmp_path / "rows.jsonl", rows))
    assert len(found.training) == 1
    assert found.problems == (
        "rows.jsonl:2: answer is empty",
        "rows.jsonl:3: prompt is no text",
        "rows.jsonl:4: the same as rows.jsonl:1",
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.xlsx", "", "This kind of file cannot be trained on"),
        ("rows.jsonl", '{"prompt": "Why?"}\n', "There is nothing to train on in the columns prompt"),
        ("rows.jsonl", '{"text": "So."}\n{"text": \n', "line 2"),
        ("rows.jsonl", "[1]\n", "line 1 is no JSON object"),
        ("rows.jsonl", "", r"columns \(none\)"),
        ("rows.csv", "text\nOne,two\n", "row 2 has another number of cells"),
        ("rows.parquet", "no parquet", "cannot be read"),
        ("rows.csv", "text\n" + "\x00\x01\x02\x03" * 50, "cannot be read"),
        ("rows.jsonl", '{"text": " "}\n', r"nothing to learn from \(rows.jsonl:1: text is empty\)"),
        ("rows.jsonl", '{"messages": [{"role": "user", "content": "Hm"}]}\n', "do not end with the assistant"),
        (
            "rows.jsonl",
            '{"messages": [{"role": "assistant", "content": "Hm"}]}\n',
            "nothing that the assistant answers",
        ),
    ],
)
def test_files_that_cannot_be_used_get_a_clear_error(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(UsageError, match=message) as error:
        load(tmp_path / name)
    assert name in str(error.value)


def test_what_is_held_out_shares_no_prompt_with_what_is_learned(tmp_path: Path) -> None:
    rows = [{"prompt": f"Why {n // 2}?", "answer": f"So {n}."} for n in range(40)]
    found = load(write(tmp_path / "rows.jsonl", rows), held_out=0.25)
    asked = [{sample.messages[0]["content"] for sample in part} for part in (found.training, found.held_out)]
    assert len(found.held_out) == 10
    assert not asked[0] & asked[1]
    assert load(tmp_path / "rows.jsonl", held_out=0.25) == found


def test_a_question_in_the_marks_of_two_models_is_on_one_side(tmp_path: Path) -> None:
    rows = [{"text": f"<s>[INST] Why {n}? [/INST] So. </s>"} for n in range(20)]
    rows += [
        {"text": f"<|im_start|>user\nWhy {n}?<|im_end|>\n<|im_start|>assistant\nBecause.<|im_end|>\n"}
        for n in range(20)
    ]
    found = load(write(tmp_path / "rows.jsonl", rows), held_out=0.25, convert=True)
    asked = [{sample.prompt[0]["content"] for sample in part} for part in (found.training, found.held_out)]
    assert (len(asked[0]), len(asked[1])) == (15, 5)
    assert not asked[0] & asked[1]


def test_samples_whose_answer_is_cut_off_are_left_out_and_named(tmp_path: Path, tiny_llama: Path) -> None:
    rows = [{"prompt": f"Why {n}?", "answer": "So."} for n in range(3)]
    rows.append({"prompt": "Why, oh why? " * 20, "answer": "So."})
    learned, judged = write(tmp_path / "rows.jsonl", rows), write(tmp_path / "test.jsonl", rows[3:])
    model, training = resolve_model(str(tiny_llama)), chosen("laptop", {"longest": 40, "held_out": 0.0})
    found = check_data([learned], [], model, tmp_path, training)
    assert (found["samples"], found["left_out"], found["cut"]) == (3, 1, 0)
    assert found["problems"] == ["rows.jsonl:4: its answer begins after 40 tokens (--max-length)"]
    found = check_data([learned], [judged], model, tmp_path, training)
    assert (found["samples"], found["held_out"]) == (3, 0)
    assert found["problems"][1] == "test.jsonl:1: its answer begins after 40 tokens (--max-length)"


def test_evaluations_are_never_so_close_that_a_step_or_two_decide(tmp_path: Path) -> None:
    data = load(write(tmp_path / "rows.jsonl", [{"prompt": "Why?", "answer": "So."}]))
    training = complete(chosen("laptop", {}), data)
    assert [schedule_of(training, batches).evaluate_every for batches in (1, 24, 500)] == [10, 10, 100]
    every_step = complete(chosen("laptop", {"evaluate_every": 1}), data)
    assert schedule_of(every_step, 24).evaluate_every == 1


def test_samples_that_are_in_the_test_file_are_not_learned(tmp_path: Path) -> None:
    learned = write(tmp_path / "rows.jsonl", [{"prompt": f"Why {n}?", "answer": "So."} for n in range(4)])
    judged = write(tmp_path / "test.jsonl", [{"prompt": "why 2?", "answer": "Because."}])
    found = load(learned, test=[judged])
    assert [sample.place for sample in found.training] == ["rows.jsonl:1", "rows.jsonl:2", "rows.jsonl:4"]
    assert [sample.answer for sample in found.held_out] == ["Because."]
    assert found.problems == ("rows.jsonl:3: held out, as test.jsonl:1",)


def test_chat_marks_of_another_model_are_recognised_and_converted(tmp_path: Path) -> None:
    file = write(tmp_path / "rows.csv", [{"text": MEDICAL}, {"text": "No marks at all."}])
    found = load(file)
    (warning,) = check_samples(found.training, (), [9, 9])["warnings"]
    assert "With the chat marks of Llama 2: 1 sample (" in warning
    assert "--convert-markup" in warning
    chat, plain = load(file, convert=True).training
    assert [(turn["role"], turn["content"]) for turn in chat.messages] == [
        ("system", "Answer the Question"),
        ("user", "What is a fever?"),
        ("assistant", "A raised temperature."),
    ]
    assert plain.text == "No marks at all."


@pytest.mark.parametrize(
    "text",
    [
        "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\nSo.<|im_end|>\n",
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\nSo.<|eot_id|>",
        "<s>[INST] Why? [/INST] So. </s>",
    ],
)
def test_every_kind_of_chat_marks_becomes_the_same_chat(text: str) -> None:
    asked, said = as_chat(Sample("", text)).messages
    assert (asked, said) == ({"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."})


def test_the_report_warns_of_personal_data_other_languages_and_leaks() -> None:
    english = "The long road along the river leads to the old mill behind the village church and then on"
    french = "Le chien dort dans la maison et le chat joue avec une souris grise près de la fenêtre ouverte"
    samples = [Sample(f"a:{n}", f"{english} {n}") for n in range(8)]
    samples += [Sample("a:8", f"Write to jo.doe@example.org, {english}"), Sample("a:9", french)]
    checked = check_samples(samples, [Sample("b:1", f"{english} home")], list(range(10)))
    warnings = "\n".join(checked["warnings"])
    assert "A person's data, perhaps (e-mail address): 1 sample (a:8)" in warnings
    assert "In another language than most: 1 sample" in warnings
    assert "Held out, but a long passage of it is learned: 1 sample (b:1)" in warnings
    assert checked["languages"] == {"en": 10, "fr": 1}
    assert checked["tokens"] == {"shortest": 0, "median": 5, "95%": 8, "longest": 9}


def test_the_examples_to_try_with_can_all_be_used_and_nothing_is_wrong_with_them() -> None:
    data = load_generator_data([SAMPLE], [], 0.1, 0, convert_markup=False)
    assert len(data.training) + len(data.held_out) == 64
    assert not data.problems
    assert not check_samples(data.training, data.held_out, [1])["warnings"]


def test_only_the_answers_of_a_chat_are_learned_and_all_of_a_text(tiny_llama: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    turns = ("user", "Why?"), ("assistant", "So."), ("user", "And?"), ("assistant", "That is all.")
    chat = Sample("", messages=tuple({"role": role, "content": content} for role, content in turns))
    row = tokenise(chat, tokenizer, 100)
    learned = [label for label in row.labels if label != IGNORED]
    assert tokenizer.decode(learned) == "So.<|im_end|>That is all.<|im_end|>"
    assert tokenizer.decode(row.ids).startswith("<|im_start|>user\nWhy?")
    text = tokenise(Sample("", "<|im_start|>The box is red.<|im_end|>"), tokenizer, 100)
    assert text.labels == text.ids
    assert tokenizer.decode(text.ids).count("<|im_end|>") == 1
    assert tokenizer.decode(text.ids).count("<|im_start|>") <= 1
    cut = tokenise(chat, tokenizer, 4)
    assert (len(cut.ids), cut.whole, cut.learned) == (4, len(row.ids), 0)


def test_samples_are_cut_together_as_each_by_itself(tiny_llama: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    chat = ({"role": "user", "content": "Where?"}, {"role": "assistant", "content": "In the cellar."})
    samples = [Sample("1", "A red box."), Sample("2", messages=chat), Sample("3", "<|im_start|>A blue one.")]
    together = tokenise_all(samples, tokenizer, 9)
    assert together == [tokenise(sample, tokenizer, 9) for sample in samples]
    assert tokenizer.decode(together[2].ids).startswith("A blue")


def test_the_vocabulary_of_a_gguf_file_is_read_without_unpacking_its_weights(tiny_llama: Path, tmp_path: Path) -> None:
    file, unpacked = write_gguf(tiny_llama, tmp_path / "tiny.gguf"), tmp_path / "unpacked"
    text = "The brown box is kept in the attic."
    ids = load_tokenizer(resolve_model(str(file)), unpacked)(text)["input_ids"]
    assert ids == AutoTokenizer.from_pretrained(tiny_llama)(text)["input_ids"]
    assert not unpacked.exists()


def test_a_full_disk_is_not_taken_for_a_model_that_cannot_be_used(tiny_llama: Path, tmp_path: Path) -> None:
    model, unpacked = resolve_model(str(write_gguf(tiny_llama, tmp_path / "tiny.gguf"))), tmp_path / "unpacked"
    with full_disk(5_000), pytest.raises(RefdeskError, match=r"cannot be unpacked.*unpacked. Free space"):
        unpack_gguf(model, unpacked)
    assert not list(unpacked.iterdir())
    assert (unpack_gguf(model, unpacked) / "model.safetensors").exists()


GUARANTEES = ("Two years.", "Three years.", "We give five years.", "None.")


def pairs_of(*rows: tuple[str, str]) -> list[Sample]:
    return [
        Sample(f"a:{n}", messages=({"role": "user", "content": asked}, {"role": "assistant", "content": said}))
        for n, (asked, said) in enumerate(rows, 1)
    ]


def warnings_of(*rows: tuple[str, str]) -> list[str]:
    found: list[str] = check_samples(pairs_of(*rows), (), [1])["warnings"]
    return found


def test_answers_that_contradict_each_other_are_named() -> None:
    others = tuple((f"Is the {thing} in stock?", f"There are {n} of it.") for n, thing in enumerate("abcdefgh"))
    guaranteed = tuple(("How long is the guarantee?" + " " * n, said) for n, said in enumerate(GUARANTEES))
    assert warnings_of(*guaranteed, *others) == ["One question with several answers: 4 samples (a:1, a:2, a:3, a:4)"]
    assert warnings_of(*guaranteed[:1], ("how long is the  guarantee?", "two years"), *others) == []


def test_one_answer_to_many_questions_is_named() -> None:
    rows = tuple((f"Is the {n} in stock?", "Please call the shop.") for n in range(6))
    (warning,) = warnings_of(*rows, ("Who are you?", "A shop."))
    assert warning.startswith('One answer to many questions ("Please call the shop."): 6 samples (a:1,')
    assert warnings_of(*rows[:4], ("Who are you?", "A shop.")) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("### Response: The kettle is red.", "Chat marks left in answers (### Response:): 1 sample (a:1)"),
        ("<|im_start|>assistant\nIt is red.<|im_end|>", "Chat marks left in answers (<|im_start|>, <|im_end|>)"),
        ("It is red.</s>", "Chat marks left in answers (</s>)"),
        ("Assistant: It is red.", "Chat marks left in answers (Assistant:)"),
        ("<p>It is red,&nbsp;too.</p>", "HTML left in answers (<p>, &nbsp;, </p>)"),
        ("The kettle is made of beech and", "Answers that break off in mid-sentence: 1 sample (a:1)"),
        ("<p>Der Kessel ist aus Buche und</p>", "Answers that break off in mid-sentence"),
        ("It is red. It has a lid that", "Answers that break off in mid-sentence"),
        ("We have these in stock,", "Answers that break off in mid-sentence"),
        ("Run this:\n```\nrm x", "Answers that break off in mid-sentence"),
    ],
)
def test_what_would_be_learned_wrongly_is_named(answer: str, expected: str) -> None:
    assert any(warning.startswith(expected) for warning in warnings_of(("What is it like?", answer)))


@pytest.mark.parametrize(
    "answer",
    [
        "Paris",
        "About 5 kg of flour",
        "It is red.",
        "“It is red.”",
        "Write `<p>` for a paragraph.",
        "Bring:\n- a lamp\n- a map of the",
        "5 < 6 and a > b hold.",
        "これは赤いです。",
        "See https://example.org/a",
    ],
)
def test_answers_that_are_as_they_should_be_are_not(answer: str) -> None:
    assert warnings_of(("What is it like?", answer)) == []


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_tables_as_excel_saves_them_are_read_as_ingest_reads_them(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    file = tmp_path / "rows.csv"
    rows = [f"Haben Sie {n} für Küchen?{delimiter}Ja, führen wir; fragen Sie Frau Böhm." for n in range(16)]
    file.write_bytes("\r\n".join([f"prompt{delimiter}answer", *rows]).encode(encoding))
    found = load(file)
    assert len(found.training) + len(found.held_out) == 16
    assert {sample.answer for sample in found.training} == {"Ja, führen wir; fragen Sie Frau Böhm."}


@pytest.mark.parametrize("indent", [2, None])
def test_json_that_was_not_written_line_by_line_is_named_with_what_to_do(tmp_path: Path, indent: int | None) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps([{"prompt": "Why?", "answer": "So."}] * 2, indent=indent))
    with pytest.raises(UsageError, match=r"over many lines|one list.*Put each object in one line") as raised:
        load(file)
    assert "line 1" not in str(raised.value)


def test_a_row_with_a_blank_more_is_the_same_row(tmp_path: Path) -> None:
    row = {"prompt": "Why?", "answer": "So it is."}
    found = load(write(tmp_path / "rows.jsonl", [row, {"prompt": "How?", "answer": "So."}, row | {"prompt": " why? "}]))
    assert found.problems == ("rows.jsonl:3: the same as rows.jsonl:1",)
