"""``make bench``: run the measurements and write docs/benchmarks.json, from which docs/benchmarks.md quotes.

python -m benchmarks [--data FOLDER] [--work FOLDER] [--before FOLDER] [--only NAME]
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import (
    abstention,
    adding,
    answers,
    citations,
    conversations,
    extraction,
    grounding,
    ingestion,
    large,
    letters,
    lookups,
    medical,
    pdf_text,
    qlora,
    quantization,
    rag_vs_finetuning,
    reader,
    reading_speed,
    reranking,
    scale,
    scopes,
    shapes,
    smalltalk,
    startup,
)
from benchmarks.generator import measure as generator
from benchmarks.peers import measure as peers
from benchmarks.questions import measure as questions
from benchmarks.report import write_report
from rag.evaluation import machine

RESULTS = Path(__file__).parents[1] / "docs/benchmarks.json"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with medquad.tar.xz and qa/*.json")
    parser.add_argument("--work", type=Path, default=Path("data/benchmarks"), help="folder for unpacked data")
    parser.add_argument("--before", type=Path, help="checkout of another version, whose start-up is measured beside")
    parser.add_argument("--only", help="run one measurement and keep the other results")
    arguments = parser.parse_args()
    measurements: dict[str, Callable[[], dict[str, Any]]] = {
        "startup": lambda: startup.run(arguments.before),
        "answers": answers.run,
        "questions": questions.run,
        "conversations": conversations.run,
        "citations": citations.run,
        "adding": adding.run,
        "large": large.run,
        "scopes": scopes.run,
        "lookups": lookups.run,
        "shapes": shapes.run,
        "pdf_text": lambda: pdf_text.run(arguments.data),
        "quantization": lambda: quantization.run(arguments.work.resolve()),
        "rag_vs_finetuning": lambda: rag_vs_finetuning.run(arguments.work.resolve()),
        "extraction": lambda: extraction.run(arguments.data),
        "qlora": qlora.run,
    }
    if arguments.data:
        data, work = arguments.data.resolve(), arguments.work.resolve()
        work.mkdir(parents=True, exist_ok=True)
        measurements |= {
            "ingestion": lambda: ingestion.run(data, work),
            "scale": lambda: scale.run(data, work),
            "reader": lambda: reader.run(data),
            "reading_speed": lambda: reading_speed.run(data, work),
            "reranking": lambda: reranking.run(data, work),
            "abstention": lambda: abstention.run(data, work),
            "letters": lambda: letters.run(data, work),
            "medical": lambda: medical.run(data, work),
            "smalltalk": lambda: smalltalk.run(data, work),
            "grounding": lambda: grounding.run(data, work),
            "generator": lambda: generator.run(data, work),
            "peers": lambda: peers.run(data, work),
        }
    if arguments.only and arguments.only not in measurements:
        parser.error(
            f"there is no measurement {arguments.only}; there are {', '.join(measurements)} (most need --data)"
        )
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name, measure in measurements.items():
        if arguments.only in (None, name):
            sys.stderr.write(f"measuring {name}\n")
            results[name] = {"machine": machine.describe(), **measure()}
            RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            write_report(results)


if __name__ == "__main__":
    main()
