"""``refdesk finetune reader``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.access.types import LOCAL_OWNER
from rag.settings.model import load_settings
from rag.training.encoder_settings import ReaderTraining
from ui.cli.desk import open_desk
from ui.cli.finetune.check import reservations
from ui.cli.finetune.options import ResumeOption, training_options
from ui.cli.finetune.progress import training_progress
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say


def _say_reservations(checked: Mapping[str, Any]) -> None:
    for line in reservations(checked):
        errors.print(line, markup=False, soft_wrap=True)


@training_options(ReaderTraining)
def reader(
    context: typer.Context,
    data: Annotated[
        list[Path],
        typer.Argument(
            help="Files, or folders of them: questions in the form of SQuAD (.json); lines (.jsonl) with question, "
            "passages, supporting and answerable; with sentence, passage and label; or with document, subject, kind, "
            "question and text. Packed with .xz or not.",
            metavar="DATA...",
        ),
    ],
    values: Mapping[str, Any],
    documents: Annotated[
        list[Path] | None,
        typer.Option(
            "--documents", help="A folder as for `refdesk ingest`, whose headings and entries become questions."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder of the run.", show_default="training/reader in the home"),
    ] = None,
    resume: ResumeOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a reader: the model that tells which passages answer a question, with which sentences and which words, and
    whether a passage supports a sentence.

    What the data hold is learned. The run's folder then holds the model, report.md with its figures on what was held
    out, and plots. A run that was stopped or killed goes on with the same call and --resume.
    """
    settings, training = load_settings(home), ReaderTraining.of(values)

    folder = output or settings.home / "training" / "reader"
    loading = errors.status("Loading the model")
    with open_desk(context, settings, confirm_download(loading)) as desk:
        with loading:
            model = desk.models.find(LOCAL_OWNER, training.model)
        with training_progress("score", folder) as shown:
            report = desk.models.train_reader(
                LOCAL_OWNER,
                data,
                model,
                training,
                folder,
                documents=documents or [],
                resume=resume,
                on_phase=shown.phase,
                on_checked=_say_reservations,
                on_tick=shown.tick,
            )
    if as_json:
        print_json(report)
        return
    for name, figures in report["held_out"].items():
        shares = {key.replace("_", " "): share for key, share in figures.items() if isinstance(share, float)}
        say(f"{name} ({figures['rows']:,} rows): " + ", ".join(f"{k} {v:.3f}" for k, v in shares.items()))
    say(f"Trained in {report['seconds']:,} s. The result and the report are in {folder}.")
