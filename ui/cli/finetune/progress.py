"""What is shown while a model trains, with the loss, the speed and the time that is left, and how it is stopped."""

import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
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
from ui.cli.progress import stoppable
from vectorstore.errors import RefdeskError

if TYPE_CHECKING:
    from rag.training.runs.loop import Tick

_TRAINING = "Training"
_STOPPING = "Stopping after this step (Control-C again: at once)"


class TrainingProgress:
    """A line on standard error; ``score`` is what the score is called."""

    def __init__(self, progress: Progress, task: TaskID, score: str) -> None:
        self._progress, self._task, self._score = progress, task, score
        self._training = self._stopping = False

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

    def interrupt(self, *_: object) -> None:
        """What Control-C does: while steps are made, the first one waits for the step's end and its checkpoint."""
        if self._stopping or not self._training:
            raise KeyboardInterrupt
        self._stopping = True
        self._progress.update(self._task, description=_STOPPING)

    def _show(self, what: str, done: int, total: int, state: str) -> None:
        if self._progress.tasks[0].description not in (what, _STOPPING):
            self._progress.reset(self._task, description=what)  # another stage has another speed
        self._progress.update(self._task, completed=done, total=total or None, state=state)

    def _stop_where_asked(self) -> None:
        if self._stopping:
            from rag.training.runs.loop import Stopped  # loaded by whoever trains; by itself it takes seconds

            raise Stopped


@contextmanager
def training_progress(score: str, folder: Path) -> Iterator[TrainingProgress]:
    """What a run in ``folder`` is told to; the first Control-C while it trains leaves a checkpoint of the step reached.

    Raises RefdeskError where it is stopped.
    """
    from rag.training.runs.loop import Stopped  # takes seconds to import

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
    lines = Progress(*columns, console=errors, transient=not errors.is_terminal, speed_estimate_period=math.inf)
    with lines as progress, stoppable(folder):
        shown = TrainingProgress(progress, progress.add_task("Starting", total=None, state=""), score)
        usual = signal.getsignal(signal.SIGINT)
        if usual is not signal.SIG_IGN:  # a job in the background is not meant
            signal.signal(signal.SIGINT, shown.interrupt)
        try:
            yield shown
        except Stopped:
            remedy = "The same call with --resume goes on from the step reached."
            raise RefdeskError("Stopped", where=str(folder), remedy=remedy) from None
        finally:
            signal.signal(signal.SIGINT, usual)
