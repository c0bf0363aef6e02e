"""``refdesk finetune compare``."""

import contextlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, get_args

import typer

from rag.interrupts import end_on_sigterm
from rag.settings.model import load_settings
from rag.training.generator.settings import Method
from ui.cli.finetune.options import BatchOption, SeedOption
from ui.cli.main import run
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say
from ui.cli.progress import stoppable
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.models import SMOLLM2, quiet_libraries, resolve_model

_METHODS: tuple[Method, ...] = get_args(Method)
_ROOT = Path(__file__).resolve().parents[3]


def compare(
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

    from rag.training.data.tables import read_tables
    from rag.training.generator.comparing import (  # draws plots, which takes a second to import
        as_markdown,
        write_comparison,
    )
    from rag.training.runs.folder import RunFolder

    folder = output or settings.home / "training" / "comparison"
    budget = {"max_steps": max_steps, "batch": batch, "answers": answers, "seed": seed}
    with errors.status("Loading the model") as loading:
        resolved = resolve_model(model, download=settings.downloads, confirm=confirm_download(loading))
    files = {
        part: [f"{file.path.name}@{file.sha256[:12]}" for file in read_tables(paths)]
        for part, paths in (("data", data), ("test", test or []))
    }
    # Else rows of other data, another model or another budget would stand beside each other.
    RunFolder(folder).claim({"task": "comparison", "model": resolved.fingerprint, **budget, **files}, resume=True)
    fixed: list[object] = [
        word for option, value in budget.items() for word in (f"--{option.replace('_', '-')}", value)
    ]
    fixed += ["--home", settings.home, "--epochs", 1000, "--patience", 0, "--new-adapter", "--model", model]
    fixed += [word for file in test or () for word in ("--test", file)]
    reports, failed = {}, {}
    for name in names:
        report = folder / name / "report.json"
        if not report.exists():
            errors.print(f"Method {name}", markup=False)
            call = [*data, "--method", name, "--output", folder / name, "--resume", *fixed]
            with stoppable(folder, "The same call goes on where it was."):
                reason = _train([str(word) for word in call])
            if reason:
                errors.print(f"Method {name} failed: {reason}", markup=False, soft_wrap=True)
                failed[name] = reason
                continue
        reports[name] = json.loads(report.read_text(encoding="utf-8"))
    if not reports:
        raise RefdeskError("No method could be trained", where=str(folder), remedy="See above.")
    rows = write_comparison(folder, reports, failed)
    if as_json:
        print_json(rows)
        return
    say(as_markdown(rows))
    say(f"The runs and the comparison are in {folder}.")


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
