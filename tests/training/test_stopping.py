"""SIGTERM, as a service manager sends it: what a command has done by then is kept, and it goes on from there."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import TERMINATED, refdesk_apart

pytestmark = pytest.mark.torch

_ENDLESS = ("--max-steps", 10**6, "--epochs", 10**6, "--patience", 0, "--held-out", 0.25)


def rows(file: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]


def steps(run: Path) -> list[float]:
    """The steps made so far, in the order in which they are written down."""
    log = run / "log.jsonl"
    return [row["step"] for row in rows(log) if "loss" in row] if log.exists() else []


def checkpoint(run: Path) -> int:
    state = run / "checkpoint/state.json"
    return int(json.loads(state.read_text())["step"]) if state.exists() else 0


@pytest.fixture(params=["reader", "generator", "classifier"])
def training(
    request: pytest.FixtureRequest, tmp_path: Path, tiny: Path, tiny_llama: Path, write_data: Callable[[], Path]
) -> tuple[object, ...]:
    """A call of `refdesk finetune` that would go on for days."""
    if request.param == "reader":
        return "finetune", "reader", write_data(), "--model", tiny, *_ENDLESS
    table = tmp_path / "table.csv"
    if request.param == "classifier":
        table.write_text("text,label\n" + "".join(f"It is {place},in\nNot {place},out\n" for place in range(20)))
        return "finetune", "classifier", table, "--model", tiny, *_ENDLESS
    table.write_text("prompt,answer\n" + "".join(f"Where is {thing}?,In the cellar.\n" for thing in range(20)))
    return "finetune", "generator", table, "--model", tiny_llama, "--answers", 0, *_ENDLESS


def test_a_training_leaves_a_checkpoint_of_its_step_and_goes_on_from_it(
    training: tuple[object, ...], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    call = (*training, "--output", run, "--checkpoint-every", 10**6)
    stopped = refdesk_apart(*call, folder=tmp_path, until=lambda: len(steps(run)) >= 2)
    assert stopped.code == TERMINATED
    assert "The same call with --resume goes on from the step reached." in " ".join(stopped.err.split())
    reached = checkpoint(run)
    assert steps(run) == list(range(1, reached + 1))
    resumed = refdesk_apart(*call, "--resume", folder=tmp_path, until=lambda: len(steps(run)) > reached)
    assert resumed.code == TERMINATED
    assert checkpoint(run) > reached
    assert steps(run) == list(range(1, checkpoint(run) + 1))


def test_methods_are_compared_until_then_and_the_one_at_work_leaves_its_checkpoint(
    tmp_path: Path, tiny_llama: Path
) -> None:
    table, folder = tmp_path / "table.csv", tmp_path / "compared"
    table.write_text("prompt,answer\n" + "".join(f"Where is {thing}?,In the cellar.\n" for thing in range(20)))
    stopped = refdesk_apart(
        *("finetune", "compare", table, "--model", tiny_llama, "--methods", "lora", "--output", folder),
        *("--max-steps", 10**6),
        folder=tmp_path,
        until=lambda: len(steps(folder / "lora")) >= 2,
    )
    assert stopped.code == TERMINATED
    assert "The same call goes on where it was." in " ".join(stopped.err.split())
    assert checkpoint(folder / "lora") == len(steps(folder / "lora")) >= 2
