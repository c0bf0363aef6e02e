"""Named sets of values for training a generator; what a person names wins over them."""

from collections.abc import Mapping
from typing import Any

from rag.training.generator_settings import GeneratorTraining
from rag.training.methods import Method, MethodSettings
from vectorstore.errors import UsageError
from vectorstore.models import SMOLLM2

_USUAL: Mapping[str, Any] = {
    "model": SMOLLM2,
    "method": "lora",
    "rank": 16,
    "alpha": 32,
    "dropout": 0.0,
    "shape": "linear",
    "epochs": 3,
    "max_steps": None,
    "batch": 8,
    "accumulation": 1,
    "longest": 512,
    "held_out": 0.1,
    "evaluate_every": None,
    "evaluate_on": 200,
    "patience": 3,
    "checkpoint_every": 50,
    "seed": 0,
}
_LEARNING_RATES: Mapping[Method, float] = {"lora": 5e-4, "full": 5e-5}
_METHOD_FIELDS = ("method", "rank", "alpha", "dropout")

PRESETS: Mapping[str, Mapping[str, Any]] = {"laptop": {}}


def chosen(preset: str, named: Mapping[str, Any]) -> tuple[str, GeneratorTraining]:
    """The model and the training that a preset and the values in ``named`` (None: not named) come to.

    Raises UsageError where there is no such preset.
    """
    if preset not in PRESETS:
        raise UsageError("There is no such preset", where=preset, remedy=f"There are: {', '.join(PRESETS)}.")
    values = {**_USUAL, **PRESETS[preset], **{name: value for name, value in named.items() if value is not None}}
    if "rank" in values and named.get("rank") and not named.get("alpha") and "alpha" not in PRESETS[preset]:
        values["alpha"] = 2 * values["rank"]
    values.setdefault("learning_rate", _LEARNING_RATES[values["method"]])
    model = values.pop("model")
    settings = MethodSettings(**{name: values.pop(name) for name in _METHOD_FIELDS})
    return model, GeneratorTraining(settings=settings, **values)
