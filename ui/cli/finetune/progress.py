"""What is shown while a model trains: the step, the loss, the speed, the score and the time that is left."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ui.cli.output import errors

if TYPE_CHECKING:
    from rag.training.loop import Tick


class TrainingProgress:
    """A line on standard error; ``score`` is what the score is called."""

    def __init__(self, progress: Progress, task: TaskID, score: str) -> None:
        self._progress, self._task, self._score = progress, task, score

    def phase(self, what: str, done: int, total: int) -> None:
        self._progress.update(self._task, description=what, completed=done, total=total or None)

    def tick(self, tick: "Tick", steps: int) -> None:
        score = f", {self._score} {abs(tick.score):.3f}" if tick.score is not None else ""  # a loss is a score below 0
        state = f"loss {tick.loss:.3f}, {tick.examples_per_second:.1f} examples/s{score}"
        self._progress.update(self._task, description="Training", completed=tick.step, total=steps, state=state)


@contextmanager
def training_progress(score: str) -> Iterator[TrainingProgress]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=not errors.is_terminal) as progress:
        yield TrainingProgress(progress, progress.add_task("Starting", total=None, state=""), score)
