"""``refdesk finetune sample``."""

from pathlib import Path
from typing import Annotated

import typer

from rag.access.types import LOCAL_OWNER
from rag.files import write_text
from rag.settings.model import load_settings
from ui.cli.desk import open_desk
from ui.cli.output import JsonOption, print_json, say
from vectorstore.errors import UsageError


def sample(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", help="The JSONL file to write.")] = Path("bicycle-shop.jsonl"),
    as_json: JsonOption = False,
) -> None:
    """Write examples to try training with: questions to a bicycle shop, answered in the manner of the house."""
    if output.exists():
        raise UsageError("The file is there already", where=str(output), remedy="Name another one with --output.")
    with open_desk(context, load_settings()) as desk:
        examples = desk.training.sample(LOCAL_OWNER)
    write_text(output, examples)
    if as_json:
        print_json({"examples": len(examples.splitlines()), "file": str(output)})
        return
    say(f"{len(examples.splitlines())} examples written to {output}.")
