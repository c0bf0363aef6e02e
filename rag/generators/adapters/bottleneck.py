"""Two kinds of adapters that PEFT does not have: bottlenecks between the layers, and selected weights of the model.

A folder of one holds ``refdesk_adapter.json`` and ``weights.safetensors``.
"""

import json
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from rag.generators.adapters.folder import OWN_CONFIG

Kind = Literal["bottleneck", "selected"]

_WEIGHTS = "weights.safetensors"


class Bottleneck(nn.Module):
    """A feed-forward block with an adapter of ``width`` behind it (Pfeiffer et al., arXiv:2005.00247).

    It begins as the identity, as the way up begins at zero.
    """

    def __init__(self, inner: nn.Module, hidden: int, width: int) -> None:
        super().__init__()
        self.inner = inner
        self.adapter_down = nn.Linear(hidden, width)
        self.adapter_up = nn.Linear(width, hidden)
        nn.init.zeros_(self.adapter_up.weight)
        nn.init.zeros_(self.adapter_up.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        """Of shape ``(rows, tokens, hidden)``, as the block's own."""
        out: Tensor = self.inner(hidden)
        narrow = functional.silu(self.adapter_down(out.to(self.adapter_down.weight.dtype)))
        changed: Tensor = self.adapter_up(narrow)
        return out + changed.to(out.dtype)


def add_bottlenecks(model: PreTrainedModel, width: int) -> PreTrainedModel:
    """Put an adapter behind the feed-forward block of every layer. Its weights are float32."""
    for layer in model.get_decoder().layers:
        device = next(layer.parameters()).device
        layer.mlp = Bottleneck(layer.mlp, model.config.hidden_size, width).to(device)
    return model


def selected(model: PreTrainedModel) -> dict[str, nn.Parameter]:
    """The biases and the scales of the norms (BitFit, arXiv:2106.10199; of Llama's kind only the latter exist)."""
    return {
        name: parameter
        for name, parameter in model.named_parameters()
        if name.endswith(".bias") or name.split(".")[-2].endswith("norm")
    }


def save_own_adapter(model: PreTrainedModel, kind: Kind, width: int, base: str, folder: Path) -> None:
    """Write what was trained into an empty folder, in float16."""
    weights = {name: tensor.detach() for name, tensor in model.named_parameters() if tensor.requires_grad}
    save_file({name: tensor.half().contiguous() for name, tensor in weights.items()}, folder / _WEIGHTS)
    (folder / OWN_CONFIG).write_text(json.dumps({"kind": kind, "width": width, "base": base}), encoding="utf-8")


def own_kind(folder: Path) -> Kind | None:
    """What kind of adapter of ours the folder holds; None for none."""
    file = folder / OWN_CONFIG
    kind: Kind | None = json.loads(file.read_text(encoding="utf-8"))["kind"] if file.is_file() else None
    return kind


def load_own_adapter(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """Put the adapter into ``model``. Raises ValueError where it was made for another one."""
    config = json.loads((folder / OWN_CONFIG).read_text(encoding="utf-8"))
    if config["kind"] == "bottleneck":
        model = add_bottlenecks(model, config["width"])
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name, tensor in load_file(folder / _WEIGHTS).items():
            if name not in parameters or parameters[name].shape != tensor.shape:
                raise ValueError(f"the model has no weight {name} of the shape {tuple(tensor.shape)}")
            parameters[name].copy_(tensor)
    return model
