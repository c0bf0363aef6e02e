"""Having the chat's answers written by what a run has made, and by what wrote before."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.files import write_json
from rag.settings.file import change_settings, settings_restored_on_failure
from rag.settings.model import load_settings
from rag.training.runs.folder import FOLDER
from rag.training.runs.types import Run
from vectorstore.errors import UsageError

_HISTORY = "served.json"


def serve_run(home: Path, run: Run) -> None:
    """Set the run's result as the generator, in the settings of the home. Raises UsageError, RefdeskError."""
    result = run.report.get("result")
    if not result or not (run.folder / result).is_dir():
        raise UsageError("This run has no result yet", where=run.name, remedy="Let it finish.")
    folder = str(run.folder / result)
    if run.settings.get("task") == "reader":
        remedy = f'Write model = "{folder}" under [reader] in settings.toml.'
        raise UsageError("This run trained a reader, which writes no answers", where=run.name, remedy=remedy)
    values = {
        "generator.engine": "auto",
        "generator.model": folder if result == "model" else None,  # an adapter says itself what it belongs to
        "generator.adapter": None if result == "model" else folder,
    }
    before = change_settings(home, values)
    write_json(home / FOLDER / _HISTORY, [*_history(home), {"run": run.name, "before": before}])


def serve_what_was_before(home: Path) -> None:
    """Undo the last ``serve_run``, and those before it whose runs are deleted.

    Raises UsageError where there was none.
    """
    history = _history(home)
    if not history:
        raise UsageError("No run was put to use here", where=str(home), remedy="Change the settings by hand.")
    before = history.pop()["before"]
    while history and not (home / FOLDER / history[-1]["run"]).is_dir():
        before = history.pop()["before"]
    change_settings(home, before)
    write_json(home / FOLDER / _HISTORY, history)


@contextmanager
def undone_on_failure(home: Path) -> Iterator[None]:
    """Where what is done meanwhile fails, the settings and what can be undone are again as before."""
    history = _history(home)
    try:
        with settings_restored_on_failure(home):
            yield
    except BaseException:
        write_json(home / FOLDER / _HISTORY, history)
        raise


def served_run(home: Path) -> str | None:
    """The name of the run whose result the settings name; None where they name something else."""
    generator = load_settings(home).generator
    named = generator.adapter or Path(generator.model or "")
    folder = named.parent
    return folder.name if folder.parent == home / FOLDER and generator.engine != "extractive" else None


def can_go_back(home: Path) -> bool:
    """Whether ``serve_what_was_before`` would undo what ``served_run`` says."""
    history = _history(home)
    return bool(history) and history[-1]["run"] == served_run(home)


def _history(home: Path) -> list[dict[str, Any]]:
    file = home / FOLDER / _HISTORY
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return found
