"""What a failure among many tries has to say, so that the one try can be repeated."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def noted(note: str) -> Iterator[None]:
    """Whatever is raised inside carries ``note``, which pytest prints."""
    try:
        yield
    except BaseException as error:
        error.add_note(note)
        raise
