"""Which files an ingestion is about."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.sources.mapping import MAPPING_FILE
from vectorstore.errors import RefdeskError, UsageError

_SKIPPED_FOLDERS = frozenset({"__MACOSX", "__pycache__", "node_modules"})


def find_files(paths: Iterable[Path]) -> list[Path]:
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
        found.update(dict.fromkeys(_walk(root) if root.is_dir() else [root]))
    return list(found)


def _walk(root: Path) -> Iterator[Path]:
    for folder, subfolders, names in os.walk(root, onerror=_unreadable):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(".") and name not in _SKIPPED_FOLDERS)
        for name in sorted(names):
            if name.startswith((".", "~$")) or name == MAPPING_FILE:
                continue
            path = Path(folder, name)
            if path.is_symlink():
                path = path.resolve()
                if not path.is_relative_to(root):
                    continue
            if path.is_file():
                yield path


def _unreadable(error: OSError) -> None:
    """A folder that cannot be listed is said so: leaving its files out in silence would look like success."""
    raise RefdeskError(
        "A folder cannot be read", where=str(error.filename), remedy=f"({error.strerror}) Check its permissions."
    )


def find_mapping_files(paths: Iterable[Path]) -> list[Path]:
    """The mapping files at the top of the folders among ``paths``."""
    return [path / MAPPING_FILE for path in paths if (path / MAPPING_FILE).is_file()]
