"""What the commands that train show on the way."""

import json
import signal
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from torch import Tensor

from rag.training.runs.loop import train
from rag.training.runs.types import Tick
from tests.training.test_loop import STEPS, Line, run_folder, schedule
from ui.cli.finetune.progress import training_progress
from ui.cli.progress import Interrupted

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("first", [1, 501], ids=["from the beginning", "resumed"])
@pytest.mark.parametrize("seconds", [1, 90])
def test_the_time_left_is_told_however_long_a_step_takes(seconds: int, first: int, tmp_path: Path) -> None:
    now, told = 0.0, StringIO()
    terminal = Console(file=told, force_terminal=True, width=200, get_time=lambda: now)
    with training_progress("F1", tmp_path, terminal) as shown:
        shown.phase("Reading the data", 0, 400)
        shown.phase("Reading the data", 300, 400)
        for step in range(first, first + 4):
            now += seconds
            shown.tick(Tick(step, 1.0, 1.0, None), first + 9)
    left = told.getvalue().rsplit("left:", 1)[1]
    assert ("0:00:06" if seconds == 1 else "0:09:00") in left  # six more steps


class LineWithControlC(Line):
    """Control-C is pressed so many ``times`` while its second step is made."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def loss(self, step: int) -> tuple[Tensor, int]:
        if step == 1:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)
        return super().loss(step)


@pytest.fixture
def terminal_signals() -> Iterator[None]:
    """Control-C as in a terminal, also where the tests are a job in the background, which gets none."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)


@pytest.mark.usefixtures("terminal_signals")
@pytest.mark.parametrize("times", [1, 2])
def test_control_c_ends_after_the_step_with_a_checkpoint_and_the_second_time_at_once(
    times: int, tmp_path: Path
) -> None:
    handler = signal.getsignal(signal.SIGINT)
    folder = tmp_path / "run"

    def trained(task: Line) -> int:
        with training_progress("F1", folder) as shown:
            return train(task, schedule(), run_folder(folder), lambda tick: shown.tick(tick, STEPS)).step

    with pytest.raises(Interrupted, match=r"Stopped: .*run\. The same call with --resume goes on from the") as stopped:
        trained(LineWithControlC(times))
    assert stopped.value.code == 130
    state = folder / "checkpoint/state.json"
    assert json.loads(state.read_text())["step"] == 2 if times == 1 else not state.exists()
    assert signal.getsignal(signal.SIGINT) is handler
    assert trained(Line()) == STEPS
