"""The weights in training: in float32, whatever the network computes in."""

import torch
from torch import Tensor, nn

from rag.training.runs.checkpoints import trainable


class FloatWeights:
    """``by_name`` are the parameters of ``network`` themselves, or, of what lies in its part ``narrowed``, copies.

    That part then computes in bfloat16 without converting its weights at every step, as mixed precision does, and the
    weights still gather changes that bfloat16 could not hold.
    """

    def __init__(self, network: nn.Module, narrowed: nn.Module | None = None) -> None:
        inside = {id(parameter) for parameter in narrowed.parameters()} if narrowed else set()
        self._narrowed = narrowed
        self._shown = {name: value for name, value in trainable(network).items() if id(value) in inside}
        copies = {name: value.detach().clone() for name, value in self._shown.items()}
        self.by_name: dict[str, Tensor] = {**trainable(network), **copies}
        if narrowed:
            narrowed.to(torch.bfloat16)

    @property
    def are_shown(self) -> bool:
        """Whether a part of the network computes with copies of its weights in bfloat16."""
        return self._narrowed is not None

    def take_gradients(self) -> None:
        """Move the network's gradients to the weights."""
        for name, parameter in self._shown.items():
            gradient = parameter.grad
            self.by_name[name].grad = None if gradient is None else gradient.float()
            parameter.grad = None

    @torch.no_grad()
    def show(self) -> None:
        """Give the network the weights as they are now."""
        for name, parameter in self._shown.items():
            parameter.copy_(self.by_name[name])

    def widen(self) -> None:
        """Have the whole network compute in float32 again, with the weights as they are now."""
        if self._narrowed:
            self._narrowed.float()
            self.show()
