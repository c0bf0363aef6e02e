"""How a generator is trained."""

from dataclasses import dataclass
from typing import Literal, get_args

from rag.training.methods import MethodSettings

Objective = Literal["lm", "sft", "dpo", "rl"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)


@dataclass(frozen=True, slots=True)
class GeneratorTraining:
    """``max_steps``, ``evaluate_every`` and ``checkpoint_every`` count steps of ``accumulation`` batches each.

    ``objective`` None: what the data are for; ``learning_rate`` None: the method's usual one. ``longest`` counts
    tokens of a sample; ``held_out`` and ``augment`` are shares from 0 to 1; ``evaluate_on`` and ``answers`` count
    held-out samples; with ``recompute`` the layers' inner values are computed again instead of kept.
    """

    settings: MethodSettings
    objective: Objective | None
    learning_rate: float | None
    shape: Literal["linear", "constant"]
    epochs: int
    max_steps: int | None
    batch: int
    accumulation: int
    recompute: bool
    longest: int
    augment: float
    convert_markup: bool
    held_out: float
    evaluate_every: int | None
    evaluate_on: int
    answers: int
    patience: int
    checkpoint_every: int
    seed: int
