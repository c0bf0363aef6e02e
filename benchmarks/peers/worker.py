"""One peer in a process of its own, so that what it imports or breaks concerns nobody else.

python -m benchmarks.peers.worker NAME TASK.json RESULT.json
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.peers.systems import SYSTEMS
from benchmarks.peers.types import Found, Models, Stored


def answer_all(name: str, task: dict[str, Any]) -> dict[str, Any]:
    """For every question what was found, the answer, the milliseconds, and the error where there was one."""
    passages = [Stored(*pair) for pair in task["passages"]]
    ask = SYSTEMS[name](passages, Models(**task["models"]))
    ask(task["warm_up"])
    answers = []
    for question in task["questions"]:
        started = time.perf_counter()
        found, error = Found((), None), None
        try:
            found = ask(question)
        except Exception as failure:  # whatever a peer raises at one question, the others are asked
            error = f"{type(failure).__name__}: {failure}"
        milliseconds = round((time.perf_counter() - started) * 1000.0, 1)
        answers.append({"ids": found.ids, "answer": found.answer, "ms": milliseconds, "error": error})
    return {"answers": answers}


def main() -> None:
    name, task, result = sys.argv[1:]
    found = answer_all(name, json.loads(Path(task).read_text(encoding="utf-8")))
    Path(result).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
