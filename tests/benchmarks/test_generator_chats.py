"""What the embedded generator learns from: every answer stands in its passage, and none where there is none."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from benchmarks.generator.data import chat
from benchmarks.generator.medical_sheets import medical_sheets
from benchmarks.generator.sheets import Sheet, squad_sheets
from benchmarks.generator.targets import cited, first_sentences, sentence_with
from benchmarks.held_out import QuestionSet, load_question_sets
from rag.generators.prompts import REFUSAL
from rag.training.data.samples import common_form, read_samples
from rag.training.data.tables import read_tables
from tests.evaluation.conftest import WORKER, quiet
from tests.fakes import HashEmbedder
from vectorstore.types import Chunk

ANIMALS = {
    "cat": ("Tom", "attic", "milk"),
    "dog": ("Rex", "shed", "water"),
    "owl": ("Ida", "tower", "rain"),
    "cow": ("Bella", "stable", "juice"),
    "pig": ("Otto", "sty", "soup"),
    "hen": ("Greta", "coop", "tea"),
}


def paragraph(kind: str) -> dict[str, Any]:
    name, place, drink = ANIMALS[kind]
    text = f"However, {name} is a {kind} of this farm (the old one). At night the {kind} sleeps in the {place}."
    asked = {f"Where does the {kind} sleep?": f"the {place}", f"Who is the {kind} of this farm?": name}
    qas: list[dict[str, Any]] = [
        {"id": question, "question": question, "answers": [{"text": answer, "answer_start": text.rindex(answer)}]}
        for question, answer in asked.items()
    ]
    impossible = f"What {drink} does the {kind} drink?"
    qas.append({"id": impossible, "question": impossible, "answers": [], "is_impossible": True})
    return {"context": text, "qas": qas}


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> QuestionSet:
    file = tmp_path_factory.mktemp("data") / "farm.json"
    articles = [{"title": "The farm", "paragraphs": [paragraph(kind) for kind in ANIMALS]}]
    file.write_text(json.dumps({"data": articles}), encoding="utf-8")
    (part,) = load_question_sets([file], 0.0, seed=0)
    return part


def sheets_of(part: QuestionSet) -> list[Sheet]:
    return squad_sheets(part, part.training, len(ANIMALS), HashEmbedder(), WORKER, 1, quiet)


@pytest.fixture(scope="module")
def sheets(part: QuestionSet) -> list[Sheet]:
    return sheets_of(part)


def said(reply: str) -> list[tuple[str, int]]:
    """Sentences and the passages that they name."""
    return [(text.strip(), int(number)) for text, number in re.findall(r"([^\[]+)\[(\d)\]", reply)]


def test_every_answer_stands_in_the_passage_it_names_and_no_other(sheets: list[Sheet]) -> None:
    assert len(sheets) == len(ANIMALS)
    kinds = set()
    for sheet in sheets:
        assert len(sheet.passages) == 3
        for one in sheet.asked:
            kinds.add(one.kind)
            holding = [n for n, chunk in enumerate(sheet.passages, 1) if any(a in chunk.text for a in one.answers)]
            if one.kind != "answered":
                assert (one.reply, one.passage, holding) == (REFUSAL, 0, [])
                continue
            ((sentence, number),) = said(one.reply)
            assert holding == [number] == [one.passage]
            assert any(answer in sentence for answer in one.answers)
            words = sheet.passages[number - 1].text.lower()
            assert all(word.lower() in words for word in re.findall(r"\w+", sentence))
    assert kinds == {"answered", "elsewhere", "impossible"}


def test_the_right_passage_is_not_always_at_the_same_place(sheets: list[Sheet]) -> None:
    assert len({one.passage for sheet in sheets for one in sheet.asked if one.passage}) == 3


def test_at_most_a_third_of_the_questions_is_not_answered(sheets: list[Sheet]) -> None:
    for sheet in sheets:
        answered = sum(one.kind == "answered" for one in sheet.asked)
        assert 0 < len(sheet.asked) - answered <= -(-answered // 2)
        assert len({one.question for one in sheet.asked}) == len(sheet.asked)


def test_the_seed_decides_everything(part: QuestionSet, sheets: list[Sheet]) -> None:
    def written(sheets: list[Sheet]) -> list[object]:
        return [chat(sheet) for sheet in sheets]

    assert written(sheets_of(part)) == written(sheets)


def passage(text: str) -> Chunk:
    return Chunk(1, 1, "", "", None, 0, len(text), "", text)


@pytest.mark.parametrize(
    ("text", "question", "answer", "sentence"),
    [
        (
            "Moreover, the mill (a wooden one) was built in 1820.",
            "When was the mill built?",
            "1820",
            "the mill was built in 1820.",
        ),
        (
            "Mill House is by the river. It was built in 1820.",
            "When was it built?",
            "1820",
            "Mill House was built in 1820.",
        ),
        (
            "Only if it rains does the mill turn.",
            "When does the mill turn?",
            "rains",
            "Only if it rains does the mill turn.",
        ),
        (
            "Ada met Bo, who ran the mill, who sold it.",
            "Who sold the mill?",
            "Bo",
            "Ada met Bo, who ran the mill, who sold it.",
        ),
        ("Mills of this kind turn slowly", "How do mills turn?", "slowly", None),
        ("The list follows: [1] mills, [2] dams.", "What is in the list?", "dams", None),
    ],
)
def test_a_sentence_is_shortened_only_where_it_still_says_the_same(
    text: str, question: str, answer: str, sentence: str | None
) -> None:
    found = sentence_with(passage(text), question, answer, text.index(answer))
    assert (found and found.lower()) == (sentence and sentence.lower())


def test_what_a_section_begins_with_is_said_as_far_as_it_is_clear() -> None:
    chunk = passage("Dry eye is a lack of tears. Dry eye often burns. And so on\nwithout end")
    written = first_sentences(chunk, "What is dry eye?", 3)
    assert cited(written, 2) == "Dry eye is a lack of tears. [2] Dry eye often burns. [2]"


def disease(path: Path, sections: dict[str, str]) -> Path:
    root = etree.Element("Document")
    etree.SubElement(root, "Focus").text = "Dry eye"
    pairs = etree.SubElement(root, "QAPairs")
    for kind, text in sections.items():
        pair = etree.SubElement(pairs, "QAPair")
        etree.SubElement(pair, "Question", qtype=kind).text = f"About {kind} of dry eye ?"
        etree.SubElement(pair, "Answer").text = text
    etree.ElementTree(root).write(path)
    return path


def test_questions_about_a_disease_are_not_asked_in_the_words_of_the_headings(tmp_path: Path) -> None:
    sections = {
        "information": "Dry eye is a lack of tears. It is common.",
        "symptoms": "Dry eye burns and itches.",
        "treatment": "Dry eye is treated with drops.",
        "causes": "Dry eye comes with age.",
    }
    whole = disease(tmp_path / "1.xml", sections)
    short = disease(tmp_path / "2.xml", dict(list(sections.items())[:3]))
    (sheet,) = medical_sheets([whole, short], 1, quiet)
    assert {one.kind for one in sheet.asked} == {"answered", "elsewhere"}
    for one in sheet.asked:
        assert not any(one.question in chunk.heading for chunk in sheet.passages)
        for sentence, number in said(one.reply):
            assert number == one.passage
            assert sheet.passages[number - 1].text.startswith(sentence) or sentence in sections["information"]


def test_the_chats_are_what_finetune_generator_reads(sheets: list[Sheet], tmp_path: Path) -> None:
    file = tmp_path / "chats.jsonl"
    file.write_text("".join(json.dumps({"messages": chat(sheet)}) + "\n" for sheet in sheets), encoding="utf-8")
    (table,) = read_tables([file])
    samples, problems = read_samples(table, common_form([table]))
    assert problems == []
    assert [len(sample.messages) for sample in samples] == [1 + 2 * len(sheet.asked) for sheet in sheets]
    opening = samples[0].messages[1]["content"]
    assert all(chunk.text in opening for chunk in sheets[0].passages)
    assert opening.endswith(f"Question: {sheets[0].asked[0].question}")
