"""``refdesk finetune check``, and what is said of data before they are trained on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.settings.model import load_settings
from ui.cli.finetune.options import SampleLengthOption
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say
from vectorstore.models import SMOLLM2, resolve_model


def check(
    data: Annotated[
        list[Path], typer.Argument(help="Files or folders as for `finetune generator`.", metavar="DATA...")
    ],
    model: Annotated[str, typer.Option("--model", help="The model whose tokens are counted.")] = SMOLLM2,
    test: Annotated[list[Path] | None, typer.Option("--test", help="Files to judge by.")] = None,
    max_length: SampleLengthOption = None,
    convert_markup: Annotated[
        bool, typer.Option("--convert-markup", help="Make chats of texts that carry another model's chat marks.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at data without training: what can be used, how long it is, and what to be careful about."""
    settings = load_settings(home)

    from rag.training.data.checking import check_data  # the models take seconds to import
    from rag.training.generator.presets import chosen

    with errors.status("Looking at the data") as looking:
        resolved = resolve_model(model, download=settings.downloads, confirm=confirm_download(looking))
        _, training = chosen("laptop", {"convert_markup": convert_markup, "longest": max_length})
        checked = check_data(data, test or [], resolved, settings.home / "models", training)
    if as_json:
        print_json(checked)
        return
    for line in about_data(checked):
        say(line)


def about_data(checked: Mapping[str, Any]) -> list[str]:
    """Lines for people on what ``rag.training.data.checking.check_data`` found."""
    tokens, languages = checked["tokens"], checked["languages"]
    lines = [
        f"{checked['samples']:,} samples to learn from, {checked['held_out']:,} held out.",
        f"Tokens: {tokens['median']:,} in the middle, {tokens['95%']:,} at most in 95%, {tokens['longest']:,} at most; "
        f"{checked['cut']:,} samples are cut.",
    ]
    if languages:
        lines.append("Languages: " + ", ".join(f"{name} {many:,}" for name, many in languages.items()) + ".")
    if checked["left_out"]:
        lines.append(f"{checked['left_out']:,} rows are left out: " + "; ".join(checked["problems"][:5]) + ".")
    return lines + [f"Note: {warning}." for warning in checked["warnings"]]
