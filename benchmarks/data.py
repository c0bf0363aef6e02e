"""Data sets as folders of files that the real ingestion reads. ``data`` is a folder with medquad.tar.xz and
qa/*.json."""

import json
import random
import tarfile
from dataclasses import dataclass
from pathlib import Path

from lxml import etree


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the answers that count as right; none where the documents do not hold one."""

    text: str
    answers: tuple[str, ...]


def unpack_medquad(data: Path, target: Path) -> Path:
    """All XML files of MedQuAD under ``target``."""
    if not target.exists():
        with tarfile.open(data / "medquad.tar.xz") as archive:
            archive.extractall(target, filter="data")
    return target


def write_squad_articles(file: Path, target: Path) -> Path:
    """One Markdown file for each article of a SQuAD file, a paragraph a paragraph."""
    target.mkdir(parents=True, exist_ok=True)
    for number, article in enumerate(json.loads(file.read_text(encoding="utf-8"))["data"]):
        title = article.get("title", "").replace("_", " ")
        paragraphs = [" ".join(paragraph["context"].split()) for paragraph in article["paragraphs"]]
        heading = f"# {title}\n\n" if title else ""
        (target / f"{number:03}.txt").write_text(heading + "\n\n".join(paragraphs), encoding="utf-8")
    return target


def squad_questions(file: Path) -> list[Question]:
    """Every question of a SQuAD file."""
    return [
        Question(question["question"].strip(), tuple(answer["text"] for answer in question["answers"]))
        for article in json.loads(file.read_text(encoding="utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]


def medquad_questions(folder: Path) -> list[tuple[Path, str]]:
    """Each question of MedQuAD that has an answer, with its file."""
    found = []
    for path in sorted(folder.rglob("*.xml")):
        for pair in etree.parse(path).getroot().iterfind("QAPairs/QAPair"):
            question, answer = pair.findtext("Question") or "", pair.findtext("Answer") or ""
            if question.strip() and answer.strip():
                found.append((path, " ".join(question.split())))
    return found


def sample(items: list[Question], n: int, seed: int) -> list[Question]:
    return random.Random(seed).sample(items, min(n, len(items)))
