"""Which files an ingestion is about."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.sources.mapping import MAPPING_FILE
from vectorstore.errors import UsageError

_RESTS = 5.0
"""Seconds."""
_LONG = 1024**2
_SKIPPED_FOLDERS = frozenset({"__MACOSX", "__pycache__", "node_modules"})


@dataclass(frozen=True, slots=True)
class NotFound:
    """A place in a folder whose files cannot be found: a folder that cannot be listed, a link that leads nowhere.

    Leaving it out in silence would look like success.
    """

    path: Path
    detail: str


OnNotFound = Callable[[NotFound], None]


def find_files(paths: Iterable[Path], on_not_found: OnNotFound = lambda _: None) -> list[Path]:
    """Every file under ``paths``, resolved, once, in a stable order.

    Hidden files and folders, editors' lock files, and links that lead out of a folder are left out. Raises UsageError
    for a path that does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        try:
            path.stat()
        except FileNotFoundError as error:
            raise UsageError("There is no such file or folder", where=str(path), remedy="Check the path.") from error
        root = path.resolve()
        found.update(dict.fromkeys(_walk(root, on_not_found) if root.is_dir() else [root]))
    return list(found)


def _walk(root: Path, on_not_found: OnNotFound) -> Iterator[Path]:
    def unlisted(error: OSError) -> None:
        detail = f"The folder cannot be read ({error.strerror}). What is stored of its files stays."
        on_not_found(NotFound(Path(error.filename), detail))

    for folder, subfolders, names in os.walk(root, onerror=unlisted):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(".") and name not in _SKIPPED_FOLDERS)
        for name in subfolders:
            path = Path(folder, name)
            if path.is_symlink() and path.is_relative_to(path.resolve()):
                on_not_found(NotFound(path, "The link leads back to a folder that it lies in."))
        for name in sorted(names):
            if name.startswith((".", "~$")) or name == MAPPING_FILE:
                continue
            path = Path(folder, name)
            try:
                if path.is_symlink():
                    path = path.resolve(strict=True)
                    if not path.is_relative_to(root):
                        continue
                if path.is_file():
                    yield path
            except FileNotFoundError:
                on_not_found(NotFound(Path(folder, name), "The link leads to a file that is not there."))
            except RuntimeError:
                on_not_found(NotFound(Path(folder, name), "The link leads in a circle."))
            except OSError as error:
                on_not_found(NotFound(Path(folder, name), f"The link cannot be followed ({error.strerror})."))


def is_being_written(path: Path, rests: float = _RESTS) -> bool:
    """Whether a long file, which takes a while to be read, has changed within so many seconds: it may do so again."""
    try:
        status = path.stat()
    except OSError:
        return False
    return status.st_size > _LONG and abs(time.time() - status.st_mtime) < rests


def find_mapping_files(paths: Iterable[Path]) -> list[Path]:
    """The mapping files at the top of the folders among ``paths``."""
    return [path / MAPPING_FILE for path in paths if (path / MAPPING_FILE).is_file()]
