"""Failures to write weights, as a person understands them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from vectorstore.errors import RefdeskError


@contextmanager
def explained_writing(what: str, where: Path, remedy: str) -> Iterator[None]:
    """Turn what the system or safetensors raises meanwhile into a RefdeskError: ``what`` cannot be done, and why."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RefdeskError(f"{what} ({reason})", where=str(where), remedy=remedy) from error
