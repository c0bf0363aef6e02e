"""``refdesk finetune classifier``."""

from pathlib import Path
from typing import Annotated

import typer

from rag.settings.model import load_settings
from ui.cli.finetune.options import (
    LEARNING_RATES,
    BatchOption,
    CheckpointEveryOption,
    EpochsOption,
    LearningRateOption,
    MaxStepsOption,
    Method,
    PatienceOption,
    RankOption,
    ResumeOption,
    SeedOption,
)
from ui.cli.finetune.progress import training_progress
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say
from vectorstore.models import MINILM, resolve_model


def classifier(
    data: Annotated[
        list[Path],
        typer.Argument(help="CSV, JSONL or Parquet files with the columns text and label.", metavar="DATA..."),
    ],
    model: Annotated[str, typer.Option("--model", help="The encoder to train: a name or a folder.")] = MINILM,
    method: Annotated[
        Method, typer.Option("--method", help="lora: a small adapter, merged at the end; full: all weights.")
    ] = Method.lora,
    rank: RankOption = 16,
    learning_rate: LearningRateOption = None,
    epochs: EpochsOption = 3,
    max_steps: MaxStepsOption = None,
    batch: BatchOption = 16,
    max_length: Annotated[
        int, typer.Option("--max-length", min=8, help="Tokens of a text; what is longer is cut.")
    ] = 256,
    held_out: Annotated[
        float, typer.Option("--held-out", min=0.0, max=0.9, help="Share of each label kept to judge by.")
    ] = 0.2,
    patience: PatienceOption = 5,
    checkpoint_every: CheckpointEveryOption = 100,
    seed: SeedOption = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder of the run.", show_default="training/classifier in the home"),
    ] = None,
    resume: ResumeOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a classifier: a model that sorts texts by the labels that you gave to others.

    The run's folder then holds the model in Hugging Face's layout, report.md with the scores of every label, and plots.
    """
    settings = load_settings(home)

    from rag.training.classifier import ClassifierTraining, finetune_classifier  # the models take seconds to import

    with errors.status("Loading the model") as loading:
        resolved = resolve_model(model, download=settings.downloads, confirm=confirm_download(loading))
    training = ClassifierTraining(
        method=method.value,
        rank=rank,
        learning_rate=learning_rate or LEARNING_RATES[method],
        epochs=epochs,
        max_steps=max_steps,
        batch=batch,
        longest=max_length,
        held_out=held_out,
        patience=patience,
        checkpoint_every=checkpoint_every,
        seed=seed,
    )
    folder = output or settings.home / "training" / "classifier"
    with training_progress("F1", folder) as shown:
        report = finetune_classifier(
            data, resolved, training, folder, resume=resume, on_phase=shown.phase, on_tick=shown.tick
        )
    if as_json:
        print_json(report)
        return
    for label, figures in report["held_out"].items():
        accuracy = f", accuracy {figures['accuracy']:.3f}" if "accuracy" in figures else ""
        say(f"{label} ({figures['texts']:,} texts): F1 {figures['f1']:.3f}{accuracy}")
    say(f"Trained in {report['seconds']:,} s. The result and the report are in {folder}.")
