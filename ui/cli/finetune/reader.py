"""``refdesk finetune reader``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.access.types import LOCAL_OWNER
from rag.settings.model import load_settings
from rag.training.encoder_settings import ReaderTraining
from ui.cli.desk import open_desk
from ui.cli.finetune.options import ResumeOption, training_options
from ui.cli.finetune.progress import training_progress
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say
from vectorstore.errors import UsageError


@training_options(ReaderTraining)
def reader(
    context: typer.Context,
    data: Annotated[
        list[Path],
        typer.Argument(
            help="Question files in the form of SQuAD 1 or 2. One named twice counts twice.", metavar="DATA..."
        ),
    ],
    values: Mapping[str, Any],
    adapter: Annotated[
        Path | None, typer.Option("--adapter", help="Go on from this LoRA adapter instead of a new one.")
    ] = None,
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
    training = ReaderTraining.of(values)
    if adapter and training.method == "full":
        raise UsageError("Only --method lora goes on from an adapter", where="--adapter", remedy="Leave one out.")

    folder = output or settings.home / "training" / "reader"
    loading = errors.status("Loading the model")
    with open_desk(context, settings, confirm_download(loading)) as desk:
        with loading:
            model = desk.models.find(LOCAL_OWNER, training.model)
        with training_progress("F1", folder) as shown:
            report = desk.models.train_reader(
                LOCAL_OWNER,
                data,
                model,
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
    for name, figures in report["held_out"].items():
        shares = {key.replace("_", " "): share for key, share in figures.items() if isinstance(share, float)}
        say(f"{name} ({figures['questions']:,} questions): " + ", ".join(f"{k} {v:.3f}" for k, v in shares.items()))
    say(f"Trained in {report['seconds']:,} s. The result and the report are in {folder}.")
