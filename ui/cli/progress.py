"""What is shown while a command works through stages, each of so many parts, and when it is stopped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from rag.interrupts import exit_code
from ui.cli.output import errors
from vectorstore.errors import RefdeskError


@contextmanager
def stages(first: str) -> Iterator[Callable[[str, int, int], None]]:
    """A line on standard error, ``first`` to begin with.

    What is yielded is told the stage, how many of its parts are done, and of how many (0: unknown).
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task(first, total=None)

        def show(what: str, done: int, total: int) -> None:
            if progress.tasks[0].description != what:
                progress.reset(task, description=what, total=total or None)
            progress.update(task, completed=done)

        yield show


class Interrupted(RefdeskError):
    """A signal ended a command: ``code`` is its exit code."""

    def __init__(self, code: int, where: str = "", remedy: str = "") -> None:
        super().__init__("Stopped", where=where, remedy=remedy)
        self.code = code


@contextmanager
def stoppable(
    folder: Path, remedy: str = "The same call with --resume goes on from the last checkpoint."
) -> Iterator[None]:
    """Control-C and SIGTERM end what is kept in ``folder``, and it is said how it goes on."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Interrupted(exit_code(stop), str(folder), remedy) from None
