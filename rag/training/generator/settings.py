"""How a generator is trained."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from rag.training.settings import (
    Batch,
    CheckpointEvery,
    Epochs,
    HeldOut,
    Longest,
    MaxSteps,
    Patience,
    Seed,
    TrainingSettings,
    described,
)
from vectorstore.models import SMOLLM2

Method = Literal["lora", "qlora", "dora", "adapters", "ia3", "prompt", "prefix", "bitfit", "full"]
"""What of the model is trained: see ``rag.training.generator.methods``."""
METHODS: Mapping[str, str] = {
    "lora": "LoRA: a small adapter beside the weights",
    "qlora": "QLoRA: the same, with the model in 4 bits",
    "dora": "DoRA: LoRA that learns sizes and directions apart",
    "adapters": "Bottleneck adapters between the layers",
    "ia3": "IA3: a factor for each channel, very few weights",
    "prompt": "Prompt tuning: a few tokens before the text",
    "prefix": "Prefix tuning: a few tokens before the text in each layer",
    "bitfit": "BitFit: biases and norms alone",
    "full": "All weights: slow, needs the most memory",
}
"""Each in a line."""
Target = Literal["all", "attention"]
Objective = Literal["lm", "sft", "dpo", "rl"]
"""What is learned: raw text, answers, or what people liked better, directly or by a reward model."""

_LORA = ("lora", "qlora", "dora")
_LEARNING_RATES: Mapping[Method, float] = {
    "lora": 5e-4,
    "qlora": 5e-4,
    "dora": 5e-4,
    "adapters": 1e-3,
    "ia3": 5e-3,
    "prompt": 3e-2,
    "prefix": 1e-2,
    "bitfit": 1e-3,
    "full": 5e-5,
}
_PREFERENCE_RATE = 5e-5
"""DPO and policies are moved in small steps: with a LoRA adapter's usual rate they forget how to write."""


def _twice_the_rank(values: dict[str, Any]) -> int:
    return 2 * int(values.get("rank", 0))


class GeneratorTraining(TrainingSettings):
    """``max_steps``, ``evaluate_every`` and ``checkpoint_every`` count steps of ``accumulation`` batches each.

    ``objective`` None: what the data are for; ``learning_rate`` None: the ``usual_rate``. The packaged model's own
    adapter is gone on from unless a ``new_adapter`` is asked for.
    """

    model: Annotated[
        str,
        described("The model to train: a name or a folder.", title="Model", default="the packaged SmolLM2"),
    ] = SMOLLM2
    method: Annotated[
        Method,
        described(
            "What is trained: adapters of the kinds LoRA, QLoRA (on the model in 4 bits), DoRA, bottlenecks or IA3; "
            "prompt or prefix tokens; biases and norms (bitfit); or all.",
            title="Method",
        ),
    ] = "lora"
    objective: Annotated[
        Objective | None,
        described(
            "lm: raw text; sft: answers; dpo: what people liked better; rl: the same, by a reward model.",
            default="by the data",
        ),
    ] = None
    rank: Annotated[
        int,
        described(
            "Size of what is added: rank of LoRA, width of bottlenecks, number of prompt or prefix tokens.",
            methods=(*_LORA, "adapters", "prompt", "prefix"),
            ge=1,
        ),
    ] = 16
    alpha: Annotated[int, described("Weight of the adapter.", default="twice the rank", methods=_LORA, ge=1)] = Field(
        default_factory=_twice_the_rank
    )
    dropout: Annotated[float, described("Dropout in the adapter.", methods=_LORA, ge=0.0, le=0.9)] = 0.0
    target: Annotated[Target, described("Layers that are changed: all, or those of attention.", methods=_LORA)] = "all"
    learning_rate: Annotated[
        float | None,
        described(
            "Highest learning rate. Too high, and the model forgets how to write.",
            title="Learning rate",
            default="by method",
            ge=0.0,
        ),
    ] = None
    shape: Annotated[
        Literal["linear", "constant"],
        described("Whether the learning rate falls to nothing at the end.", option="--learning-rate-shape"),
    ] = "linear"
    epochs: Epochs = 3
    max_steps: MaxSteps = None
    batch: Batch = 8
    accumulation: Annotated[int, described("Batches a step.", option="--accumulate", ge=1)] = 1
    recompute: Annotated[
        bool,
        described(
            "Compute the layers' inner values again for the gradient: less memory, a third more time.", default="no"
        ),
    ] = False
    longest: Longest = 512
    augment: Annotated[
        float,
        described("Share of prompts shown in other words or mistyped, another way each time.", ge=0.0, le=1.0),
    ] = 0.0
    new_adapter: Annotated[
        bool,
        described("Begin with a new adapter where the packaged model has one to go on from.", default="no"),
    ] = False
    convert_markup: Annotated[
        bool,
        described(
            "Make chats of texts that carry another model's chat marks.",
            title="Make chats of texts that carry another model's chat marks, such as [INST]",
            default="no",
        ),
    ] = False
    held_out: HeldOut = 0.1
    evaluate_every: Annotated[
        int | None,
        described("Steps between evaluations.", default="a fifth of an epoch, 10 at least", ge=1),
    ] = None
    evaluate_on: Annotated[int, described("Held-out samples, at most, for an evaluation on the way.", ge=1)] = 200
    answers: Annotated[int, described("Held-out prompts to answer before and after, for the report.", ge=0)] = 3
    patience: Patience = 3
    checkpoint_every: CheckpointEvery = 50
    seed: Seed = 0


def usual_rate(method: Method, objective: Objective) -> float:
    """The learning rate where none is named."""
    return _PREFERENCE_RATE if objective in ("dpo", "rl") else _LEARNING_RATES[method]
