"""How a generator is trained."""

from dataclasses import dataclass
from typing import Literal

from rag.training.methods import MethodSettings


@dataclass(frozen=True, slots=True)
class GeneratorTraining:
    """``max_steps``, ``evaluate_every`` and ``checkpoint_every`` count steps of ``accumulation`` batches each.

    ``longest`` counts tokens of a sample, ``held_out`` is a share from 0 to 1, ``evaluate_on`` counts samples.
    """

    settings: MethodSettings
    learning_rate: float
    shape: Literal["linear", "constant"]
    epochs: int
    max_steps: int | None
    batch: int
    accumulation: int
    longest: int
    held_out: float
    evaluate_every: int | None
    evaluate_on: int
    patience: int
    checkpoint_every: int
    seed: int
