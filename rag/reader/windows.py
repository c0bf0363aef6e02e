"""Question and passage as token windows: the one way in which a reader reads, in training and in use."""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

_WINDOW_TOKENS = 320
_STRIDE_TOKENS = 96
_QUESTION_TOKENS = 96


@dataclass(frozen=True, slots=True)
class Window:
    """A question with as much of its passage as a reader takes at once.

    ``pair`` counts the question-passage pairs, ``fields`` is what the network takes, and ``offsets`` holds each
    token's characters in the passage, None for what is not of the passage.
    """

    pair: int
    fields: dict[str, list[int]]
    offsets: list[tuple[int, int] | None]

    def __len__(self) -> int:
        """The number of tokens."""
        return len(self.offsets)


def cut_windows(tokenizer: PreTrainedTokenizerBase, questions: Sequence[str], passages: Sequence[str]) -> list[Window]:
    """The windows of each question with the passage beside it, in order.

    A question is cut to 96 tokens; a window has up to 320, and overlaps the one before by 96. Not for two threads at a
    time: a fast tokenizer keeps its truncation state.
    """
    if not passages:
        return []
    asked = tokenizer(list(questions), add_special_tokens=False, truncation=True, max_length=_QUESTION_TOKENS)
    encoded = tokenizer(
        [tokenizer.decode(ids) for ids in asked["input_ids"]],
        list(passages),
        truncation="only_second",
        max_length=_WINDOW_TOKENS,
        stride=_STRIDE_TOKENS,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    pairs, offsets = encoded.pop("overflow_to_sample_mapping"), encoded.pop("offset_mapping")
    return [
        Window(
            pair,
            {name: values[i] for name, values in encoded.items()},
            [place if part == 1 else None for place, part in zip(offsets[i], encoded.sequence_ids(i), strict=True)],
        )
        for i, pair in enumerate(pairs)
    ]
