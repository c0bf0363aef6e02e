"""Writes what the embedded generator is trained on: chats over numbered passages, for ``refdesk finetune generator``.

python -m benchmarks.generator.data DATA --output FOLDER [--paragraphs N] [--files N]

DATA is the folder that ``make bench`` takes. What the embedded reader was not trained on is left out, and so are every
tenth file of MedQuAD and all scientific articles: those are for ``python -m benchmarks --only generator``.
"""

import argparse
import dataclasses
import json
import random
import sys
from pathlib import Path

from benchmarks.data import unpack_medquad
from benchmarks.generator.medical_sheets import medical_sheets
from benchmarks.generator.sheets import Sheet, squad_sheets
from benchmarks.reranking import held_out_questions
from rag.components import open_embedder, worker_settings
from rag.generators.prompts import build_messages
from rag.settings.model import load_settings

UNSEEN = "covidqa"
"""The file of which nothing is trained on."""

_SEED = 11
_ROLES = {"system": "system", "human": "user"}
_UNBOUNDED = 1 << 30
_CHUNK_TOKENS = 96
"""Shorter passages than the desk's: three of them with ten questions are read in a few seconds on a CPU."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--paragraphs", type=int, default=5000, help="of each question file, at most")
    parser.add_argument("--files", type=int, default=2000, help="of MedQuAD, at most")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    sheets = training_sheets(arguments.data, arguments.output, arguments.paragraphs, arguments.files)
    with (arguments.output / "chats.jsonl").open("w", encoding="utf-8") as file:
        for sheet in sheets:
            file.write(json.dumps({"messages": chat(sheet)}, ensure_ascii=False) + "\n")
    asked = [one for sheet in sheets for one in sheet.asked]
    sys.stderr.write(f"{len(sheets):,} chats with {len(asked):,} questions in {arguments.output / 'chats.jsonl'}\n")


def training_sheets(data: Path, work: Path, paragraphs: int, files: int) -> list[Sheet]:
    """From all files, in an order by chance."""
    settings = load_settings()
    embedder = open_embedder(settings)
    worker = dataclasses.replace(worker_settings(settings, embedder), token_limit=_CHUNK_TOKENS)
    sheets: list[Sheet] = []
    for part in held_out_questions(data):
        if part.name == UNSEEN:
            continue
        sheets += squad_sheets(part, part.training, paragraphs, embedder, worker, _SEED, _show)
    sheets += medical_sheets(medquad_files(data, work, held_out=False)[:files], _SEED, _show)
    random.Random(_SEED).shuffle(sheets)
    return sheets


def medquad_files(data: Path, work: Path, *, held_out: bool) -> list[Path]:
    """In an order by chance; one in ten is held out."""
    paths = sorted(unpack_medquad(data, work / "medquad").rglob("*.xml"))
    random.Random(_SEED).shuffle(paths)
    return [path for n, path in enumerate(paths) if (n % 10 == 0) is held_out]


def chat(sheet: Sheet) -> list[dict[str, str]]:
    """One conversation over the passages: read once, they serve all questions."""
    first, *others = sheet.asked
    opening = build_messages(first.question, sheet.shown, _UNBOUNDED, len)
    turns = [{"role": _ROLES[message.type], "content": message.text} for message in opening]
    turns.append({"role": "assistant", "content": first.reply})
    for one in others:
        turns += [
            {"role": "user", "content": f"Question: {one.question}"},
            {"role": "assistant", "content": one.reply},
        ]
    return turns


def _show(what: str, done: int, total: int) -> None:
    if done == total or done % 200 == 0:
        sys.stderr.write(f"{what}: {done:,} of {total:,}\n")


if __name__ == "__main__":
    main()
