"""``refdesk finetune compare``."""

import contextlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from rag.access.types import LOCAL_OWNER
from rag.interrupts import end_on_sigterm
from rag.settings.model import load_settings
from rag.training.generator.settings import Method
from ui.cli.desk import open_desk
from ui.cli.finetune.options import BatchOption, SeedOption
from ui.cli.main import run
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say
from ui.cli.progress import stoppable
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.models import SMOLLM2, quiet_libraries

_METHODS: tuple[Method, ...] = get_args(Method)
_ROOT = Path(__file__).resolve().parents[3]


def compare(
    context: typer.Context,
    data: Annotated[
        list[Path], typer.Argument(help="Files or folders as for `finetune generator`.", metavar="DATA...")
    ],
    methods: Annotated[
        str, typer.Option("--methods", help="Methods of `finetune generator`, with commas between.")
    ] = ",".join(_METHODS),
    model: Annotated[str, typer.Option("--model", help="The model to train.")] = SMOLLM2,
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

    Each is trained in a process of its own, so that its memory is its own. One that fails is a row that says why.
    Called again, it goes on where it was.
    """
    settings = load_settings(home)
    names = [name.strip() for name in methods.split(",")]
    if unknown := [name for name in names if name not in _METHODS]:
        raise UsageError("There is no such method", where=unknown[0], remedy=f"There are: {', '.join(_METHODS)}.")

    folder = output or settings.home / "training" / "comparison"
    budget = {"max_steps": max_steps, "batch": batch, "answers": answers, "seed": seed}
    loading = errors.status("Loading the model")
    with open_desk(context, settings, confirm_download(loading)) as desk:
        with loading:
            resolved = desk.models.find(LOCAL_OWNER, model)
        desk.models.claim_comparison(LOCAL_OWNER, folder, resolved, data, test or [], budget)
        reports, failed = _trained(names, folder, _call(data, test or [], model, budget, settings.home))
        if not reports:
            raise RefdeskError("No method could be trained", where=str(folder), remedy="See above.")
        rows, markdown = desk.models.write_comparison(LOCAL_OWNER, folder, reports, failed)
    if as_json:
        print_json(rows)
        return
    say(markdown)
    say(f"The runs and the comparison are in {folder}.")


def _call(
    data: Sequence[Path], test: Sequence[Path], model: str, budget: Mapping[str, int], home: Path
) -> list[object]:
    """What the calls of all methods have in common."""
    words: list[object] = [*data, "--resume"]
    words += [word for option, value in budget.items() for word in (f"--{option.replace('_', '-')}", value)]
    words += ["--home", home, "--epochs", 1000, "--patience", 0, "--new-adapter", "--model", model]
    return words + [word for file in test for word in ("--test", file)]


def _trained(
    names: Sequence[str], folder: Path, common: Sequence[object]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The reports of the methods, each trained if it was not before, and why the others failed."""
    reports, failed = {}, {}
    for name in names:
        report = folder / name / "report.json"
        if not report.exists():
            errors.print(f"Method {name}", markup=False)
            call = [*common, "--method", name, "--output", folder / name]
            with stoppable(folder, "The same call goes on where it was."):
                reason = _train([str(word) for word in call])
            if reason:
                errors.print(f"Method {name} failed: {reason}", markup=False, soft_wrap=True)
                failed[name] = reason
                continue
        reports[name] = json.loads(report.read_text(encoding="utf-8"))
    return reports, failed


def _train(call: Sequence[str]) -> str:
    """Why the training failed; empty where it did not."""
    start = f"from {__name__} import {train_apart.__name__} as train; train()"
    command = [sys.executable, "-c", start, "finetune", "generator", *call]
    environment = os.environ | {"PYTHONPATH": str(_ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        try:
            said, _ = child.communicate()
        except KeyboardInterrupt:
            child.terminate()  # Control-C has reached it already, but SIGTERM may not have; it leaves a checkpoint
            child.wait()
            raise
    if child.returncode < 0:
        return f"Its process was ended by {signal.Signals(-child.returncode).name}, perhaps for want of memory."
    return said.strip() or "Something went wrong. See above." if child.returncode else ""


def train_apart() -> None:
    """``refdesk finetune generator`` for a process that compares: why it fails is all that it says."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    quiet_libraries()
    end_on_sigterm()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            run(sys.argv[1:])
    except RefdeskError as error:
        say(str(error))
        sys.exit(1)
