"""How a generator is trained."""

from dataclasses import dataclass
from typing import Literal

Method = Literal["lora", "qlora", "dora", "adapters", "ia3", "prompt", "prefix", "bitfit", "full"]
"""What of the model is trained: see ``rag.training.generator.methods``."""
Target = Literal["all", "attention"]
Objective = Literal["lm", "sft", "dpo", "rl"]
"""What is learned: raw text, answers, or what people liked better, directly or by a reward model."""


@dataclass(frozen=True, slots=True)
class MethodSettings:
    """``rank`` is that of LoRA, the width of bottleneck adapters, or the number of virtual tokens.

    ``alpha``, ``dropout`` and ``target`` (all linear layers, or the queries and values of attention) are LoRA's.
    """

    method: Method
    rank: int
    alpha: int
    dropout: float
    target: Target


@dataclass(frozen=True, slots=True)
class GeneratorTraining:
    """``max_steps``, ``evaluate_every`` and ``checkpoint_every`` count steps of ``accumulation`` batches each.

    ``objective`` None: what the data are for; ``learning_rate`` None: the method's usual one. ``longest`` counts
    tokens of a sample; ``held_out`` and ``augment`` are shares from 0 to 1; ``evaluate_on`` and ``answers`` count
    held-out samples; with ``recompute`` the layers' inner values are computed again instead of kept. With
    ``new_adapter`` the packaged model's own adapter is not gone on from.
    """

    settings: MethodSettings
    new_adapter: bool
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
