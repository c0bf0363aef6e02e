"""The medical fine-tuning set: rows of MedQuAD drawn by seed, a question and its answer in Llama 2's chat marks.

python -m benchmarks.medical_set DATA OUTPUT [--rows N] [--seed N]

DATA is a folder with medquad.tar.xz; OUTPUT ends in .csv, .jsonl or .parquet, and gets one column, ``text``.
"""

import argparse
import csv
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow
import pyarrow.parquet

from benchmarks.beir import medquad_answers
from benchmarks.data import unpack_medquad

_FORM = "<s>[INST] <<SYS>> Answer the Question <</SYS>> {question} [/INST] {answer} </s>"


def medical_rows(folder: Path, rows: int = 5000, seed: int = 0) -> list[str]:
    """The texts, from the unpacked MedQuAD in ``folder``."""
    documents, asked = medquad_answers(folder)
    answers = {document.id: " ".join(document.text.split()) for document in documents}
    drawn = random.Random(seed).sample(asked, min(rows, len(asked)))
    return [_FORM.format(question=question, answer=answers[right]) for question, right in drawn]


def write_rows(texts: Sequence[str], output: Path) -> None:
    match output.suffix:
        case ".parquet":
            pyarrow.parquet.write_table(pyarrow.table({"text": list(texts)}), output)
        case ".jsonl":
            lines = (json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
            output.write_text("".join(lines), encoding="utf-8")
        case _:
            with output.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["text"])
                writer.writerows([text] for text in texts)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.medical_set", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.output.suffix not in (".csv", ".jsonl", ".parquet"):
        parser.error("OUTPUT must end in .csv, .jsonl or .parquet")
    with tempfile.TemporaryDirectory() as scratch:
        folder = unpack_medquad(arguments.data, Path(scratch) / "medquad")
        write_rows(medical_rows(folder, arguments.rows, arguments.seed), arguments.output)


if __name__ == "__main__":
    main()
