import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks.sentences.generated import labelled_answers
from vectorstore.errors import UsageError

CONTEXTS = ["Tom is a cat.  He sleeps in the attic. Nobody minds.", "Rex is a dog. He sleeps in the shed."]
EYES = """<?xml version="1.0" encoding="UTF-8"?>
<Document id="7"><Focus>Glaucoma</Focus><QAPairs>
<QAPair pid="1"><Question qid="7-1">What is
 glaucoma ?</Question><Answer>An eye disease. Signs are:
   - pain
   - red eyes

Drops help.</Answer></QAPair></QAPairs></Document>"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A SQuAD file of two paragraphs, and MedQuAD with one file."""
    folder = tmp_path / "data"
    (folder / "qa").mkdir(parents=True)
    asked = [
        {"id": "q1", "question": " Where does Tom sleep? ", "answers": [{"text": "the attic", "answer_start": 27}]}
    ]
    paragraphs = [{"context": CONTEXTS[0], "qas": asked}, {"context": CONTEXTS[1], "qas": []}]
    squad = {"data": [{"title": "House_pets", "paragraphs": paragraphs}]}
    (folder / "qa/pets.json").write_text(json.dumps(squad), encoding="utf-8")
    (tmp_path / "7.xml").write_text(EYES, encoding="utf-8")
    with tarfile.open(folder / "medquad.tar.xz", "w:xz") as archive:
        archive.add(tmp_path / "7.xml", "1_Eyes/7.xml")
    return folder


def written(data: Path, answers: list[dict[str, Any]]) -> Path:
    files = ("qa/pets.json", "medquad.tar.xz")
    hashes = {name: hashlib.sha256((data / name).read_bytes()).hexdigest() for name in files}
    file = data.parent / "sentences.json"
    file.write_text(json.dumps({"files": hashes, "answers": answers}), encoding="utf-8")
    return file


def answer(question: list[str], passages: list[Any], *sentences: tuple[str, bool]) -> dict[str, Any]:
    labelled = [{"text": text, "supported": supported} for text, supported in sentences]
    return {"question": question, "generator": "a model", "passages": passages, "sentences": labelled}


def test_passages_come_from_their_places_in_the_data(data: Path, tmp_path: Path) -> None:
    pieces = [["qa/pets.json", "0", 15, 38], ["qa/pets.json", "1", 0, 13]]
    sentences = (("Tom sleeps in the attic.", True), ("Rex does, too.", False))
    file = written(data, [answer(["qa/pets.json", "q1"], [pieces, pieces[1:]], *sentences)])
    [[first, second]] = labelled_answers(data, tmp_path, file)
    assert [chunk.text for chunk in first.chunks] == ["He sleeps in the attic.\n\nRex is a dog.", "Rex is a dog."]
    assert first.question == "Where does Tom sleep?"
    assert (first.sentence, first.supported) == sentences[0]
    assert (second.sentence, second.supported) == sentences[1]
    assert (first.chunks[0].title, first.kind) == ("House pets", "a model")


def test_a_medquad_answer_keeps_its_lines_and_heading(data: Path, tmp_path: Path) -> None:
    pieces = [["1_Eyes/7.xml", "7-1", 16, 50]]
    file = written(data, [answer(["1_Eyes/7.xml", "7-1"], [pieces], ("Signs are pain.", True))])
    [[case]] = labelled_answers(data, tmp_path, file)
    assert case.chunks[0].text == "Signs are:\n- pain\n- red eyes"
    assert case.chunks[0].heading == "Glaucoma > What is glaucoma ?"
    assert case.question == "What is glaucoma ?"


def test_other_data_are_refused_by_name(data: Path, tmp_path: Path) -> None:
    file = written(data, [])
    (data / "qa/pets.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"pets\.json"):
        labelled_answers(data, tmp_path, file)
