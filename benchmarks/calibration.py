"""Fits the numbers that come with Refdesk, and tells what each of their signals is worth.

python -m benchmarks.calibration DATA QUESTIONS... [--count N] [--write]

DATA is a folder with medquad.tar.xz, QUESTIONS are files in the SQuAD form that the reader has not learned from
(``refdesk finetune reader`` leaves such a one in its run). With ``--write`` what was fitted takes the place of
rag/calibration/shipped.json; what checks written sentences stays.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import ingested, unpack_medquad
from benchmarks.questions.documents import HERE, write_documents
from benchmarks.sections import write_sections
from benchmarks.tables import table
from rag.calibration.numbers import Calibration, Models, as_stored, shipped_calibration, shipped_file
from rag.calibration.signals import AnswerabilitySignals, CertaintySignals, PassageSignals, SentenceSignals
from rag.components import open_embedder, open_reader, retriever_on, worker_settings
from rag.evaluation.fitting import FITTED, SHARES, FittingQuestion, ReadQuestion, fit_numbers, read_questions, shares
from rag.evaluation.question_file import OwnQuestion, load_own_questions
from rag.evaluation.squad import SquadFile, load_squad
from rag.evaluation.temporary_collection import temporary_collection
from rag.evaluation.types import Text
from rag.settings.model import Settings, load_settings
from vectorstore.store import KnowledgeStore
from vectorstore.types import Chunk

_SIGNALS = {
    "reranking": PassageSignals,
    "sentence_selection": SentenceSignals,
    "answerability": AnswerabilitySignals,
    "certainty": CertaintySignals,
}
_SECTION_FILES = 500
_OWN = ("rules", "town")


class Corpora:
    """Documents of several kinds with questions to them, searched and read with the numbers of before."""

    def __init__(self, settings: Settings, before: Calibration, count: int) -> None:
        self._settings = settings
        self._before = before
        self._count = count
        self._draw = random.Random(11)
        self.embedder, self.reader = open_embedder(settings), open_reader(settings)

    def of_squad(self, file: SquadFile) -> list[ReadQuestion]:
        """The paragraphs of a question file as documents; half as many without an answer as with one."""
        texts = [Text(str(n), paragraph.title, paragraph.text) for n, paragraph in enumerate(file.paragraphs)]
        answerable = [question for question in file.questions if question.answers]
        others = [question for question in file.questions if not question.answers]
        drawn = self._draw.sample(answerable, min(self._count, len(answerable)))
        drawn += self._draw.sample(others, min(self._count // 2, len(others)))
        worker = worker_settings(self._settings, self.embedder)
        with temporary_collection(texts, self.embedder, worker, _progress) as collection:

            def is_of(paragraph: int, answers: Sequence[str], chunk: Chunk) -> bool:
                return str(paragraph) in collection.ids[chunk.document] and any(text in chunk.text for text in answers)

            questions = []
            for question in drawn:
                answers = tuple(answer.text for answer in question.answers)
                is_right = partial(is_of, question.paragraph, answers)
                questions.append(FittingQuestion(question.text, answers, is_right, bool(answers)))
            return self._read(questions, collection.knowledge)

    def of_sections(self, medquad: Path) -> list[ReadQuestion]:
        """Medical pages by sections, which are asked for in other words than their headings."""
        with tempfile.TemporaryDirectory() as folder:
            documents = Path(folder, "documents")
            asked = write_sections(medquad, documents, _SECTION_FILES, self._count, seed=11)
            knowledge = ingested(Path(folder, "home"), [documents])
            questions = [FittingQuestion(text, (), partial(_is_under, headings)) for text, headings in asked]
            try:
                return self._read(questions, knowledge)
            finally:
                knowledge.close()

    def of_own(self, corpus: str) -> list[ReadQuestion]:
        """The questions that come with Refdesk."""
        with tempfile.TemporaryDirectory() as folder:
            knowledge = ingested(Path(folder, "home"), write_documents(corpus, Path(folder, "documents")))
            questions = [
                FittingQuestion(one.ask, (), partial(_holds, one), not one.abstain)
                for one in load_own_questions(HERE / f"{corpus}.yaml")
                if not one.before
            ]
            try:
                return self._read(questions, knowledge)
            finally:
                knowledge.close()

    def _read(self, questions: Sequence[FittingQuestion], knowledge: KnowledgeStore) -> list[ReadQuestion]:
        found = read_questions(questions, knowledge, retriever_on(self._settings), self.reader, self._before, _progress)
        return sorted(found, key=lambda one: not any(one.right))  # each half gets its share of both kinds


def _is_under(headings: frozenset[str], chunk: Chunk) -> bool:
    return chunk.heading in headings


def _holds(question: OwnQuestion, chunk: Chunk) -> bool:
    return not question.abstain and not question.faults(f"{chunk.heading}\n{chunk.text}", [chunk.title])


def _progress(what: str, done: int, of: int) -> None:
    sys.stderr.write(f"\r{what} {done} of {of}    ")


def read_corpora(
    corpora: Corpora, data: Path, files: Sequence[Path], work: Path
) -> Iterator[tuple[str, list[ReadQuestion]]]:
    for file in files:
        yield file.name.partition(".")[0], corpora.of_squad(load_squad(file))
    yield "medical sections", corpora.of_sections(unpack_medquad(data, work / "medquad"))
    for name in _OWN:
        yield name, corpora.of_own(name)


def judged(
    groups: Mapping[str, Sequence[ReadQuestion]], before: Calibration, left_out: frozenset[str]
) -> dict[str, Any]:
    """For each corpus the shares of ``SHARES``, each half of it judged by numbers fitted on the other half and on half
    of all others.
    """
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in groups}
    for half in (0, 1):
        numbers = fit_numbers([group[1 - half :: 2] for group in groups.values()], before, left_out)
        for name, group in groups.items():
            found[name].append(shares(group[half::2], numbers))
    return {name: np.mean(rows, axis=0).round(4).tolist() for name, rows in found.items()}


def run(groups: Mapping[str, Sequence[ReadQuestion]], before: Calibration) -> dict[str, Any]:
    """What the numbers of before, those that are fitted, and those without each of the signals are worth."""
    ways = {"all signals": frozenset[str]()} | {
        f"without {name}.{field.name}": frozenset({f"{name}.{field.name}"})
        for name, signals in _SIGNALS.items()
        for field in fields(signals)
    }
    return {
        "questions": {name: len(group) for name, group in groups.items()},
        "ways": {
            "as before": {name: [round(share, 4) for share in shares(group, before)] for name, group in groups.items()},
            **{way: judged(groups, before, left_out) for way, left_out in ways.items()},
        },
    }


def section(result: Mapping[str, Any]) -> str:
    """Markdown for docs/benchmarks.md."""
    names = list(result["questions"])
    rows: list[tuple[object, ...]] = [
        (way, *(" / ".join(f"{share:.2f}" for share in of[name]) for name in names))
        for way, of in result["ways"].items()
    ]
    rows.append(("questions", *result["questions"].values()))
    return (
        "## The fitted numbers\n\n"
        f"{', '.join(name.replace('_', ' ') for name in SHARES)}, with all signals and without each of them; each half "
        "of the questions is judged by numbers that were fitted on the other.\n\n"
        f"{table(('signals', *names), rows)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("questions", type=Path, nargs="*")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--without", nargs="*", default=[], help="signals that weigh nothing, such as reranking.cosine")
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        settings = load_settings(Path(work, "home"))
        before = shipped_calibration(open_embedder(settings).fingerprint)
        corpora = Corpora(settings, before, arguments.count)
        groups = dict(read_corpora(corpora, arguments.data, arguments.questions, Path(work)))
    left_out = frozenset(arguments.without)
    fitted = fit_numbers(list(groups.values()), before, left_out)
    sys.stderr.write("\n")
    for name, of in judged(groups, before, left_out).items():
        print(name, len(groups[name]), dict(zip(SHARES, of, strict=True)))
    if arguments.ablation:
        print(section(run(groups, before)))
    if arguments.write:
        models = Models(corpora.embedder.fingerprint, corpora.reader.fingerprint)
        fitted = replace(fitted, fitted_to={**before.fitted_to, **dict.fromkeys(FITTED, models)})
        shipped_file(models.embedder).write_text(json.dumps(as_stored(fitted), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
