"""``refdesk finetune reader``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from vectorstore.errors import UsageError
from vectorstore.models import MINILM, resolve_model

if TYPE_CHECKING:
    from ingest.worker.guard import WorkerSettings
    from vectorstore.types import Embedder


def reader(
    data: Annotated[
        list[Path],
        typer.Argument(
            help="Question files in the form of SQuAD 1 or 2. One named twice counts twice.", metavar="DATA..."
        ),
    ],
    model: Annotated[str, typer.Option("--model", help="The model to train: a name or a folder.")] = MINILM,
    adapter: Annotated[
        Path | None, typer.Option("--adapter", help="Go on from this LoRA adapter instead of a new one.")
    ] = None,
    method: Annotated[
        Method,
        typer.Option("--method", help="lora: a small adapter; full: all of the model's weights but its word vectors."),
    ] = Method.lora,
    rank: RankOption = 64,
    learning_rate: LearningRateOption = None,
    epochs: EpochsOption = 3,
    max_steps: MaxStepsOption = None,
    batch: BatchOption = 32,
    dropout: Annotated[float, typer.Option("--dropout", min=0.0, max=0.9, help="Dropout; slow on a CPU.")] = 0.0,
    mask_tokens: Annotated[
        float, typer.Option("--mask-tokens", min=0.0, max=0.9, help="Share of a passage's tokens hidden in training.")
    ] = 0.05,
    held_out: Annotated[
        float,
        typer.Option("--held-out", min=0.0, max=0.9, help="Share of each file kept to judge by, in whole articles."),
    ] = 0.1,
    near_misses: Annotated[
        float,
        typer.Option(
            "--near-misses",
            min=0.0,
            max=1.0,
            help="Share of questions also shown, as unanswerable, with a passage that a search returns but that does "
            "not hold the answer.",
        ),
    ] = 0.25,
    altered: Annotated[
        float,
        typer.Option(
            "--altered",
            min=0.0,
            max=1.0,
            help="Share of questions also shown, as unanswerable, with a name, a number or a word changed so that "
            "their passage does not answer them.",
        ),
    ] = 0.25,
    evaluate_every: Annotated[
        int | None,
        typer.Option("--evaluate-every", min=1, help="Steps between evaluations.", show_default="a fifth of an epoch"),
    ] = None,
    evaluate_on: Annotated[
        int, typer.Option("--evaluate-on", min=1, help="Held-out questions, at most, for an evaluation on the way.")
    ] = 600,
    patience: PatienceOption = 5,
    checkpoint_every: CheckpointEveryOption = 200,
    seed: SeedOption = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder of the run.", show_default="training/reader in the home"),
    ] = None,
    resume: ResumeOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a reader: the model that finds an answer's words in a passage.

    The run's folder then holds the adapter (or the model), report.md with the scores on the held-out questions, and
    plots. A run that was stopped or killed goes on with the same call and --resume.
    """
    settings = load_settings(home)
    missing = next((path for path in data if not path.is_file()), None)
    if missing:
        raise UsageError("No such file", where=str(missing), remedy="Name question files in the form of SQuAD.")
    if adapter and method is Method.full:
        raise UsageError("Only --method lora goes on from an adapter", where="--adapter", remedy="Leave one out.")

    from rag.components import open_embedder, worker_settings  # the models take seconds to import
    from rag.training.reader.training import ReaderTraining, finetune_reader

    with errors.status("Loading the model") as loading:
        resolved = resolve_model(model, download=settings.downloads, confirm=confirm_download(loading))
    folder = output or settings.home / "training" / "reader"
    with training_progress("F1", folder) as shown:

        def embedder() -> "tuple[Embedder, WorkerSettings]":
            opened = open_embedder(settings)
            return opened, worker_settings(settings, opened)

        training = ReaderTraining(
            method=method.value,
            rank=rank,
            learning_rate=learning_rate or LEARNING_RATES[method],
            epochs=epochs,
            max_steps=max_steps,
            batch=batch,
            dropout=dropout,
            mask_tokens=mask_tokens,
            held_out=held_out,
            near_misses=near_misses,
            altered=altered,
            evaluate_every=evaluate_every,
            evaluate_on=evaluate_on,
            patience=patience,
            checkpoint_every=checkpoint_every,
            seed=seed,
        )
        report = finetune_reader(
            data,
            resolved,
            adapter,
            training,
            folder,
            embedder,
            resume=resume,
            on_phase=shown.phase,
            on_tick=shown.tick,
        )
    if as_json:
        print_json(report)
        return
    for name, figures in report["held_out"].items():
        shares = {key.replace("_", " "): share for key, share in figures.items() if isinstance(share, float)}
        say(f"{name} ({figures['questions']:,} questions): " + ", ".join(f"{k} {v:.3f}" for k, v in shares.items()))
    say(f"Trained in {report['seconds']:,} s. The result and the report are in {folder}.")
