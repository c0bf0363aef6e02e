"""The networks behind a reader: each scores every token of its windows as an answer's first and last."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from vectorstore.backends import cpu_has_bfloat16

Batch = Mapping[str, NDArray[np.int64]]
"""What a tokenizer makes of several windows: fields of shape (windows, tokens)."""

Logits = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Those of a batch as start and as end, each of shape (windows, tokens)."""


class SpanNetwork(Protocol):
    """Scores batches of at most ``batch_windows`` windows, padded to a multiple of ``pad_to`` tokens."""

    batch_windows: int
    pad_to: int

    def score(self, batches: Sequence[Batch]) -> list[Logits]:
        """The logits of each batch, in their order. For one thread at a time."""
        ...


class TorchNetwork:
    """Any question-answering network of transformers, on the GPU where there is one.

    ``dtype`` is bfloat16 where that is native, float32 elsewhere, unless it is given.
    """

    batch_windows = 16
    pad_to = 1

    def __init__(self, network: PreTrainedModel, dtype: torch.dtype | None = None) -> None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        native = torch.bfloat16 if device == "cuda" or cpu_has_bfloat16() else torch.float32
        self._network = network.to(device=device, dtype=dtype or native).eval()

    def score(self, batches: Sequence[Batch]) -> list[Logits]:
        return [self._score(batch) for batch in batches]

    def _score(self, batch: Batch) -> Logits:
        fields = {name: torch.from_numpy(values).to(self._network.device) for name, values in batch.items()}
        with torch.inference_mode():
            output = self._network(**fields)
        return output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()
