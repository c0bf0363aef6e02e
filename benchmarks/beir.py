"""Question files as folders in the BEIR form, for ``refdesk evaluate retrieval``.

python -m benchmarks.beir squad FILE.json TARGET [--questions N]
python -m benchmarks.beir medquad FOLDER TARGET [--questions N]
"""

import argparse
import json
import random
from collections.abc import Iterable
from pathlib import Path

from lxml import etree

from rag.evaluation.beir import CORPUS, JUDGEMENTS, QUERIES
from rag.evaluation.squad import load_squad
from rag.evaluation.types import Text

Judged = tuple[str, str]
"""A question and the id of the document that answers it."""


def write_squad(file: Path, target: Path, questions: int | None = None) -> None:
    """Paragraphs under their article's title as documents; every question that can be answered, on its own one.

    COVID-QA's paragraphs are whole articles, so its documents are long.
    """
    data = load_squad(file)
    documents = [Text(str(n), paragraph.title, paragraph.text) for n, paragraph in enumerate(data.paragraphs)]
    asked = [(question.text, str(question.paragraph)) for question in data.questions if question.answers]
    _write(target, documents, asked, questions)


def write_medquad(folder: Path, target: Path, questions: int | None = None) -> None:
    """See ``medquad_answers``."""
    documents, asked = medquad_answers(folder)
    _write(target, documents, asked, questions)


def medquad_answers(folder: Path) -> tuple[list[Text], list[Judged]]:
    """Answers under the name of their subject as documents, without their question, which is asked of all of them."""
    documents: list[Text] = []
    asked: list[Judged] = []
    for path in sorted(folder.rglob("*.xml")):
        root = etree.parse(path).getroot()
        for pair in root.iterfind("QAPairs/QAPair"):
            question, answer = ((pair.findtext(name) or "").strip() for name in ("Question", "Answer"))
            if question and answer:
                asked.append((" ".join(question.split()), str(len(documents))))
                documents.append(Text(str(len(documents)), root.findtext("Focus") or "", answer))
    return documents, asked


def _write(target: Path, documents: Iterable[Text], asked: list[Judged], questions: int | None, seed: int = 7) -> None:
    if questions is not None:
        asked = random.Random(seed).sample(asked, min(questions, len(asked)))
    (target / JUDGEMENTS).parent.mkdir(parents=True, exist_ok=True)
    with (target / CORPUS).open("w", encoding="utf-8") as file:
        for document in documents:
            record = {"_id": document.id, "title": document.title, "text": document.text}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    numbered = list(enumerate(asked))
    with (target / QUERIES).open("w", encoding="utf-8") as file:
        for number, (question, _) in numbered:
            file.write(json.dumps({"_id": f"q{number}", "text": question}, ensure_ascii=False) + "\n")
    with (target / JUDGEMENTS).open("w", encoding="utf-8") as file:
        file.write("query-id\tcorpus-id\tscore\n")
        file.writelines(f"q{number}\t{document}\t1\n" for number, (_, document) in numbered)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.beir", description=__doc__)
    parser.add_argument("form", choices=("squad", "medquad"))
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--questions", type=int, help="so many of the questions, chosen at random but always alike")
    arguments = parser.parse_args()
    write = {"squad": write_squad, "medquad": write_medquad}[arguments.form]
    write(arguments.source, arguments.target, arguments.questions)


if __name__ == "__main__":
    main()
