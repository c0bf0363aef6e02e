"""Twenty-three medical questions to the whole of MedQuAD, with every answer for people to judge."""

import json
from pathlib import Path
from typing import Any

from benchmarks.data import ingested, unpack_medquad
from rag.components import build_flow, open_generator, open_reader
from rag.settings.model import load_settings
from vectorstore.types import EVERYTHING

QUESTIONS = Path(__file__).with_name("medical_questions.json")


def run(data: Path, work: Path) -> dict[str, Any]:
    """Ask everything in ``QUESTIONS`` of MedQuAD, ingested into ``work / "home"`` unless it is there already."""
    settings = load_settings(work / "home")
    knowledge = ingested(settings.home, [unpack_medquad(data, work / "medquad")])
    flow = build_flow(settings, knowledge, open_reader(settings), open_generator(settings))
    flow.answer("What is Refdesk?", EVERYTHING)  # the first question pays for what is loaded lazily
    groups = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    del groups["about"]
    results = []
    for group, questions in groups.items():
        for item in questions:
            question = item["question"] if isinstance(item, dict) else item
            answer = flow.answer(question, EVERYTHING)
            shown = answer.citations or answer.related
            results.append(
                {
                    "group": group,
                    "question": question,
                    "kind": answer.kind,
                    "answer": answer.text,
                    "sources": [{"title": source.title, "quote": source.quote} for source in shown],
                    "first_answer_ms": round(answer.timings.first_answer),
                    "total_ms": round(answer.timings.total),
                }
            )
    knowledge.close()
    return {"answers": results}
