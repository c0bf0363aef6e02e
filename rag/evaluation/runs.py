"""Evaluations kept under ``<home>/evaluations``: a folder each, with run.json and items.jsonl."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.evaluation.figures import intervals, rounded
from rag.evaluation.types import Evaluation, Item, Kind, Run, RunHead
from rag.settings.renamed import renamed
from vectorstore.errors import RefdeskError, UsageError

FOLDER = "evaluations"
RUN, ITEMS = "run.json", "items.jsonl"


def runs_folder(home: Path) -> Path:
    """The folder of all runs, made if it is not there."""
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def store_run(home: Path, evaluation: Evaluation, started: datetime, setup: Mapping[str, Any]) -> Run:
    """Keep the evaluation in a new folder."""
    scores = dict.fromkeys(name for item in evaluation.items for name in item.scores)
    run = Run(
        _new_folder(home, evaluation.kind, started),
        evaluation.kind,
        started.isoformat(timespec="seconds"),
        setup,
        rounded(evaluation.figures),
        intervals(evaluation.items, scores),
        evaluation.curve,
        evaluation.items,
    )
    with (run.folder / ITEMS).open("w", encoding="utf-8", errors="replace") as file:
        file.writelines(json.dumps(dataclasses.asdict(item), ensure_ascii=False) + "\n" for item in run.items)
    names = (field.name for field in dataclasses.fields(run))
    fields = {name: getattr(run, name) for name in names if name not in {"folder", "items"}}
    (run.folder / RUN).write_text(json.dumps(fields, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return run


def load_run(home: Path, reference: str) -> Run:
    """The run that an id or a folder names. Raises UsageError if there is none, RefdeskError if it is damaged."""
    folder = _folder(home, reference)
    try:
        fields = _fields(folder)
        with (folder / ITEMS).open(encoding="utf-8") as file:
            items = tuple(parsed_item(json.loads(line)) for line in file)
        return Run(**fields | {"folder": folder.resolve(), "curve": tuple(fields["curve"]), "items": items})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(folder) from error


def load_head(home: Path, reference: str) -> RunHead:
    """As ``load_run``, without the questions."""
    folder = _folder(home, reference)
    try:
        fields = _fields(folder)
        return RunHead(fields["kind"], fields["started"], fields["setup"]["data"]["name"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(folder) from error


def changed_at(home: Path, reference: str) -> int:
    """When its questions were last written, in nanoseconds; 0 where they are missing."""
    try:
        return (_folder(home, reference) / ITEMS).stat().st_mtime_ns
    except OSError:
        return 0


def _folder(home: Path, reference: str) -> Path:
    folder = next((path for path in (home / FOLDER / reference, Path(reference)) if (path / RUN).is_file()), None)
    if folder is None:
        remedy = f"The runs are in {home / FOLDER}."
        raise UsageError("There is no such evaluation", where=reference, remedy=remedy)
    return folder


def _fields(folder: Path) -> dict[str, Any]:
    """What run.json holds, under the names of today where it was written under others."""
    fields: dict[str, Any] = json.loads((folder / RUN).read_text(encoding="utf-8"))
    if fields["kind"] == "swaps":
        fields["kind"] = "counterfactuals"
    fields["setup"] = {**fields["setup"], "settings": renamed(fields["setup"].get("settings", {}))}
    return fields


def _damaged(folder: Path) -> RefdeskError:
    return RefdeskError("The evaluation is damaged", where=str(folder), remedy="Run it again.")


def list_runs(home: Path) -> list[str]:
    """The ids of all runs, newest first."""
    return sorted((path.parent.name for path in (home / FOLDER).glob(f"*/{RUN}")), reverse=True)


def sha256_of(path: Path) -> str:
    """Of a file, or of a folder's files with their names."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    listing = "".join(f"{sha256_of(file)}  {file.relative_to(path)}\n" for file in files)
    return hashlib.sha256(listing.encode()).hexdigest()


def parsed_item(fields: dict[str, Any]) -> Item:
    """An item as it is written into a file."""
    return Item(**fields | {"gold": tuple(fields["gold"])})


def _new_folder(home: Path, kind: Kind, started: datetime) -> Path:
    name = f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{kind}"
    for number in range(1, 1_000):
        folder = runs_folder(home) / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:  # another run began in the same second
            continue
        return folder
    raise RefdeskError("There are too many evaluations of this second", where=str(home / FOLDER), remedy="Try again.")
