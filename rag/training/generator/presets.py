"""Named sets of values for training a generator; what a person names wins over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag.generators.registry import LLAMA
from rag.training.generator.settings import GeneratorTraining
from vectorstore.errors import UsageError


@dataclass(frozen=True, slots=True)
class Preset:
    """``values`` are those that are not as usual; ``summary`` says in a line what they are for."""

    summary: str
    values: Mapping[str, Any]


PRESETS: Mapping[str, Preset] = {
    "laptop": Preset("Laptop: a small adapter for the packaged model, on any machine", {}),
    "qlora-13gb": Preset(
        "GPU with 13 GB: an adapter for Llama 3.1 8B, held in 4 bits",
        {
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
    ),
}


def chosen(preset: str, named: Mapping[str, Any]) -> GeneratorTraining:
    """What a preset and the values in ``named`` (None: not named) come to.

    Raises UsageError where there is no such preset, or a value is wrong.

    >>> chosen("qlora-13gb", {"epochs": 2}).epochs
    2
    """
    if preset not in PRESETS:
        raise UsageError("There is no such preset", where=preset, remedy=f"There are: {', '.join(PRESETS)}.")
    given = {name: value for name, value in named.items() if value is not None}
    return GeneratorTraining.of({**PRESETS[preset].values, **given})
