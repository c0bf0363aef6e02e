"""Folders that are followed: a word whenever something in them has changed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from watchfiles import watch

_LOOK_MS = 500


def changes(paths: Sequence[Path]) -> Iterator[None]:
    """Yield once the ``paths`` are followed, and then after every change in or below them, until interrupted.

    A path is followed, not what was there at first: a folder that vanishes is one change, and what comes in its place
    another.
    """
    while True:
        there = _identities(paths)
        begun = False  # what happened before it was followed has been missed
        for changed in watch(*filter(Path.exists, paths), yield_on_timeout=True, rust_timeout=_LOOK_MS):
            if _identities(paths) != there:
                break
            if changed or not begun:
                begun = True
                yield


def _identities(paths: Sequence[Path]) -> list[tuple[int, int] | None]:
    found: list[tuple[int, int] | None] = []
    for path in paths:
        try:
            status = path.stat()
            found.append((status.st_dev, status.st_ino))
        except OSError:
            found.append(None)
    return found
