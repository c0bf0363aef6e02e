"""The model that is quantized: a folder of safetensors, read one tensor at a time."""

import functools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM

from rag.generators.engines.packed import quantized_layers
from vectorstore.errors import UsageError


@dataclass(frozen=True)
class SourceModel:
    """``name`` is the person's name for the model and ``sha256`` the hash of its weights; ``folder`` holds it in
    Hugging Face's layout.
    """

    name: str
    sha256: str
    folder: Path

    def __post_init__(self) -> None:
        """Raises UsageError when the model is quantized already."""
        if "quantization_config" in self.config:
            raise UsageError(
                "This model is quantized already", where=self.name, remedy="Name the model that it was made from."
            )

    @functools.cached_property
    def config(self) -> dict[str, Any]:
        """config.json."""
        config: dict[str, Any] = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        return config

    @functools.cached_property
    def quantized(self) -> frozenset[str]:
        """The names of the tensors that a method changes: the weights of the linear layers. Raises UsageError."""
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(self.folder))
        names = frozenset(f"{name}.weight" for name in quantized_layers(model))
        if not names or not names <= set(self.shapes):
            raise UsageError(
                f"Models of the type {self.config.get('model_type')} keep their layers in another form",
                where=self.name,
                remedy="Quantize a model of Llama's, Mistral's, Qwen's or a like architecture.",
            )
        return names

    @functools.cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor."""
        shapes: dict[str, tuple[int, ...]] = {}
        for file in self._files:
            with safe_open(file, framework="pt") as opened:
                shapes |= {name: tuple(opened.get_slice(name).get_shape()) for name in opened.keys()}  # noqa: SIM118
        return shapes

    @property
    def parameters(self) -> int:
        """How many numbers the model has."""
        return sum(map(math.prod, self.shapes.values()))

    @property
    def largest(self) -> int:
        """How many numbers its largest tensor has."""
        return max(map(math.prod, self.shapes.values()))

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Every tensor with its name; only one is in memory at a time."""
        for file in self._files:
            with safe_open(file, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118
                    yield name, opened.get_tensor(name)

    @property
    def _files(self) -> list[Path]:
        index = self.folder / "model.safetensors.index.json"
        if not index.exists():
            return [self.folder / "model.safetensors"]
        named = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return sorted({self.folder / name for name in named})
