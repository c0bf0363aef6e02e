"""``refdesk finetune check``, and what is said of data before they are trained on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.access.types import LOCAL_OWNER
from rag.settings.model import load_settings
from rag.training.encoder_settings import ReaderTraining
from rag.training.generator.settings import GeneratorTraining
from ui.cli.desk import open_desk
from ui.cli.finetune.options import training_options
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say


@training_options(GeneratorTraining, "model", "longest", "convert_markup")
def check(
    context: typer.Context,
    data: Annotated[
        list[Path], typer.Argument(help="Files or folders as for `finetune generator`.", metavar="DATA...")
    ],
    values: Mapping[str, Any],
    test: Annotated[list[Path] | None, typer.Option("--test", help="Files to judge by.")] = None,
    for_reader: Annotated[
        bool, typer.Option("--reader", help="Look at data for `finetune reader`; only --model has a say then.")
    ] = False,
    documents: Annotated[
        list[Path] | None,
        typer.Option(
            "--documents",
            help="With --reader: A folder as for `refdesk ingest`, whose headings and entries become questions.",
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at data without training: what can be used, how long it is, and what to be careful about."""
    settings = load_settings(home)
    training: GeneratorTraining | ReaderTraining
    if for_reader:
        training = ReaderTraining.of({name: value for name, value in values.items() if name == "model"})
    else:
        training = GeneratorTraining.of(values)
    looking = errors.status("Looking at the data")
    with looking, open_desk(context, settings, confirm_download(looking)) as desk:
        model = desk.models.find(LOCAL_OWNER, training.model)
        checked = desk.models.check_data(LOCAL_OWNER, data, test or [], model, training, documents or [])
    if as_json:
        print_json(checked)
        return
    for line in about_reading(checked) if for_reader else about_data(checked):
        say(line)


def about_reading(checked: Mapping[str, Any]) -> list[str]:
    """Lines for people on what ``rag.training.reader.checking.check_reader_data`` found."""
    lines = [
        f"{name} ({file['form']}): {file['training']:,} to learn from, {file['held_out']:,} held out, "
        f"{file['share_of_rows']:.0%} of what is shown."
        for name, file in checked["files"].items()
    ]
    lines.append(f"{checked['steps']:,} steps.")
    return lines + reservations(checked)


def reservations(checked: Mapping[str, Any]) -> list[str]:
    """Lines on what is left out of data, and what is wrong with them."""
    lines = []
    if checked["left_out"]:
        lines.append(f"{checked['left_out']:,} rows are left out: " + "; ".join(checked["problems"][:5]) + ".")
    return lines + [f"Note: {warning}." for warning in checked["warnings"]]


def about_data(checked: Mapping[str, Any]) -> list[str]:
    """Lines for people on what ``rag.training.generator.checking.check_data`` found."""
    tokens, languages = checked["tokens"], checked["languages"]
    lines = [
        f"{checked['samples']:,} samples to learn from, {checked['held_out']:,} held out.",
        f"Tokens: {tokens['median']:,} in the middle, {tokens['95%']:,} at most in 95%, {tokens['longest']:,} at most; "
        f"{checked['cut']:,} samples are cut.",
    ]
    if languages:
        lines.append("Languages: " + ", ".join(f"{name} {many:,}" for name, many in languages.items()) + ".")
    return lines + reservations(checked)
