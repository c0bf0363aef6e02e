"""Linear layers whose weights are places in a table, so that transformers loads what `refdesk quantize` packed.

Round to nearest and clustering differ only in the table: evenly spaced numbers, or centres found by k-means.
bitsandbytes has its own layers and needs none of this.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.quantizers import HfQuantizer, register_quantization_config, register_quantizer
from transformers.quantizers.base import get_keys_to_not_convert
from transformers.quantizers.quantizers_utils import should_convert_module
from transformers.utils.quantization_config import QuantizationConfigMixin
from typing_extensions import override

PACKED = "refdesk"
"""The name under which ``quantization_config.quant_method`` of a model's config.json asks for these layers."""


class PackedLinear(nn.Module):
    """A linear layer with ``weight[i, j] = table[place[i, j]] * scales[i, j // group]``.

    ``packed`` holds the places, two in a byte with 4 bits (the first in the high half): (outputs, inputs * bits / 8)
    uint8. ``scales`` is (outputs, inputs / group) float32, ``table`` (2 ** bits) float32.
    """

    packed: Tensor
    scales: Tensor
    table: Tensor

    def __init__(self, inputs: int, outputs: int, bias: bool, bits: int, group: int) -> None:
        super().__init__()
        self.per_byte = 8 // bits
        self.register_buffer("packed", torch.empty(outputs, inputs // self.per_byte, dtype=torch.uint8))
        self.register_buffer("scales", torch.empty(outputs, inputs // group, dtype=torch.float32))
        self.register_buffer("table", torch.empty(2**bits, dtype=torch.float32))
        self.bias = nn.Parameter(torch.empty(outputs), requires_grad=False) if bias else None

    def forward(self, inputs: Tensor) -> Tensor:
        """(..., inputs) to (..., outputs)."""
        weight = unpacked(self.packed, self.scales, self.table).to(inputs.dtype)
        return nn.functional.linear(inputs, weight, self.bias)


def unpacked(packed: Tensor, scales: Tensor, table: Tensor) -> Tensor:
    """The weights themselves, (outputs, inputs) float32."""
    per_byte = 1 if len(table) > 16 else 2
    if per_byte == 2:  # one look-up a byte: all pairs of values
        high, low = torch.meshgrid(table, table, indexing="ij")
        values = torch.stack([high.flatten(), low.flatten()], dim=1)
    else:
        values = table[:, None]
    weight = nn.functional.embedding(packed.int(), values)
    outputs, groups = scales.shape
    return (weight.view(outputs, groups, -1) * scales[..., None]).view(outputs, -1)


def quantized_layers(model: PreTrainedModel) -> list[str]:
    """The names of the linear layers that quantization is for: all but the output head, as bitsandbytes does it."""
    kept = get_keys_to_not_convert(model)
    return [
        name
        for name, module in model.named_modules()
        if type(module) is nn.Linear and should_convert_module(name, kept)
    ]


@register_quantization_config(PACKED)
class PackedConfig(QuantizationConfigMixin):
    """``bits`` of a place (4 or 8), and how many weights of a row share a ``group``'s scale (0: the whole row)."""

    def __init__(self, bits: int, group: int, **_: Any) -> None:
        self.quant_method = PACKED
        self.bits = bits
        self.group = group


@register_quantizer(PACKED)
class PackedQuantizer(HfQuantizer):
    """Puts `PackedLinear` where the weights are packed; it only loads, `rag.quantization` writes."""

    requires_calibration = True  # transformers' word for "cannot quantize while it loads"

    @override
    def _process_model_before_weight_loading(self, model: PreTrainedModel, **_: Any) -> None:
        config = self.quantization_config
        for name in quantized_layers(model):
            layer = model.get_submodule(name)
            inputs, outputs = layer.in_features, layer.out_features
            with torch.device("meta"):
                packed = PackedLinear(inputs, outputs, layer.bias is not None, config.bits, config.group or inputs)
            model.set_submodule(name, packed)

    @override
    def is_serializable(self) -> bool:
        return False

    @property
    @override
    def is_trainable(self) -> bool:
        return False
