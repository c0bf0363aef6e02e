"""``refdesk finetune pairs``."""

from pathlib import Path
from typing import Annotated

import typer

from rag.settings.model import load_settings
from ui.cli.output import HomeOption, JsonOption, print_json, say


def pairs(
    output: Annotated[Path, typer.Option("--output", help="The JSONL file to write.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Collect pairs of a better and a worse answer from what was judged in the chat, for `finetune generator`."""
    settings = load_settings(home)

    from rag.evaluation.golden_set import golden_questions  # the libraries take seconds to import
    from rag.training.data.preference_pairs import write_pairs

    judged = golden_questions(settings.home)
    written = write_pairs(judged, output)
    if as_json:
        print_json({"pairs": written, "judged": len(judged)})
        return
    say(f"{written:,} pairs of {len(judged):,} judged answers written to {output}.")
