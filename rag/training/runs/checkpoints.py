"""Checkpoints as safetensors and JSON: the weights in training, AdamW's moments, and the counters.

Random draws need no state here: whoever trains draws from generators seeded by (seed, epoch, step).
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from rag.files import whole_folder, write_folder

_TENSORS, _STATE = "training.safetensors", "state.json"


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """How far a run is. ``best_score`` was reached after ``best_step`` steps, ``waited`` evaluations ago."""

    step: int = 0
    seconds: float = 0.0
    best_step: int = 0
    best_score: float | None = None
    waited: int = 0


def trainable(network: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters in training, by name."""
    return {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}


def save_checkpoint(
    folder: Path, network: nn.Module, optimizer: torch.optim.Optimizer, progress: TrainingProgress
) -> None:
    """Replace the checkpoint in ``folder``. Raises RefdeskError, and leaves the former one whole."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in trainable(network).items():
        tensors[f"weight/{name}"] = parameter.detach()
        tensors.update({f"{key}/{name}": value for key, value in optimizer.state[parameter].items()})

    def fill(half: Path) -> None:
        save_file(tensors, half / _TENSORS)
        (half / _STATE).write_text(json.dumps(asdict(progress)), encoding="utf-8")

    write_folder(folder, fill)


def load_checkpoint(folder: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> TrainingProgress:
    """Put the network and the optimizer in the checkpoint's state; nothing is done where there is none yet."""
    found = whole_folder(folder)
    if found is None:
        return TrainingProgress()
    tensors = load_file(found / _TENSORS)
    parameters = trainable(network)
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors.pop(f"weight/{name}"))
    for key, value in tensors.items():
        field, _, name = key.partition("/")
        parameter = parameters[name]
        # fused AdamW counts its steps where the parameter is
        optimizer.state[parameter][field] = value.to(parameter.device)
    return TrainingProgress(**json.loads((found / _STATE).read_text(encoding="utf-8")))


def save_weights(folder: Path, network: nn.Module) -> None:
    """Replace the weights kept in ``folder`` by those in training. Raises RefdeskError."""
    tensors = {name: parameter.detach() for name, parameter in trainable(network).items()}
    write_folder(folder, lambda half: save_file(tensors, half / _TENSORS))


def load_weights(folder: Path, network: nn.Module) -> None:
    """Put what ``save_weights`` kept into the network."""
    found = whole_folder(folder) or folder
    tensors = load_file(found / _TENSORS)
    with torch.no_grad():
        for name, parameter in trainable(network).items():
            parameter.copy_(tensors[name])
