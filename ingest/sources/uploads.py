"""Files that came through the browser: where they are kept, and when they go."""

import time
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from vectorstore.errors import UsageError

FOLDER = "files"
PART = ".part"
"""Ends the name of a file that is still coming."""

_LONGEST_NAME = 240  # bytes; file systems allow 255, and a part's name is longer
_LEFT_ALONE_SECONDS = 24 * 3600.0
"""A file that nothing refers to may be about to be added."""


def upload_path(home: Path, collection: str, name: str) -> Path:
    """Where the file that came as ``name``, a path with slashes, is kept. Raises UsageError if it leads elsewhere."""
    parts = PurePosixPath(name).parts
    if not parts:
        raise UsageError("The file has no name", remedy="Name it.")
    return home.resolve() / FOLDER / checked_name(collection) / Path(*map(checked_name, parts))


def checked_name(name: str) -> str:
    """``name``, if a file or a folder may be called so. Raises UsageError."""
    bad = name in ("", ".", "..") or "/" in name or not name.isprintable() or name.endswith(PART)
    if bad or len(name.encode(errors="replace")) > _LONGEST_NAME:
        raise UsageError("A file cannot be kept under this name", where=repr(name), remedy="Rename it.")
    return name


def kept_under(home: Path, path: str) -> str | None:
    """The name under which an uploaded file came; None for a file from elsewhere."""
    folder = home.resolve() / FOLDER
    if not Path(path).is_relative_to(folder):
        return None
    return str(PurePosixPath(*Path(path).relative_to(folder).parts[1:]))


def tidy(home: Path, wanted: Collection[str]) -> None:
    """Delete the uploaded files that are not ``wanted``, except those of the last day."""
    folder = home.resolve() / FOLDER
    old = time.time() - _LEFT_ALONE_SECONDS
    for path in sorted(folder.rglob("*"), reverse=True):  # the contents of a folder before the folder
        if path.is_dir():
            if not any(path.iterdir()) and path.stat().st_mtime < old:
                path.rmdir()
        elif str(path) not in wanted and path.stat().st_mtime < old:
            path.unlink(missing_ok=True)
