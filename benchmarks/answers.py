"""The desk's answers on the handbook: right document, right words, and how soon, with the default models."""

import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.data import ingested
from rag.components import build_flow, open_generator, open_reader
from rag.settings.model import load_settings
from rag.types import Answer
from vectorstore.types import EVERYTHING

ROOT = Path(__file__).parents[1]
QUESTIONS = ROOT / "tests/data/handbook_questions.json"


def run() -> dict[str, Any]:
    """Ask all questions of ``QUESTIONS``; those without a document are not answered by the handbook."""
    asked = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(Path(folder))
        knowledge = ingested(settings.home, [ROOT / "docs/handbook"])
        flow = build_flow(settings, knowledge, open_reader(settings), open_generator(settings))
        flow.answer("What is Refdesk?", EVERYTHING)  # the first question pays for what is loaded lazily
        answers = [flow.answer(question["question"], EVERYTHING) for question in asked]
        with knowledge.view() as view:
            paths = {document.id: Path(document.path).name for document in view.documents(EVERYTHING)[1]}
            texts = {i: "".join(page.text for page in view.pages(i, EVERYTHING)) for i in paths}
        knowledge.close()
    held = [(q, a) for q, a in zip(asked, answers, strict=True) if q["document"]]
    others = [a for q, a in zip(asked, answers, strict=True) if not q["document"]]
    right = [a for q, a in held if a.citations and paths[a.citations[0].document] == q["document"]]
    worded = [a for q, a in held if _holds(q["must_contain"], a)]
    citations = [c for a in answers for c in (*a.citations, *a.related)]
    return {
        "answerable": len(held),
        "answered": sum(a.kind != "abstained" for _, a in held),
        "from_the_right_document": len(right),
        "with_the_right_words": len(worded),
        "not_in_the_handbook": len(others),
        "false_answers": sum(a.kind != "abstained" for a in others),
        "generated": sum(a.kind == "generated" for a in answers),
        "citations": len(citations),
        "citations_equal_to_the_stored_text": sum(texts[c.document][c.start : c.end] == c.quote for c in citations),
        "first_answer_ms": _spread([a.timings.first_answer for _, a in held]),
        "total_ms": _spread([a.timings.total for _, a in held]),
        "misses": [
            {
                "question": q["question"],
                "kind": a.kind,
                "answer": a.text,
                "document": paths[a.citations[0].document] if a.citations else None,
            }
            for q, a in zip(asked, answers, strict=True)
            if (q["document"] and not _holds(q["must_contain"], a)) or (not q["document"] and a.kind != "abstained")
        ],
    }


def _holds(words: str, answer: Answer) -> bool:
    return " ".join(words.split()).lower() in " ".join(answer.text.split()).lower()


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered)),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))]),
        "max": round(ordered[-1]),
    }
