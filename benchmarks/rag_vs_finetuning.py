"""Retrieval, fine-tuning and both on a page of our own: ``refdesk compare rag-vs-finetuning`` as a person calls it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.tables import table
from rag.quantization.tasks import DEFAULT
from rag.rag_vs_finetuning.report import COLUMNS, rows


def run(work: Path, steps: int = 100, batch: int = 4) -> dict[str, Any]:
    """Compare on the questions that also measure quantization. Stopped, it goes on where it was."""
    refdesk = Path(sys.executable).with_name("refdesk")
    call: list[str | Path] = [refdesk, "compare", "rag-vs-finetuning", DEFAULT, "--home", work / "rag-vs-finetuning"]
    budget = ["--max-steps", str(steps), "--batch", str(batch), "--json"]
    done = subprocess.run([*call, *budget], stdout=subprocess.PIPE, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def section(result: Mapping[str, Any]) -> str:
    """Markdown for docs/benchmarks.md."""
    asked, training = result["questions"], result["training"]
    model = result["setup"]["model"]["name"]
    figures = table(("", *COLUMNS), rows(result))
    recommended = result["recommendation"]
    reasons = "\n".join(f"- {reason}" for reason in recommended["reasons"])
    return f"""## Retrieval or fine-tuning

`refdesk compare rag-vs-finetuning` with {model}, {training["steps"]} steps of training, on {asked["asked"]} questions
on {result["documents"]["documents"]} documents of our own: {asked["taught"]} of the answerable ones were taught,
{asked["not_taught"]} were not, and {asked["unanswerable"]} have no answer there. 95% intervals.

{figures}

What the command makes of it: {recommended["verdict"]}

{reasons}"""
