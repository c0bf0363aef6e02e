"""Folders that are followed: a word whenever something in them has changed."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from watchfiles import watch

from ingest.sources.files import is_being_written

_LOOK_MS = 500


def changes(paths: Sequence[Path], is_unfinished: Callable[[Path], bool] = is_being_written) -> Iterator[None]:
    """Yield once the ``paths`` are followed, and then after every change in or below them, and again when a file that
    ``is_unfinished`` then no longer is, until interrupted.

    A path is followed, not what was there at first: a folder that vanishes is one change, and what comes in its place
    another.
    """
    while True:
        there = _identities(paths)
        begun = False  # what happened before it was followed has been missed
        unfinished: set[Path] = set()
        for changed in watch(*filter(Path.exists, paths), yield_on_timeout=True, rust_timeout=_LOOK_MS):
            if _identities(paths) != there:
                break
            unfinished |= {Path(path) for _, path in changed}
            finished = {path for path in unfinished if not is_unfinished(path)}
            unfinished -= finished
            if changed or finished or not begun:
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
