"""The loop on a network of one layer, which trains in no time."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from rag.jobs.types import Stopped
from rag.training.runs.folder import RunFolder
from rag.training.runs.loop import Schedule, train
from rag.training.runs.types import Tick
from vectorstore.errors import RefdeskError

pytestmark = pytest.mark.torch

STEPS = 12


class Killed(Exception):
    pass


class Line:
    """Learns to add, from batches that are random in the step; judged by the scores that it is given."""

    def __init__(self, scores: list[float] | None = None, killed_at: int | None = None) -> None:
        torch.manual_seed(5)
        self.network = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.2), nn.Linear(4, 1))
        self.scores, self.killed_at = iter(scores) if scores else None, killed_at
        self.seen: list[list[float]] = []

    def loss(self, step: int) -> tuple[Tensor, int]:
        if step == self.killed_at:
            raise Killed
        numbers = torch.rand(8, 3, generator=torch.Generator().manual_seed(step))
        loss = ((self.network(numbers).float() - numbers.sum(1, keepdim=True)) ** 2).mean()
        return loss, 8

    def evaluate(self) -> Mapping[str, float] | None:
        if self.scores is None:
            return None
        self.seen.append(self.weights())
        return {"score": next(self.scores)}

    def weights(self) -> list[float]:
        return [value for tensor in self.network.parameters() for value in tensor.flatten().tolist()]


def schedule(patience: int = 0) -> Schedule:
    return Schedule(STEPS, 0.01, evaluate_every=2, checkpoint_every=3, patience=patience, seed=1)


def run_folder(path: Path) -> RunFolder:
    folder = RunFolder(path)
    folder.claim({"task": "line"}, resume=path.exists())
    return folder


@pytest.mark.parametrize("killed_at", [0, 2, 3, 7, STEPS - 1])
def test_a_run_that_is_cut_off_ends_with_the_same_weights_as_one_that_is_not(tmp_path: Path, killed_at: int) -> None:
    scores = [0.1, 0.3, 0.2, 0.4, 0.35, 0.3]
    whole, cut, resumed = Line(scores), Line(scores, killed_at), Line(scores[killed_at // 3 * 3 // 2 :])
    train(whole, schedule(), run_folder(tmp_path / "whole"))
    with pytest.raises(Killed):
        train(cut, schedule(), run_folder(tmp_path / "cut"))
    folder = run_folder(tmp_path / "cut")
    progress = train(resumed, schedule(), folder)
    assert resumed.weights() == whole.weights()
    assert (progress.step, progress.best_step) == (STEPS, 8)
    assert [row["step"] for row in folder.log if "loss" in row] == list(range(1, STEPS + 1))
    assert [row["score"] for row in folder.log if "score" in row] == scores


def test_the_best_weights_are_kept_and_training_stops_when_patience_is_over(tmp_path: Path) -> None:
    task = Line([0.1, 0.5, 0.4, 0.5, 0.3, 0.9])
    progress = train(task, schedule(patience=2), run_folder(tmp_path / "run"))
    assert (progress.step, progress.best_step, progress.best_score) == (8, 4, 0.5)
    assert task.weights() == task.seen[1]


def test_with_nothing_held_out_the_last_weights_stay(tmp_path: Path) -> None:
    task, ticks = Line(), list[Tick]()
    before = task.weights()
    progress = train(task, schedule(patience=2), run_folder(tmp_path / "run"), ticks.append)
    assert (progress.step, progress.best_score) == (STEPS, None)
    assert task.weights() != before
    assert [tick.step for tick in ticks] == list(range(1, STEPS + 1))
    assert ticks[-1].loss < ticks[0].loss


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    task = Line()
    with torch.no_grad():
        task.network[0].weight.fill_(float("inf"))
    with pytest.raises(RefdeskError, match=r"no longer a number after 0 steps.*lower --learning-rate"):
        train(task, schedule(), run_folder(tmp_path / "run"))


class Growing(Line):
    """Needs more memory at its eighth step than any machine has."""

    def loss(self, step: int) -> tuple[Tensor, int]:
        return super().loss(step) if step < 7 else (torch.empty(2**58), 8)


def test_too_little_memory_is_named_and_the_last_checkpoint_serves(tmp_path: Path) -> None:
    whole = Line()
    train(whole, schedule(), run_folder(tmp_path / "whole"))
    with pytest.raises(RefdeskError, match=r"too little memory.*smaller --batch"):
        train(Growing(), schedule(), run_folder(tmp_path / "run"))
    resumed = Line()
    train(resumed, schedule(), run_folder(tmp_path / "run"))
    assert resumed.weights() == whole.weights()


def test_a_step_is_the_mean_gradient_of_its_batches_in_any_precision(tmp_path: Path) -> None:
    weights = []
    for precision in (torch.bfloat16, torch.float16):
        task = Line()
        changed = replace(schedule(), steps=3, accumulation=4, shape="constant", learning_rate=1e-3)
        ticks: list[Tick] = []
        train(task, changed, run_folder(tmp_path / str(precision)), ticks.append, precision=precision)
        weights.append(torch.tensor(task.weights()))
        assert len(ticks) == 3
        assert ticks[0].loss == pytest.approx(sum(_loss_of(batch) for batch in range(4)) / 4, rel=0.2)
    torch.testing.assert_close(weights[0], weights[1], rtol=1e-3, atol=1e-4)


def _loss_of(batch: int) -> float:
    task = Line()
    torch.manual_seed(1_000_003)
    return task.loss(batch)[0].item()


def test_the_rate_stays_where_it_is_to_be_constant() -> None:
    assert {Schedule(100, 0.5, 10, 10, 0, 0, shape="constant").rate(step) for step in range(100)} == {0.5}


def test_the_rate_rises_then_falls_to_nothing() -> None:
    rates = [Schedule(100, 1.0, 10, 10, 0, 0).rate(step) for step in range(100)]
    assert rates[5] == pytest.approx(1.0)
    assert rates[:6] == sorted(rates[:6])
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] == pytest.approx(1 / 94)


def test_the_rate_can_stay_and_fall_only_at_the_end() -> None:
    rates = [Schedule(100, 1.0, 10, 10, 0, 0, decay=0.3).rate(step) for step in range(100)]
    assert set(rates[5:71]) == {1.0}
    assert rates[70:] == sorted(rates[70:], reverse=True)
    assert rates[-1] == pytest.approx(1 / 30)


def test_parameters_may_learn_at_rates_of_their_own(tmp_path: Path) -> None:
    before, after = Line(), Line()
    slow = replace(schedule(), learning_rate=1e-5)
    train(after, slow, run_folder(tmp_path / "run"), rates={"2.bias": 10.0})
    changes = [
        (new - old).abs().max().item()
        for new, old in zip(after.network.parameters(), before.network.parameters(), strict=True)
    ]
    assert changes[3] > 5 * max(changes[:3]) > 0


def test_a_run_that_is_stopped_goes_on_from_the_step_reached(tmp_path: Path) -> None:
    def stop(tick: Tick) -> None:
        if tick.step == 5:  # the last checkpoint of the schedule is that of step 3
            raise Stopped

    whole, stopped = Line(), Line()
    train(whole, schedule(), run_folder(tmp_path / "whole"))
    with pytest.raises(Stopped):
        train(stopped, schedule(), run_folder(tmp_path / "stopped"), stop)
    resumed, steps = Line(), list[int]()
    train(resumed, schedule(), run_folder(tmp_path / "stopped"), lambda tick: steps.append(tick.step))
    assert steps[0] == 6
    assert resumed.weights() == whole.weights()
