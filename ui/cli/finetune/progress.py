"""What is shown while a model trains, with the loss, the speed and the time that is left, and how it is stopped."""

import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from rag.interrupts import interrupt
from rag.jobs.types import Stopped
from ui.cli.output import errors
from ui.cli.progress import Interrupted, stoppable

if TYPE_CHECKING:
    from rag.training.runs.types import Tick

_TRAINING = "Training"
_STOPPING = "Stopping after this step (Control-C again: at once)"


class TrainingProgress:
    """A line on standard error; ``score`` is what the score is called."""

    def __init__(self, progress: Progress, task: TaskID, score: str) -> None:
        self._progress, self._task, self._score = progress, task, score
        self._training = False
        self.stopped_by = 0

    def phase(self, what: str, done: int, total: int) -> None:
        self._show(what, done, total, "")
        self._training = False
        self._stop_where_asked()

    def tick(self, tick: "Tick", steps: int) -> None:
        score = f", {self._score} {abs(tick.score):.3f}" if tick.score is not None else ""  # a loss is a score below 0
        state = f"loss {tick.loss:.3f}, {tick.examples_per_second:.1f} examples/s{score}"
        self._show(_TRAINING, tick.step, steps, state)
        self._training = True
        self._stop_where_asked()

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """What a signal does: while steps are made, the first one waits for the step's end and its checkpoint.

        Only a second Control-C ends it at once: a service manager sends SIGTERM again and again.
        """
        if not self._training or (self.stopped_by and number == signal.SIGINT):
            interrupt(number, frame)
        self.stopped_by = self.stopped_by or number
        self._progress.update(self._task, description=_STOPPING)

    def _show(self, what: str, done: int, total: int, state: str) -> None:
        if self._progress.tasks[0].description not in (what, _STOPPING):
            self._progress.reset(self._task, description=what)  # another stage has another speed
        self._progress.update(self._task, completed=done, total=total or None, state=state)

    def _stop_where_asked(self) -> None:
        if self.stopped_by:
            raise Stopped


@contextmanager
def training_progress(score: str, folder: Path, console: Console = errors) -> Iterator[TrainingProgress]:
    """What a run in ``folder`` is told to; Control-C or SIGTERM while it trains leaves a checkpoint of its step.

    Raises Interrupted where it is stopped.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    # However long a step takes, the last ones tell the speed.
    lines = Progress(*columns, console=console, transient=not console.is_terminal, speed_estimate_period=math.inf)
    with lines as progress, stoppable(folder):
        shown = TrainingProgress(progress, progress.add_task("Starting", total=None, state=""), score)
        usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number, handler in usual.items():
            if handler is not signal.SIG_IGN:  # as Control-C is by a job in the background
                signal.signal(number, shown.interrupt)
        try:
            yield shown
        except Stopped:
            remedy = "The same call with --resume goes on from the step reached."
            raise Interrupted(128 + shown.stopped_by, str(folder), remedy) from None
        finally:
            for number, handler in usual.items():
                signal.signal(number, handler)
