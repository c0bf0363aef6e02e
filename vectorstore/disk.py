"""What has been written is on disk only after it was synced."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until the file, or the names in the folder, are on disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_text(path: Path, text: str) -> None:
    """Write the file so that the old or the new is found, never a half. Raises OSError."""
    half = path.with_name(f".{path.name}.half")
    with half.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    sync(path.parent)
