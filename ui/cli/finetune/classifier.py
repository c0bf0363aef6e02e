"""``refdesk finetune classifier``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.access.types import LOCAL_OWNER
from rag.settings.model import load_settings
from rag.training.encoder_settings import ClassifierTraining
from ui.cli.desk import open_desk
from ui.cli.finetune.options import ResumeOption, training_options
from ui.cli.finetune.progress import training_progress
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say


@training_options(ClassifierTraining)
def classifier(
    context: typer.Context,
    data: Annotated[
        list[Path],
        typer.Argument(help="CSV, JSONL or Parquet files with the columns text and label.", metavar="DATA..."),
    ],
    values: Mapping[str, Any],
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
    settings, training = load_settings(home), ClassifierTraining.of(values)

    folder = output or settings.home / "training" / "classifier"
    loading = errors.status("Loading the model")
    with open_desk(context, settings, confirm_download(loading)) as desk:
        with loading:
            model = desk.models.find(LOCAL_OWNER, training.model)
        with training_progress("F1", folder) as shown:
            report = desk.models.train_classifier(
                LOCAL_OWNER,
                data,
                model,
                training,
                folder,
                resume=resume,
                on_phase=shown.phase,
                on_tick=shown.tick,
            )
    if as_json:
        print_json(report)
        return
    for label, figures in report["held_out"].items():
        accuracy = f", accuracy {figures['accuracy']:.3f}" if "accuracy" in figures else ""
        say(f"{label} ({figures['texts']:,} texts): F1 {figures['f1']:.3f}{accuracy}")
    say(f"Trained in {report['seconds']:,} s. The result and the report are in {folder}.")
