"""The embedded reader: how it was trained, and how well it reads questions that it was not trained on."""

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.reranking import held_out_questions
from benchmarks.tables import table, with_interval
from rag.components import open_reader
from rag.evaluation.figures import intervals
from rag.evaluation.qa import SCORES, evaluate_qa
from rag.evaluation.types import Item
from rag.reader.embedded import FAST
from rag.settings.model import load_settings

_MARGINS = (-8, -4, -3, -2, -1, 0, 1)


def run(data: Path) -> dict[str, Any]:
    """Read all held-out questions, each on its own paragraph."""
    reader = open_reader(load_settings())
    held_out: dict[str, dict[str, Any]] = {}
    items: dict[str, tuple[Item, ...]] = {}
    for part in held_out_questions(data):
        evaluation = evaluate_qa(part.file, part.held_out, reader, lambda *_: None)
        items[part.name] = evaluation.items
        figures = {key: evaluation.figures[key] for key in (*SCORES, "questions")}
        held_out[part.name] = {**figures, "interval": intervals(evaluation.items, ["f1"])["f1"]}
    return {
        "reader": reader.name,
        "held_out": held_out,
        "margins": {
            str(margin): {name: _f1_at(of_one, margin) for name, of_one in items.items()} for margin in _MARGINS
        },
        "no_answer_margin": reader.no_answer_margin,
    }


def section(result: Mapping[str, Any]) -> str:
    """Markdown for docs/benchmarks.md, with the report of the training itself."""
    runs = json.loads(FAST.weights.with_name("reports.json").read_text(encoding="utf-8"))
    rows = [
        (
            name,
            part["questions"],
            with_interval(part["f1"], part["interval"], 3),
            *("" if part[key] is None else f"{part[key]:.3f}" for key in ("em", "has_answer_f1", "no_answer_accuracy")),
        )
        for name, part in result["held_out"].items()
    ]
    quality = table(("held-out questions of", "questions", "F1", "EM", "F1, has answer", "right, no answer"), rows)
    names = [name for name in runs[0]["learning_curve"][0] if name.startswith("F1")]
    curve = table(
        ("run", "step", *names),
        [
            (number, row["step"], *(f"{row[name]:.3f}" for name in names))
            for number, report in enumerate(runs, start=1)
            for row in report["learning_curve"]
        ],
    )
    margins = table(
        ("F1 with a margin of", *result["held_out"]),
        [(margin, *(f"{f1:.3f}" for f1 in of_one.values())) for margin, of_one in result["margins"].items()],
    )
    single = table(
        ("F1 of", *result["held_out"]),
        [
            *(
                (f"run {number}", *(f"{report['held_out'][name]['f1']:.3f}" for name in result["held_out"]))
                for number, report in enumerate(runs, start=1)
            ),
            ("the mean", *(f"{f1:.3f}" for f1 in result["margins"]["0"].values())),
        ],
    )
    last = runs[-1]
    steps = " and ".join(
        f"{report['steps']:,} steps ({report['seconds'] / 60:.0f} minutes on {report['machine']['trained_on']})"
        for report in runs
    )
    return f"""## The embedded reader

`refdesk finetune reader` trained {last["parameters_trained"]:,} of its {last["parameters"]:,} weights (the word
vectors stay) in {len(runs)} runs, each going on from the one before: {steps} of
{last["settings"]["batch"]} examples, learning rate {last["settings"]["learning_rate"]}. The embedded weights are the
mean of the runs'. Questions of held-out articles, each read on its own paragraph:

{quality}

A margin up to {result["no_answer_margin"]} over "no answer here" means that there is none. A lower one helps where
every question has an answer, a higher one where many have none:

{margins}

What each run left, before the mean was taken (in float32), and the mean, all with a margin of 0:

{single}

The learning curve, on a sample of the same questions with a margin of 0 (the second run's sample is larger):

{curve}"""


def _f1_at(items: Sequence[Item], margin: float) -> float:
    """The F1 of SQuAD 2.0, if that were the no-answer margin."""
    found = [(item.details["margin"], item.details["quality_if_answered"], bool(item.gold)) for item in items]
    return round(statistics.fmean(f1 if best > margin else float(not gold) for best, f1, gold in found), 4)
