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
