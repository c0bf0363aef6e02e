"""The training loop, the same for every kind of model: what differs between them is a ``Task``.

Killed at any moment and resumed, it ends with the same weights, bit for bit, as if it had not been: everything random
is a function of the seed and the step.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from rag.jobs.types import Stopped
from rag.training.runs.checkpoints import (
    TrainingProgress,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
    trainable,
)
from rag.training.runs.folder import RunFolder
from rag.training.runs.types import Tick
from vectorstore.errors import RefdeskError
from vectorstore.machine import has_bfloat16

_WARM_UP = 0.06
_WEIGHT_DECAY = 0.01
_LARGEST_GRADIENT = 1.0
_HALF_SCALE = 1024.0
"""Keeps gradients above the smallest number of float16; always the same, so that there is no state to resume."""


class Task(Protocol):
    """What is trained, on what, and how it is judged."""

    @property
    def network(self) -> nn.Module: ...

    def loss(self, batch: int) -> tuple[Tensor, int]:
        """The loss on the batch of this number (counted from 0), and its examples. Random only in (seed, number)."""
        ...

    def evaluate(self) -> Mapping[str, float] | None:
        """Metrics of the network as it is, ``score`` being the one to make large; None where nothing is held out."""
        ...


@dataclass(frozen=True, slots=True)
class Schedule:
    """Steps count changes of the weights, each by the mean gradient of ``accumulation`` batches.

    The rate is the same at every step ("constant"), or rises over the first 6% of them, stays, and over the last ones
    falls to nothing, both linearly; ``decay`` is their share, 1 for all after the first. Training ends early after
    ``patience`` evaluations without a gain; 0 means never.
    """

    steps: int
    learning_rate: float
    evaluate_every: int
    checkpoint_every: int
    patience: int
    seed: int
    accumulation: int = 1
    shape: Literal["linear", "constant"] = "linear"
    decay: float = 1.0

    def ended(self, progress: TrainingProgress) -> bool:
        """Whether there is nothing left to do."""
        return progress.step >= self.steps or 0 < self.patience <= progress.waited

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        if self.shape == "constant":
            return self.learning_rate
        warm = max(1, round(_WARM_UP * self.steps))
        falling = max(1, min(round(self.decay * self.steps), self.steps - warm))
        return self.learning_rate * min(1.0, (step + 1) / warm, (self.steps - step) / falling)


def usual_distance(an_epoch: int) -> int:
    """Steps between evaluations, where nothing else is named and an epoch has so many: a fifth, but ten at least.

    After a step or two a loss that has not fallen yet says nothing, and patience would end runs on little data while
    they warm up.
    """
    return max(10, an_epoch // 5)


def train(
    task: Task,
    schedule: Schedule,
    folder: RunFolder,
    on_tick: Callable[[Tick], None] = lambda _: None,
    *,
    precision: torch.dtype = torch.bfloat16,
    rates: Mapping[str, float] | None = None,
) -> TrainingProgress:
    """Train from the last checkpoint on, and leave the best weights (the last ones, with nothing held out) in the
    network. The matrix products are in ``precision`` where the hardware has it. ``rates`` are factors on the learning
    rate of parameters, by their names.

    ``on_tick`` may raise Stopped: a checkpoint is then left at the step reached. Raises RefdeskError when the disk is
    full, the memory too small or the loss no longer a number; the last checkpoint is then whole.
    """
    parameters = trainable(task.network)
    optimizer = _optimizer(parameters, schedule.learning_rate, rates or {})
    progress = load_checkpoint(folder.checkpoint, task.network, optimizer)
    folder.rewind(progress.step)
    before = progress.seconds - time.monotonic()
    recent: list[tuple[float, int]] = []
    while not schedule.ended(progress):
        began = time.monotonic()
        with memory_explained(folder.path):
            loss, examples = _step(task, optimizer, list(parameters.values()), schedule, progress.step, precision)
        if not math.isfinite(loss):
            raise RefdeskError(
                f"The loss is no longer a number after {progress.step} steps",
                where=str(folder.path),
                remedy="Train anew with a lower --learning-rate.",
            )
        recent = [*recent[-19:], (time.monotonic() - began, examples)]
        progress = replace(progress, step=progress.step + 1, seconds=before + time.monotonic())
        folder.record({"step": progress.step, "loss": round(loss, 5), "seconds": round(progress.seconds, 2)})
        if progress.step % schedule.evaluate_every == 0 or progress.step == schedule.steps:
            with memory_explained(folder.path):
                progress = _evaluate(task, progress, folder)
            progress = replace(progress, seconds=before + time.monotonic())
        if progress.step % schedule.checkpoint_every == 0 or schedule.ended(progress):
            save_checkpoint(folder.checkpoint, task.network, optimizer, progress)
        speed = sum(done for _, done in recent) / sum(seconds for seconds, _ in recent)
        try:
            on_tick(Tick(progress.step, loss, speed, progress.best_score))
        except Stopped:
            save_checkpoint(folder.checkpoint, task.network, optimizer, progress)
            raise
    if progress.best_score is not None:
        load_weights(folder.best, task.network)
    return progress


def _optimizer(
    parameters: Mapping[str, nn.Parameter], rate: float, rates: Mapping[str, float]
) -> torch.optim.Optimizer:
    groups = [
        {"params": [value for name, value in parameters.items() if rates.get(name, 1.0) == factor], "factor": factor}
        for factor in sorted({rates.get(name, 1.0) for name in parameters})
    ]
    return torch.optim.AdamW(groups, lr=rate, weight_decay=_WEIGHT_DECAY, fused=True)


def _step(
    task: Task,
    optimizer: torch.optim.Optimizer,
    parameters: list[nn.Parameter],
    schedule: Schedule,
    step: int,
    precision: torch.dtype,
) -> tuple[float, int]:
    torch.manual_seed(schedule.seed * 1_000_003 + step)
    for group in optimizer.param_groups:
        group["lr"] = schedule.rate(step) * group["factor"]
    task.network.train()
    scale = _HALF_SCALE if precision is torch.float16 else 1.0
    total, examples = 0.0, 0
    for batch in range(step * schedule.accumulation, (step + 1) * schedule.accumulation):
        with mixed_precision(precision):
            loss, shown = task.loss(batch)
        (loss * (scale / schedule.accumulation)).backward()
        total += loss.item() / schedule.accumulation
        examples += shown
    if scale != 1.0:
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad.div_(scale)
    torch.nn.utils.clip_grad_norm_(parameters, _LARGEST_GRADIENT)
    optimizer.step()
    optimizer.zero_grad()
    return total, examples


def _evaluate(task: Task, progress: TrainingProgress, folder: RunFolder) -> TrainingProgress:
    metrics = task.evaluate()
    if metrics is None:
        return progress
    folder.record({"step": progress.step, **{name: round(value, 5) for name, value in metrics.items()}})
    if progress.best_score is not None and metrics["score"] <= progress.best_score:
        return replace(progress, waited=progress.waited + 1)
    save_weights(folder.best, task.network)
    return replace(progress, best_step=progress.step, best_score=metrics["score"], waited=0)


def mixed_precision(precision: torch.dtype = torch.bfloat16) -> torch.autocast:
    """``precision`` for the matrix products where the hardware has it; the weights stay float32."""
    if torch.cuda.is_available():
        native = precision is torch.float16 or torch.cuda.is_bf16_supported()
        return torch.autocast("cuda", dtype=precision, enabled=native)
    native = precision is torch.bfloat16 and has_bfloat16()
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=native)


@contextmanager
def memory_explained(folder: Path) -> Iterator[None]:
    """Turn too little memory, which torch reports in three ways, into an error that a person understands."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(error)
        if not known:
            raise
        raise RefdeskError(
            "There is too little memory to train on",
            where=str(folder),
            remedy="Close other programs and go on with --resume, or begin anew with a smaller --batch.",
        ) from error
