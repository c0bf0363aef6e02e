"""From a window's start and end logits to its best answer spans.

The span score is the sum of the two logits and "no answer" is the score of the first token, as in Devlin et al.,
"BERT", 2019, section 4.3.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rag.reader.types import AnswerSpan, PassageReading

MAX_ANSWER_TOKENS = 40
NO_SPAN = -10.0
"""The margin of what holds no span: hardly any span's is lower."""


def best_spans(
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
    offsets: list[tuple[int, int] | None],
    limit: int,
) -> list[AnswerSpan]:
    """Up to ``limit`` spans of one window, best first, overlapping ones included.

    The logits have shape ``(n_tokens,)``; ``offsets`` holds a token's characters in the passage, None outside of it.
    """
    null = float(start_logits[0] + end_logits[0])
    inside = np.array([offset is not None for offset in offsets])
    starts = np.where(inside, start_logits, -np.inf)
    ends = np.pad(np.where(inside, end_logits, -np.inf), (0, MAX_ANSWER_TOKENS - 1), constant_values=-np.inf)
    scores = (starts[:, None] + sliding_window_view(ends, MAX_ANSWER_TOKENS)).ravel()
    best = np.argpartition(-scores, limit - 1)[:limit] if limit < len(scores) else np.arange(len(scores))
    found: list[AnswerSpan] = []
    for place in best[np.argsort(-scores[best], kind="stable")].tolist():
        start, length = divmod(place, MAX_ANSWER_TOKENS)
        if np.isneginf(scores[place]):
            break
        first, last = offsets[start], offsets[start + length]
        assert first is not None
        assert last is not None
        found.append(AnswerSpan(first[0], last[1], float(scores[place]) - null))
    return found


def without_overlaps(spans: list[AnswerSpan], limit: int) -> tuple[AnswerSpan, ...]:
    """The best ``limit`` spans, leaving out any that overlaps a better one."""
    kept: list[AnswerSpan] = []
    for span in sorted(spans, key=lambda span: -span.margin):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
            if len(kept) == limit:
                break
    return tuple(kept)


def reading_of_spans(spans: tuple[AnswerSpan, ...], sentences: Sequence[tuple[int, int]]) -> PassageReading:
    """What a passage's spans alone tell, its best first: of the passage, and of each sentence that they touch."""

    def best(start: int, end: int) -> float:
        margins = (span.margin for span in spans if span.start < end and span.end > start)
        return max(margins, default=NO_SPAN)

    relevance = spans[0].margin if spans else NO_SPAN
    return PassageReading(spans, relevance, tuple(best(*sentence) for sentence in sentences))
