"""How many of people's questions are answered right, how many rightly met with silence, and which are not."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.questions.documents import HERE, write_documents
from benchmarks.tables import table, with_interval
from ingest.sources.files import find_files
from rag.access.types import LOCAL_OWNER
from rag.desk.service import open_desk
from rag.evaluation.tables import asked_answers
from rag.settings.model import load_settings
from vectorstore.types import EVERYTHING

CORPORA = {"rules": "an invented company's shared folder", "town": "an invented statute and a tale"}
_SHARES = ("right", "rightly_silent", "sure_and_right")


def run() -> dict[str, Any]:
    """Take in each corpus and ask its questions, with the desk as it is set up here."""
    return {"corpora": {name: _asked(name) for name in CORPORA}}


def _asked(corpus: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        documents = write_documents(corpus, Path(folder, "documents"))
        with open_desk(load_settings(Path(folder, "home"))) as desk:
            with desk.maintenance.ingestion(LOCAL_OWNER, "default") as ingestion:
                ingestion.run(find_files(documents))
            file = HERE / f"{corpus}.yaml"
            measured = desk.evaluations.measure_questions(LOCAL_OWNER, EVERYTHING, file, lambda *_: None)
    return {
        "documents": len(documents),
        "figures": measured.figures,
        "intervals": measured.intervals,
        "answers": asked_answers(measured),
    }


def section(result: Mapping[str, Any]) -> str:
    """The figures of each corpus, and every question that went wrong."""
    rows: list[tuple[object, ...]] = []
    wrong: list[tuple[object, ...]] = []
    for name, of in result["corpora"].items():
        figures, times = of["figures"], of["figures"]["latency"]
        shares = (
            with_interval(figures[share], of["intervals"][share]) if figures[share] is not None else "-"
            for share in _SHARES
        )
        about = f"{CORPORA[name]}, {of['documents']} documents"
        rows.append((about, *shares, f"{times['median']:,.0f} / {times['p95']:,.0f}"))
        wrong += [
            (answer["ask"], "; ".join(answer["why"]), answer["text"] or "(does not say)")
            for answer in of["answers"]
            if not answer["ok"]
        ]
    header = ("asked of", "right", "rightly silent", "sure and right", "ms (median / p95)")
    failed = table(("question", "what is wrong", "answer"), wrong)
    return (
        f"## People's questions\n\n{table(header, rows)}\n\n"
        "A right but unsure answer counts 0.8, an unsure one where silence was right 0.5; 95% bootstrap intervals. "
        f"Questions and documents: `benchmarks/questions/`.\n\n{failed}"
    )
