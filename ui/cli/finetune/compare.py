"""``refdesk finetune compare``."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, get_args

import typer

from rag.settings import load_settings
from rag.training.generator_settings import Method
from ui.cli.finetune.options import BatchOption, SeedOption
from ui.cli.output import HomeOption, JsonOption, errors, print_json, say
from vectorstore.errors import RefdeskError, UsageError

_METHODS: tuple[Method, ...] = get_args(Method)
_ROOT = Path(__file__).resolve().parents[3]


def compare(
    data: Annotated[
        list[Path], typer.Argument(help="Files or folders as for `finetune generator`.", metavar="DATA...")
    ],
    methods: Annotated[
        str, typer.Option("--methods", help="Methods of `finetune generator`, with commas between.")
    ] = ",".join(_METHODS),
    model: Annotated[str | None, typer.Option("--model", help="The model to train.")] = None,
    test: Annotated[list[Path] | None, typer.Option("--test", help="Files to judge by.")] = None,
    max_steps: Annotated[int, typer.Option("--max-steps", min=1, help="The budget: steps of every method.")] = 100,
    batch: BatchOption = 8,
    answers: Annotated[int, typer.Option("--answers", min=0, help="Held-out prompts to answer.")] = 20,
    seed: SeedOption = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder of the runs.", show_default="training/comparison in the home"),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train the same model with several methods and put them side by side.

    Each is trained in a process of its own, so that its memory is its own. Called again, it goes on where it was.
    """
    settings = load_settings(home)
    names = [name.strip() for name in methods.split(",")]
    if unknown := [name for name in names if name not in _METHODS]:
        raise UsageError("There is no such method", where=unknown[0], remedy=f"There are: {', '.join(_METHODS)}.")

    from rag.training.comparing import as_markdown, write_comparison  # draws plots, which takes a second to import

    folder = output or settings.home / "training" / "comparison"
    fixed = ["--max-steps", max_steps, "--batch", batch, "--answers", answers, "--seed", seed]
    fixed += ["--home", settings.home, "--epochs", 1000, "--patience", 0]
    fixed += ["--model", model] if model else []
    fixed += [word for file in test or () for word in ("--test", file)]
    reports = {}
    for name in names:
        report = folder / name / "report.json"
        if not report.exists():
            errors.print(f"Method {name}", markup=False)
            call = [*data, "--method", name, "--output", folder / name, "--resume", *fixed]
            _train([str(word) for word in call], name)
        reports[name] = json.loads(report.read_text(encoding="utf-8"))
    rows = write_comparison(folder, reports)
    if as_json:
        print_json(rows)
        return
    say(as_markdown(rows))
    say(f"The runs and the comparison are in {folder}.")


def _train(call: list[str], name: str) -> None:
    start = "from ui.cli.main import main; main()"
    command = [sys.executable, "-c", start, "finetune", "generator", *call]
    environment = os.environ | {"PYTHONPATH": str(_ROOT)}
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
        raise RefdeskError(
            f"The method {name} could not be trained", remedy="See above; the same call goes on where it was."
        )
