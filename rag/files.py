"""Writing that leaves either the old or the new behind, never a half."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from vectorstore.disk import replace_text, sync
from vectorstore.errors import RefdeskError


@contextmanager
def explained_writing(what: str, where: Path, remedy: str) -> Iterator[None]:
    """Turn what the system or safetensors raises meanwhile into a RefdeskError: ``what`` cannot be done, and why."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RefdeskError(f"{what} ({reason})", where=str(where), remedy=remedy) from error


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn a failure to write below ``folder`` into one that a person understands. What was there before stays."""
    remedy = "Free space or correct the permissions; a run goes on from its last checkpoint with --resume."
    with explained_writing("The run cannot be written", folder, remedy):
        yield


def write_text(path: Path, text: str) -> None:
    """Replace the file at once. Raises RefdeskError."""
    with explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)


def write_json(path: Path, value: Any) -> None:
    """As ``write_text``."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_folder(path: Path, fill: Callable[[Path], None]) -> None:
    """Replace the folder by what ``fill`` writes into an empty one. Raises RefdeskError.

    A folder cannot be renamed over a full one, so the old one steps aside first: killed between the two renames, it is
    found again under its other name by ``whole_folder``.
    """
    half, former = path.with_name(f".{path.name}.half"), _former(path)
    with explained(path.parent):
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        fill(half)
        for file in half.rglob("*"):
            sync(file)
        sync(half)
        if path.exists():
            shutil.rmtree(former, ignore_errors=True)
            path.rename(former)
        half.rename(path)
        sync(path.parent)
        shutil.rmtree(former, ignore_errors=True)


def whole_folder(path: Path) -> Path | None:
    """Where what ``write_folder`` last finished is; None before the first time."""
    return next((folder for folder in (path, _former(path)) if folder.exists()), None)


def _former(path: Path) -> Path:
    return path.with_name(f".{path.name}.former")
