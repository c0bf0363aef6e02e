"""``refdesk finetune export``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rag.access.types import LOCAL_OWNER
from rag.settings.model import load_settings
from ui.cli.desk import open_desk
from ui.cli.output import HomeOption, JsonOption, errors, print_json, say


class Form(StrEnum):
    """What is written."""

    merged = "merged"
    gguf = "gguf"


def export(
    context: typer.Context,
    run: Annotated[
        Path, typer.Argument(help="Folder of a run of `finetune generator`, or of its adapter.", metavar="RUN")
    ],
    form: Annotated[
        Form,
        typer.Option("--form", help="merged: a whole model in safetensors; gguf: a LoRA adapter for llama.cpp."),
    ],
    output: Annotated[Path, typer.Option("--output", help="The new folder, or the new .gguf file.")],
    model: Annotated[
        str | None,
        typer.Option("--model", help="For gguf: the GGUF model that it is for.", show_default="the one trained on"),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write what was trained in a form for other programs."""
    with errors.status("Writing"), open_desk(context, load_settings(home)) as desk:
        if form is Form.merged:
            desk.models.export_merged(LOCAL_OWNER, run, output)
        else:
            desk.models.export_gguf(LOCAL_OWNER, run, output, model)
    if as_json:
        print_json({"form": form.value, "output": str(output)})
        return
    say(f"Written to {output}.")
