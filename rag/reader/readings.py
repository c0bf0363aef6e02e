"""What a network says of the tokens of a passage's windows, made into what the passage tells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.reader.networks import Logits
from rag.reader.spans import best_spans, reading_of_spans, without_overlaps
from rag.reader.types import PassageReading, PassageText, Support
from rag.reader.windows import Window

_SPANS_A_PASSAGE = 3


@dataclass(frozen=True, slots=True)
class ReadWindow:
    """A window, and the ``row`` of a batch's ``logits`` that is of it."""

    window: Window
    logits: Logits
    row: int


def reading_of(passage: PassageText, windows: Sequence[ReadWindow]) -> PassageReading:
    """Of several windows the largest values; of a sentence that of the window which holds most of it."""
    spans = []
    for read in windows:
        n = len(read.window)
        starts, ends = read.logits.starts[read.row, :n], read.logits.ends[read.row, :n]
        spans += best_spans(starts, ends, read.window.offsets, 4 * _SPANS_A_PASSAGE)
    best = without_overlaps(spans, _SPANS_A_PASSAGE)
    told = [(read.window, heads, read.row) for read in windows if (heads := read.logits.heads)]
    if not told:
        return reading_of_spans(best, passage.sentences)
    tokens = [(_places(window), heads.tokens[row]) for window, heads, row in told]
    return PassageReading(
        best,
        max(float(heads.relevance[row]) for _, heads, row in told),
        tuple(max(_part(start, end, *of_one) for of_one in tokens)[1] for start, end in passage.sentences),
    )


def support_of(windows: Sequence[ReadWindow]) -> Support:
    """By the window that says most: the one that is least "not enough"."""
    logits = np.array([read.logits.heads.support[read.row] for read in windows if read.logits.heads])
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return Support(*map(float, shares[shares[:, 2].argmin()]))


def _places(window: Window) -> NDArray[np.int64]:
    """Start and end of each token in the passage, of shape (tokens, 2); -1 outside of it."""
    return np.array([(-1, -1) if offset is None else offset for offset in window.offsets])


def _part(start: int, end: int, places: NDArray[np.int64], tokens: NDArray[np.float32]) -> tuple[int, float]:
    """How many tokens of a sentence a window holds, and their mean."""
    inside = (places[:, 0] < end) & (places[:, 1] > start)
    held = int(inside.sum())
    return held, float(tokens[: len(inside)][inside].mean()) if held else NO_SENTENCE


NO_SENTENCE = -10.0
"""The log-odds of a sentence of which no token is left."""
