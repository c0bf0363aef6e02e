"""How the desk decides that the documents do not say: fit and test the calibration of ``rag.answering.answerability``.

Three knowledge bases (general articles, medical answers, long scientific articles), each asked what it holds and what
it does not: adversarial questions about the same paragraphs, questions on diseases that were left out, questions of
another
field. Half of the questions fit the weights, the other half tests them.
"""

import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.data import medquad_questions, sample, squad_questions, unpack_medquad, write_squad_articles
from ingest.files import find_files
from ingest.job import Ingestion
from rag.answering.answerability import CALIBRATION, THRESHOLD, Calibration, Signals, signals_of
from rag.answering.evidence import weigh
from rag.desk import open_embedder, worker_settings
from rag.reader.model import TransformersReader, load_reader
from rag.settings import load_settings
from vectorstore.knowledge import KnowledgeBase


@dataclass(frozen=True, slots=True)
class Case:
    """A question's signals, whether the documents answer it, and the kind of question it is."""

    group: str
    answerable: bool
    signals: Signals


def run(data: Path, questions: int = 120, seed: int = 7) -> dict[str, object]:
    """Collect the cases, fit on one half and report on the other."""
    reader = load_reader(load_settings().reader.model)
    cases: list[Case] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, documents, asked in _sets(data, Path(folder), questions, seed):
            knowledge = _ingested(Path(folder) / f"home-{name}", documents)
            cases += [Case(group, yes, _signals(knowledge, reader, text)) for group, yes, text in asked]
            knowledge.close()
    random.Random(seed).shuffle(cases)
    half = len(cases) // 2
    fitted = _fit(cases[:half])
    return {
        "cases": len(cases),
        "shipped": _report(CALIBRATION, cases[half:]),
        "fitted": {
            "weights": {key: round(getattr(fitted, key), 3) for key in fitted.__slots__},
            **_report(fitted, cases[half:]),
        },
        "signals": [
            [case.group, case.answerable, *(round(getattr(case.signals, k), 3) for k in Signals.__slots__)]
            for case in cases
        ],
    }


def _sets(data: Path, folder: Path, n: int, seed: int) -> Iterator[tuple[str, list[Path], list[tuple[str, bool, str]]]]:
    squad, covid = squad_questions(data / "qa/squad2-part-a.json"), squad_questions(data / "qa/covidqa.json")
    shopping = squad_questions(data / "qa/squadshifts-amazon.json")
    off_topic = [("off topic", False, question.text) for question in sample(shopping, n // 3, seed)]
    asked = [("squad", True, q.text) for q in sample([q for q in squad if q.answers], n, seed)]
    asked += [("squad adversarial", False, q.text) for q in sample([q for q in squad if not q.answers], n // 2, seed)]
    yield "squad", [write_squad_articles(data / "qa/squad2-part-a.json", folder / "squad")], asked + off_topic

    asked = [("covid", True, q.text) for q in sample(covid, n // 2, seed)]
    asked += [("off topic", False, q.text) for q in sample([q for q in squad if q.answers], n // 3, seed + 1)]
    yield "covid", [write_squad_articles(data / "qa/covidqa.json", folder / "covid")], asked

    everything = medquad_questions(unpack_medquad(data, folder / "medquad"))
    chooser = random.Random(seed)
    files = sorted({path for path, _ in everything})
    chooser.shuffle(files)
    kept, left_out = set(files[:600]), set(files[600:3000])
    held = chooser.sample([text for path, text in everything if path in kept], n)
    missing = chooser.sample([text for path, text in everything if path in left_out], n)
    asked = [("medquad", True, text) for text in held] + [("disease left out", False, text) for text in missing]
    yield "medquad", sorted(kept), asked + off_topic


def _ingested(home: Path, documents: list[Path]) -> KnowledgeBase:
    settings = load_settings(home)
    embedder = open_embedder(settings)
    knowledge = KnowledgeBase(home, embedder)
    Ingestion(knowledge, worker_settings(settings, embedder), "default").run(find_files(documents))
    return knowledge


def _signals(knowledge: KnowledgeBase, reader: TransformersReader, question: str) -> Signals:
    evidence = weigh(question, knowledge.search(question), reader)
    return signals_of(question, evidence, knowledge.frequencies, knowledge.count())


def _fit(cases: list[Case]) -> Calibration:
    model = LogisticRegression(class_weight="balanced")
    rows = np.array([[getattr(case.signals, name) for name in Signals.__slots__] for case in cases])
    model.fit(rows, [case.answerable for case in cases])
    return Calibration(float(model.intercept_[0]), *(float(weight) for weight in model.coef_[0]))


def _report(calibration: Calibration, cases: list[Case]) -> dict[str, object]:
    """How well answerable questions are told from others, and the share of each group that is answered."""
    probabilities = [calibration.probability(case.signals) for case in cases]
    groups: dict[str, list[bool]] = {}
    for case, probability in zip(cases, probabilities, strict=True):
        groups.setdefault(case.group, []).append(probability >= THRESHOLD)
    return {
        "auc": round(float(roc_auc_score([case.answerable for case in cases], probabilities)), 3),
        "answered": {group: round(float(np.mean(values)), 3) for group, values in sorted(groups.items())},
    }


if __name__ == "__main__":
    import sys

    print(json.dumps(run(Path(sys.argv[1])), indent=1))
