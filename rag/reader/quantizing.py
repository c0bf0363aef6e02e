"""A trained BERT reader made into 8-bit integers, as ``rag.reader.int8`` runs them. Imports torch."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rag.reader.int8 import RANGE, SCALE, SMOOTH, STEPS, WEIGHT

_SMOOTHING = 0.85
"""How much of the difference between channels goes to the weights; the least error of 0, .3, .4 ... 1 on a MiniLM."""


def quantize(network: nn.Module, calibration: Iterable[Mapping[str, Tensor]]) -> dict[str, NDArray[Any]]:
    """The layers' linear weights as int8, each with its scale, smoothing and input range; all else as it is.

    ``calibration`` holds batches like those to come; the ranges are of what they put into each layer.
    """
    low, high = _input_ranges(network, calibration)
    state = network.state_dict()
    tensors = dict(state)
    for name in low:
        # Query, key and value take in the same, so that they are smoothed alike.
        weights = [state[sibling + WEIGHT] for sibling in _siblings(name)]
        largest = torch.stack([weight.abs().amax(0) for weight in weights]).amax(0)
        taken_in = torch.maximum(-low[name], high[name])
        smoothing = taken_in.clamp(min=1e-5) ** _SMOOTHING / largest.clamp(min=1e-5) ** (1 - _SMOOTHING)
        weight = state[name + WEIGHT] * smoothing
        scale = weight.abs().amax(1) / STEPS
        tensors[name + WEIGHT] = (weight / scale[:, None]).round().to(torch.int8)
        tensors[name + SCALE], tensors[name + SMOOTH] = scale, smoothing
        tensors[name + RANGE] = torch.stack([(low[name] / smoothing).amin(), (high[name] / smoothing).amax()])
    return {name: tensor.numpy() for name, tensor in tensors.items()}


_SHARING_AN_INPUT = ("query", "key", "value")


def _siblings(name: str) -> list[str]:
    """The linear layers with the same input as this one."""
    parent, _, own = name.rpartition(".")
    return [f"{parent}.{part}" for part in _SHARING_AN_INPUT] if own in _SHARING_AN_INPUT else [name]


def _input_ranges(
    network: nn.Module, batches: Iterable[Mapping[str, Tensor]]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The least and the largest that each channel of each linear layer of the encoder took in."""
    low: dict[str, Tensor] = {}
    high: dict[str, Tensor] = {}
    kept = torch.empty(0)

    def watch(name: str) -> None:
        def see(_: nn.Module, taken_in: tuple[Tensor, ...]) -> None:
            tokens = taken_in[0][kept]
            low[name] = torch.minimum(low.get(name, tokens[0]), tokens.amin(0))
            high[name] = torch.maximum(high.get(name, tokens[0]), tokens.amax(0))

        hooks.append(modules[name].register_forward_pre_hook(see))

    modules = dict(network.named_modules())
    hooks: list[torch.utils.hooks.RemovableHandle] = []
    for name, module in modules.items():
        if isinstance(module, nn.Linear) and ".encoder." in name:
            watch(name)
    try:
        with torch.inference_mode():
            for batch in batches:
                kept = batch["attention_mask"].bool()
                network(**batch)
    finally:
        for hook in hooks:
            hook.remove()
    return low, high
