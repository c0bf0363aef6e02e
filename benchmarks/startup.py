"""Processor time of commands in fresh processes, and of the same commands of another version, in turn."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.tables import table

_ROOT = Path(__file__).parents[1]
_ROUNDS = 7
_HERE, _BEFORE = "here", "before"
_QUESTION = "Where does Refdesk store its data?"
COMMANDS: Mapping[str, Sequence[str]] = {
    "refdesk --help": ("--help",),
    "refdesk status": ("status",),
    "refdesk show 1": ("show", "1"),
    "refdesk doctor": ("doctor",),
    "refdesk ask (quoted)": ("ask", _QUESTION, "--engine", "extractive"),
    "refdesk ask (default engine)": ("ask", _QUESTION),
}


def run(before: Path | None = None) -> dict[str, Any]:
    """Seconds of the processor, user and system, of each command on the ingested handbook: the median and the range.

    ``before`` is a checkout of another version. The first call of each, which reads files into the memory and measures
    what embeds fastest, is not counted.
    """
    versions = {_HERE: _ROOT} | ({_BEFORE: before.resolve()} if before else {})
    taken: dict[str, dict[str, list[float]]] = {name: {version: [] for version in versions} for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        for version, root in versions.items():
            _seconds(root, ("ingest", str(root / "docs/handbook")), Path(folder) / version)
        for number in range(_ROUNDS + 1):
            for name, command in COMMANDS.items():
                for version, root in versions.items():
                    seconds = _seconds(root, command, Path(folder) / version)
                    if number:
                        taken[name][version].append(seconds)
    return {"rounds": _ROUNDS, "commands": {name: _figures(seconds) for name, seconds in taken.items()}}


def _seconds(root: Path, command: Sequence[str], home: Path) -> float:
    call = [sys.executable, "-c", "from ui.cli.main import main; main()", *command]
    environment = os.environ | {"PYTHONPATH": str(root), "REFDESK_HOME": str(home)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(call, cwd=root, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _figures(seconds: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    figures: dict[str, Any] = {version: _spread(values) for version, values in seconds.items()}
    if _BEFORE in seconds:  # of the two that were run one after the other
        figures["ratio"] = _spread([b / h for b, h in zip(seconds[_BEFORE], seconds[_HERE], strict=True)])
    return figures


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 2),
        "least": round(min(values), 2),
        "most": round(max(values), 2),
    }


def section(result: Mapping[str, Any]) -> str:
    commands = result["commands"]
    compared = all("ratio" in figures for figures in commands.values())
    parts = (_BEFORE, _HERE, "ratio") if compared else (_HERE,)
    rows = [(name, *(_cell(figures[part]) for part in parts)) for name, figures in commands.items()]
    return f"""## Start-up

Seconds of the processor that a command takes in a fresh process, on the ingested handbook: the median of
{result["rounds"]} calls and, in brackets, the least and the most.

{table(("command", *parts), rows)}"""


def _cell(spread: Mapping[str, float]) -> str:
    return f"{spread['median']:.2f} ({spread['least']:.2f} to {spread['most']:.2f})"
