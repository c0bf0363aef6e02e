"""How commands speak: JSON alone on standard output, or text for people; errors and progress on standard error."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.prompt import Confirm
from rich.status import Status

from rag.generators.registry import ENGINES

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Folder in which everything is kept.", show_default="REFDESK_HOME or ~/.local/share/refdesk"
    ),
]
EngineOption = Annotated[str | None, typer.Option("--engine", help=f"{', '.join(('auto', *ENGINES))}.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON only.")]

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def json_text(value: Any) -> str:
    """One JSON document, readable."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def print_json(value: Any) -> None:
    """One JSON document on standard output, in UTF-8."""
    sys.stdout.write(json_text(value))
    sys.stdout.flush()


def say(text: str) -> None:
    """A line for people; what documents and models wrote is never taken for markup."""
    console.print(text, markup=False, soft_wrap=True)


def confirm_download(waiting: Status) -> Callable[[str, int], bool]:
    """A question on the terminal before a large download; where nobody can answer, the answer is no."""

    def confirm(model: str, size: int) -> bool:
        if not sys.stdin.isatty():
            return False
        waiting.stop()
        answer = Confirm.ask(f"{model} is a download of {size / 1e9:.1f} GB. Download it?", console=errors)
        waiting.start()
        return answer

    return confirm


def fail(error: Exception | str, code: int) -> int:
    """Print the error as one line and give back the exit code."""
    errors.print(f"refdesk: {' '.join(str(error).split())}", markup=False, soft_wrap=True)
    return code
