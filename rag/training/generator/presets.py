"""Named sets of values for training a generator; what a person names wins over them."""

from collections.abc import Mapping
from typing import Any

from rag.generators.registry import LLAMA
from rag.training.generator.settings import GeneratorTraining, Method, MethodSettings, Objective
from vectorstore.errors import UsageError
from vectorstore.models import SMOLLM2

_USUAL: Mapping[str, Any] = {
    "model": SMOLLM2,
    "method": "lora",
    "rank": 16,
    "dropout": 0.0,
    "target": "all",
    "new_adapter": False,
    "objective": None,
    "learning_rate": None,
    "shape": "linear",
    "epochs": 3,
    "max_steps": None,
    "batch": 8,
    "accumulation": 1,
    "recompute": False,
    "longest": 512,
    "augment": 0.0,
    "convert_markup": False,
    "held_out": 0.1,
    "evaluate_every": None,
    "evaluate_on": 200,
    "answers": 3,
    "patience": 3,
    "checkpoint_every": 50,
    "seed": 0,
}
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
_METHOD_FIELDS = ("method", "rank", "alpha", "dropout", "target")

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "laptop": {},
    "qlora-13gb": {
        "model": LLAMA,
        "method": "qlora",
        "rank": 64,
        "alpha": 16,
        "dropout": 0.1,
        "target": "attention",
        "learning_rate": 2e-4,
        "shape": "constant",
        "epochs": 1,
        "batch": 2,
        "accumulation": 4,
        "recompute": True,
        "evaluate_every": 75,
        "checkpoint_every": 75,
    },
}


def chosen(preset: str, named: Mapping[str, Any]) -> tuple[str, GeneratorTraining]:
    """The model and the training that a preset and the values in ``named`` (None: not named) come to.

    Raises UsageError where there is no such preset.

    >>> chosen("qlora-13gb", {"epochs": 2})[1].epochs
    2
    """
    if preset not in PRESETS:
        raise UsageError("There is no such preset", where=preset, remedy=f"There are: {', '.join(PRESETS)}.")
    values = {**_USUAL, **PRESETS[preset], **{name: value for name, value in named.items() if value is not None}}
    values.setdefault("alpha", 2 * values["rank"])
    model = values.pop("model")
    settings = MethodSettings(**{name: values.pop(name) for name in _METHOD_FIELDS})
    return model, GeneratorTraining(settings=settings, **values)


def usual_rate(method: Method, objective: Objective) -> float:
    """The learning rate where none is named."""
    return _PREFERENCE_RATE if objective in ("dpo", "rl") else _LEARNING_RATES[method]
