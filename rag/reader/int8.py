"""A BERT reader in 8-bit integers: made from a trained one, and as a graph for OpenVINO.

The weights of each output channel are rounded to 127 steps on each side of zero. What a linear layer takes in is
rounded to 256 steps over the range seen in calibration, after its channels were made alike in size (SmoothQuant, Xiao
et al. 2023, arXiv:2211.10438): an input channel is divided, and the weights that meet it multiplied, by one number.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import openvino as ov
import torch
from openvino import opset15 as op
from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel

from vectorstore.embedders.bert_graph import BertGraph, BertSize, constant, fields

_SMOOTHING = 0.85
"""How much of the difference between channels goes to the weights; the least error of 0, .3, .4 ... 1 on a MiniLM."""

_STEPS = 127
_WEIGHT, _SCALE, _SMOOTH, _RANGE = ".weight", ".weight_scale", ".input_smoothing", ".input_range"


def is_fast_here() -> bool:
    """Whether the processor multiplies 8-bit integers natively (VNNI). Without, they are slow and may overflow."""
    features = torch.cpu.get_capabilities()
    return bool(features.get("avx512_vnni") or features.get("avx_vnni"))


def quantize(network: PreTrainedModel, calibration: Iterable[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The layers' linear weights as int8, each with its scale, smoothing and input range; all else as it is.

    ``calibration`` holds batches like those to come; the ranges are of what they put into each layer.
    """
    low, high = _input_ranges(network, calibration)
    state = network.state_dict()
    tensors = dict(state)
    for name in low:
        # Query, key and value take in the same, so that they are smoothed alike.
        weights = [state[sibling + _WEIGHT] for sibling in _siblings(name)]
        largest = torch.stack([weight.abs().amax(0) for weight in weights]).amax(0)
        taken_in = torch.maximum(-low[name], high[name])
        smoothing = taken_in.clamp(min=1e-5) ** _SMOOTHING / largest.clamp(min=1e-5) ** (1 - _SMOOTHING)
        weight = state[name + _WEIGHT] * smoothing
        scale = weight.abs().amax(1) / _STEPS
        tensors[name + _WEIGHT] = (weight / scale[:, None]).round().to(torch.int8)
        tensors[name + _SCALE], tensors[name + _SMOOTH] = scale, smoothing
        tensors[name + _RANGE] = torch.stack([(low[name] / smoothing).amin(), (high[name] / smoothing).amax()])
    return tensors


def dequantize(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of the float32 network that ``tensors`` stand for."""
    state = {name: tensor.float() for name, tensor in tensors.items() if not name.endswith((_SCALE, _SMOOTH, _RANGE))}
    for name in _quantized(tensors):
        state[name + _WEIGHT] *= tensors[name + _SCALE].float()[:, None] / tensors[name + _SMOOTH].float()
    return state


class SpanGraph(BertGraph):
    """BERT for question answering; those of its layers that are quantized round what they take in."""

    def __init__(self, config: PretrainedConfig, tensors: Mapping[str, Tensor]) -> None:
        self._quantized = _quantized(tensors)
        values = {
            name: tensor.numpy() if tensor.dtype == torch.int8 else tensor.float().numpy()
            for name, tensor in tensors.items()
        }
        super().__init__(BertSize.of(config.to_dict()), values, "bert.")

    def model(self) -> ov.Model:
        inputs = fields("input_ids", "token_type_ids", "attention_mask")
        logits = self.linear("qa_outputs", self.hidden(inputs))
        return ov.Model([op.result(logits)], list(inputs.values()), "reader")

    def linears(self, names: Sequence[str], hidden: ov.Node) -> list[ov.Node]:
        if names[0] not in self._quantized:
            return super().linears(names, hidden)
        low, high = (constant(value) for value in self._tensors[names[0] + _RANGE])
        smoothed = op.multiply(hidden, constant(np.reciprocal(self._tensors[names[0] + _SMOOTH])))
        return super().linears(names, op.fake_quantize(smoothed, low, high, low, high, 256))

    def weight(self, name: str) -> ov.Node:
        if name.removesuffix(_WEIGHT) not in self._quantized:
            return super().weight(name)
        steps = op.convert(op.constant(self._tensors[name]), "f32")
        return op.multiply(steps, constant(self._tensors[name.removesuffix(_WEIGHT) + _SCALE][:, None]))


_SHARING_AN_INPUT = ("query", "key", "value")


def _siblings(name: str) -> list[str]:
    """The linear layers with the same input as this one."""
    parent, _, own = name.rpartition(".")
    return [f"{parent}.{part}" for part in _SHARING_AN_INPUT] if own in _SHARING_AN_INPUT else [name]


def _quantized(tensors: Mapping[str, Tensor]) -> set[str]:
    return {name.removesuffix(_SCALE) for name in tensors if name.endswith(_SCALE)}


def _input_ranges(
    network: PreTrainedModel, batches: Iterable[Mapping[str, Tensor]]
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
