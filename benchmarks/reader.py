"""The embedded readers: how well they read questions that they were not trained on."""

import random
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.reranking import held_out_questions
from benchmarks.tables import table, with_interval
from rag.evaluation.figures import intervals
from rag.evaluation.qa import SCORES, evaluate_qa
from rag.evaluation.squad import load_squad
from rag.evaluation.types import Item
from rag.reader.embedded import EMBEDDED
from rag.reader.model import load_reader

_MARGINS = (-8, -4, -3, -2, -1, 0, 1, 2, 3)
_OF_A_LANGUAGE = 200


def run(data: Path) -> dict[str, Any]:
    """Each reader reads all held-out questions, and some in each language, each on its own paragraph."""
    return {"readers": {name: _measured(name, data) for name in EMBEDDED}}


def _measured(name: str, data: Path) -> dict[str, Any]:
    reader = load_reader(name)
    held_out: dict[str, dict[str, Any]] = {}
    items: dict[str, tuple[Item, ...]] = {}
    for part in held_out_questions(data):
        evaluation = evaluate_qa(part.file, part.held_out, reader, lambda *_: None)
        items[part.name] = evaluation.items
        figures = {key: evaluation.figures[key] for key in (*SCORES, "questions")}
        held_out[part.name] = {**figures, "interval": intervals(evaluation.items, ["f1"])["f1"]}
    languages = {}
    for path in sorted((data / "qa/xquad").glob("*.json")):
        file = load_squad(path)
        asked = random.Random(0).sample(file.questions, min(_OF_A_LANGUAGE, len(file.questions)))
        read = evaluate_qa(file, asked, reader, lambda *_: None).items
        languages[path.stem] = statistics.fmean(item.details["quality_if_answered"] for item in read)
    return {
        "held_out": held_out,
        "languages": languages,
        "margins": {
            str(margin): {name: _f1_at(of_one, margin) for name, of_one in items.items()} for margin in _MARGINS
        },
        "no_answer_margin": reader.no_answer_margin,
    }


def section(result: Mapping[str, Any]) -> str:
    readers = result["readers"]
    rows = [
        (
            reader,
            name,
            part["questions"],
            with_interval(part["f1"], part["interval"], 3),
            *("" if part[key] is None else f"{part[key]:.3f}" for key in ("em", "has_answer_f1", "no_answer_accuracy")),
        )
        for reader, measured in readers.items()
        for name, part in measured["held_out"].items()
    ]
    header = ("reader", "held-out questions of", "questions", "F1", "EM", "F1, has answer", "right, no answer")
    languages = [
        (reader, *(f"{f1:.3f}" for f1 in measured["languages"].values())) for reader, measured in readers.items()
    ]
    margins = [
        (reader, margin, *(f"{f1:.3f}" for f1 in of_one.values()))
        for reader, measured in readers.items()
        for margin, of_one in measured["margins"].items()
    ]
    first = next(iter(readers.values()))
    shipped = " and ".join(f"{measured['no_answer_margin']} ({reader})" for reader, measured in readers.items())
    return f"""## The embedded readers

Questions of articles that the fast reader was not trained on, each read on its own paragraph, under the article's title
where a reader takes headings:

{table(header, rows)}

F1 of the best span for {_OF_A_LANGUAGE} questions of XQuAD in each language:

{table(("reader", *first["languages"]), languages)}

A margin up to {shipped} over "no answer here" means that there is none. A lower one helps where every question has an
answer, a higher one where many have none:

{table(("reader", "F1 with a margin of", *first["held_out"]), margins)}"""


def _f1_at(items: Sequence[Item], margin: float) -> float:
    """The F1 of SQuAD 2.0, if that were the no-answer margin."""
    found = [(item.details["margin"], item.details["quality_if_answered"], bool(item.gold)) for item in items]
    return round(statistics.fmean(f1 if best > margin else float(not gold) for best, f1, gold in found), 4)
