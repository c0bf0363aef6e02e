"""The networks behind a reader: each scores every token of its windows as an answer's first and last."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from rag.reader.int8 import SpanGraph
from rag.reader.windows import Batch
from vectorstore.embedders.bert_graph import BertSize
from vectorstore.embedders.tensors import Tensors
from vectorstore.machine import threads

Logits = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Those of a batch as start and as end, each of shape (windows, tokens)."""


class SpanNetwork(Protocol):
    """Scores batches of at most ``batch_windows`` windows, padded to a multiple of ``pad_to`` tokens."""

    batch_windows: int
    pad_to: int

    def score(self, batches: Sequence[Batch]) -> list[Logits]:
        """The logits of each batch, in their order. For one thread at a time."""
        ...


class OpenVinoNetwork:
    """A BERT on the processor, in 8-bit integers as far as ``tensors`` are (see ``rag.reader.int8``), else in float32.

    Its windows are shared out to the cores two by two.
    """

    batch_windows = 2
    pad_to = 16  # each new shape costs time once

    def __init__(self, size: BertSize, tensors: Tensors) -> None:
        settings = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_NUM_THREADS": threads(),
            "NUM_STREAMS": threads(),
            # Left to itself it takes bfloat16 where the processor has it: no faster here, and spans get lost.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._queue = ov.AsyncInferQueue(ov.Core().compile_model(SpanGraph(size, tensors).model(), "CPU", settings))
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
