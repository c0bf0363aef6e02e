"""The networks behind a reader: each scores every token of its windows as an answer's first and last."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PretrainedConfig, PreTrainedModel

from rag.reader.int8 import SpanGraph
from vectorstore.embedders.backends import cpu_has_bfloat16

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


class OpenVinoNetwork:
    """A BERT on the processor, in 8-bit integers as far as ``tensors`` are (see ``rag.reader.int8``), else in float32.

    Its windows are shared out to the cores two by two.
    """

    batch_windows = 2
    pad_to = 16  # each new shape costs time once

    def __init__(self, config: PretrainedConfig, tensors: Mapping[str, Tensor]) -> None:
        threads = torch.get_num_threads()
        settings = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": threads,
            # Left to itself it takes bfloat16 where the processor has it: no faster here, and spans get lost.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._queue = ov.AsyncInferQueue(ov.Core().compile_model(SpanGraph(config, tensors).model(), "CPU", settings))
        self._queue.set_callback(_keep)

    def score(self, batches: Sequence[Batch]) -> list[Logits]:
        found: dict[int, NDArray[np.float32]] = {}
        for number, batch in enumerate(batches):
            self._queue.start_async(dict(batch), userdata=(found, number))
        self._queue.wait_all()
        return [(found[number][..., 0], found[number][..., 1]) for number in range(len(batches))]


def _keep(request: ov.InferRequest, place: tuple[dict[int, NDArray[np.float32]], int]) -> None:
    found, number = place
    found[number] = request.get_output_tensor().data.copy()


def fastest_network(network: PreTrainedModel) -> SpanNetwork:
    """The one that runs it fastest here: in float32, OpenVINO takes a third of torch's time, but only plain BERTs."""
    config = network.config
    is_plain_bert = (
        config.model_type == "bert"
        and config.hidden_act == "gelu"
        and getattr(config, "position_embedding_type", "absolute") == "absolute"
    )
    if torch.cuda.is_available() or cpu_has_bfloat16() or not is_plain_bert:
        return TorchNetwork(network)
    return OpenVinoNetwork(config, network.state_dict())
