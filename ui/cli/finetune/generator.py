"""``refdesk finetune generator``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rag.settings import load_settings
from ui.cli.finetune.progress import stoppable, training_progress
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say
from vectorstore.models import resolve_model


class Method(StrEnum):
    """What of the model is trained."""

    lora = "lora"
    full = "full"


def generator(
    data: Annotated[
        list[Path],
        typer.Argument(
            help="CSV, JSONL or Parquet files, or folders of them, with the columns text; or prompt and answer (and "
            "context); or messages.",
            metavar="DATA...",
        ),
    ],
    preset: Annotated[str, typer.Option("--preset", help="Values to begin with; options win over them.")] = "laptop",
    model: Annotated[
        str | None,
        typer.Option("--model", help="The model to train: a name or a folder.", show_default="the packaged SmolLM2"),
    ] = None,
    adapter: Annotated[
        Path | None, typer.Option("--adapter", help="Go on from this LoRA adapter instead of a new one.")
    ] = None,
    method: Annotated[Method | None, typer.Option("--method", help="What is trained.", show_default="lora")] = None,
    rank: Annotated[
        int | None, typer.Option("--rank", min=1, help="Size of a LoRA adapter.", show_default="16")
    ] = None,
    alpha: Annotated[
        int | None, typer.Option("--alpha", min=1, help="Weight of a LoRA adapter.", show_default="twice the rank")
    ] = None,
    dropout: Annotated[
        float | None,
        typer.Option("--dropout", min=0.0, max=0.9, help="Dropout in a LoRA adapter.", show_default="0"),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option("--learning-rate", min=0.0, help="Highest learning rate.", show_default="by method"),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, help="Times that all is gone through.", show_default="3")
    ] = None,
    max_steps: Annotated[int | None, typer.Option("--max-steps", min=1, help="Stop after so many steps.")] = None,
    batch: Annotated[
        int | None,
        typer.Option("--batch", min=1, help="Samples at once; fewer need less memory.", show_default="8"),
    ] = None,
    accumulate: Annotated[
        int | None, typer.Option("--accumulate", min=1, help="Batches a step.", show_default="1")
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option("--max-length", min=8, help="Tokens of a sample; what is longer is cut.", show_default="512"),
    ] = None,
    held_out: Annotated[
        float | None,
        typer.Option("--held-out", min=0.0, max=0.9, help="Share kept to judge by.", show_default="0.1"),
    ] = None,
    evaluate_every: Annotated[
        int | None,
        typer.Option("--evaluate-every", min=1, help="Steps between evaluations.", show_default="a fifth of an epoch"),
    ] = None,
    evaluate_on: Annotated[
        int | None,
        typer.Option(
            "--evaluate-on",
            min=1,
            help="Held-out samples, at most, for an evaluation on the way.",
            show_default="200",
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            "--patience", min=0, help="Stop after so many evaluations without a gain; 0: never.", show_default="3"
        ),
    ] = None,
    checkpoint_every: Annotated[
        int | None, typer.Option("--checkpoint-every", min=1, help="Steps between checkpoints.", show_default="50")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides everything that is drawn by chance.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder of the run.", show_default="training/generator in the home"),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of the same call.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a generator: the model that writes answers.

    Of prompts with answers and of chats, only the answers are learned; of raw text all. The run's folder then holds the
    adapter (or the model), report.md and plots. A run that was stopped or killed goes on with the same call and
    --resume.
    """
    settings = load_settings(home)

    from rag.training.generator import finetune_generator  # the models take seconds to import
    from rag.training.presets import chosen

    named = {
        "model": model,
        "method": method.value if method else None,
        "rank": rank,
        "alpha": alpha,
        "dropout": dropout,
        "learning_rate": learning_rate,
        "epochs": epochs,
        "max_steps": max_steps,
        "batch": batch,
        "accumulation": accumulate,
        "longest": max_length,
        "held_out": held_out,
        "evaluate_every": evaluate_every,
        "evaluate_on": evaluate_on,
        "patience": patience,
        "checkpoint_every": checkpoint_every,
        "seed": seed,
    }
    name, training = chosen(preset, named)
    with errors.status("Loading the model") as loading:
        resolved = resolve_model(name, download=settings.downloads, confirm=confirm_download(loading))
    folder = output or settings.home / "training" / "generator"
    with training_progress("held-out loss") as shown, stoppable(folder):
        report = finetune_generator(
            data,
            resolved,
            settings.home / "models",
            adapter,
            training,
            folder,
            resume=resume,
            on_phase=shown.phase,
            on_tick=shown.tick,
        )
    if as_json:
        print_json(report)
        return
    for part, figures in report["held_out"].items():
        judged = f"loss {figures['loss']:.3f}, perplexity {figures['perplexity']:.1f}"
        say(f"{part} ({figures['samples']:,} samples): {judged}")
    say(f"Trained in {report['seconds']:,} s. The result and the report are in {folder}.")
