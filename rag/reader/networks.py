"""The networks behind a reader: each scores every token of its windows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from rag.reader.windows import Batch
from vectorstore.embedders.compiled import compile_graph
from vectorstore.machine import threads

WordVectors = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""The word vectors of ids of any shape, of that shape with the width behind it."""


@dataclass(frozen=True, slots=True)
class Heads:
    """What a network trained for several tasks says beside spans: of each token, as log-odds, whether it belongs to the
    answer, of shape (windows, tokens); of each window, as log-odds, whether it answers, of shape (windows,); and the
    logits of ``Support``, of shape (windows, 3).
    """

    tokens: NDArray[np.float32]
    relevance: NDArray[np.float32]
    support: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Logits:
    """Those of a batch's tokens as an answer's first and last, each of shape (windows, tokens), and those of other
    ``heads`` where the network has them.
    """

    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    heads: Heads | None = None

    @classmethod
    def of(cls, tokens: NDArray[np.float32], windows: NDArray[np.float32] | None = None) -> "Logits":
        """``tokens`` of shape (windows, tokens, 2), or with the sentences' behind them; ``windows`` of shape (windows,
        4): relevance and support.
        """
        heads = None if windows is None else Heads(tokens[..., 2], windows[:, 0], windows[:, 1:])
        return cls(tokens[..., 0], tokens[..., 1], heads)


class ReadingNetwork(Protocol):
    """Scores batches of at most ``batch_windows`` windows, padded to a multiple of ``pad_to`` tokens."""

    batch_windows: int
    pad_to: int

    def score(self, batches: Sequence[Batch]) -> list[Logits]:
        """The logits of each batch, in their order. For one thread at a time."""
        ...


class OpenVinoNetwork:
    """A graph on the processor, with the outputs that ``Logits.of`` takes; its windows are shared out to the cores two
    by two. Where ``words`` gives the word vectors, it takes them in place of the ids.
    """

    batch_windows = 2
    pad_to = 32  # each new shape costs time once

    def __init__(
        self,
        build: Callable[[], ov.Model],
        words: WordVectors | None = None,
        kept: Path | None = None,
        weights: str = "",
    ) -> None:
        """``kept`` and ``weights`` are as ``compile_graph`` takes them."""
        settings = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_NUM_THREADS": threads(),
            "NUM_STREAMS": threads(),
            # Left to itself it takes bfloat16 where the processor has it: no faster here, and spans get lost.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._queue = ov.AsyncInferQueue(compile_graph(build, settings, kept, weights))
        self._queue.set_callback(_keep)
        self._words = words

    def score(self, batches: Sequence[Batch]) -> list[Logits]:
        found: dict[int, Logits] = {}
        for number, batch in enumerate(batches):
            fields: dict[str, NDArray[Any]] = dict(batch)
            if self._words:
                fields["words"] = self._words(fields.pop("input_ids"))
            self._queue.start_async(fields, userdata=(found, number))
        self._queue.wait_all()
        return [found[number] for number in range(len(batches))]


def _keep(request: ov.InferRequest, place: tuple[dict[int, Logits], int]) -> None:
    found, number = place
    found[number] = Logits.of(*(tensor.data.copy() for tensor in request.output_tensors))
