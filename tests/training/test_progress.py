"""What the commands that train show on the way."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from rag.training.runs.types import Tick
from ui.cli.finetune.progress import training_progress

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("first", [1, 501], ids=["from the beginning", "resumed"])
@pytest.mark.parametrize("seconds", [1, 90])
def test_the_time_left_is_told_however_long_a_step_takes(
    seconds: int, first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, told = 0.0, StringIO()
    terminal = Console(file=told, force_terminal=True, width=200, get_time=lambda: now)
    monkeypatch.setattr("ui.cli.finetune.progress.errors", terminal)
    with training_progress("F1", tmp_path) as shown:
        shown.phase("Reading the data", 0, 400)
        shown.phase("Reading the data", 300, 400)
        for step in range(first, first + 4):
            now += seconds
            shown.tick(Tick(step, 1.0, 1.0, None), first + 9)
    left = told.getvalue().rsplit("left:", 1)[1]
    assert ("0:00:06" if seconds == 1 else "0:09:00") in left  # six more steps
