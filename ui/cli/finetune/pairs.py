"""``refdesk finetune pairs``."""

from pathlib import Path
from typing import Annotated

import typer

from rag.access.types import LOCAL_OWNER
from rag.settings.model import load_settings
from ui.cli.desk import open_desk
from ui.cli.output import HomeOption, JsonOption, print_json, say


def pairs(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", help="The JSONL file to write.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Collect pairs of a better and a worse answer from what was judged in the chat, for `finetune generator`."""
    with open_desk(context, load_settings(home)) as desk:
        judged, written = desk.training.judged(LOCAL_OWNER)
        desk.training.write_judged(LOCAL_OWNER, output)
    if as_json:
        print_json({"pairs": written, "judged": judged})
        return
    say(f"{written:,} pairs of {judged:,} judged answers written to {output}.")
