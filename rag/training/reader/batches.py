"""Rows as the network takes them: windows of tokens, with what is to be learned of each."""

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from rag.reader.types import PassageText
from rag.reader.windows import Window
from rag.training.reader.mixture import Mixture
from rag.training.reader.network import Trainee
from rag.training.reader.rows import Row

UNKNOWN = -1
_PAD_TO = 32
"""Few lengths of batches: torch keeps memory for each that it has seen, gigabytes for a few hundred."""
_BLOCK_BATCHES = 64
_EMPTY = 0.2
"""Of the answers in passages of several windows, the share of which a window without the answer is shown."""


@dataclass(frozen=True, slots=True)
class Example:
    """A window of a row. ``start`` and ``end`` are tokens of it, 0 for "nowhere". ``sentence_of`` has the number of
    each token's sentence, and ``chosen`` says for each of the row's sentences 1 or 0. UNKNOWN where there is none.
    """

    window: Window
    start: int
    end: int
    relevant: int
    support: int
    sentence_of: list[int]
    chosen: list[int]


@dataclass(frozen=True, slots=True)
class ReadingBatch:
    """``fields`` are what a network takes. Tensors of shape (rows,), (rows, tokens) or, of ``chosen``, (rows,
    sentences), as in ``Example``; ``passage`` marks the passage's tokens.
    """

    fields: Mapping[str, Tensor]
    passage: Tensor
    start: Tensor
    end: Tensor
    relevant: Tensor
    support: Tensor
    sentence_of: Tensor
    chosen: Tensor

    def to(self, device: torch.device) -> "ReadingBatch":
        """The same on a device."""
        return ReadingBatch(
            {name: values.to(device) for name, values in self.fields.items()},
            *(getattr(self, field.name).to(device) for field in fields(self)[1:]),
        )


class ReadingBatches:
    """The batches of a mixture, each of windows of like length: a function of the seed and the number alone."""

    def __init__(self, mixture: Mixture, trainee: Trainee, an_epoch: int) -> None:
        self._mixture, self._trainee = mixture, trainee
        self._of_block = min(_BLOCK_BATCHES, an_epoch)
        self._known: tuple[int, list[list[Example]]] = (-1, [])

    def of(self, number: int) -> ReadingBatch:
        """The batch of this number, counted from 0."""
        block, place = divmod(number, self._of_block)
        if self._known[0] != block:
            self._known = block, self._made(block)
        return collate(self._known[1][place], self._trainee)

    def _made(self, block: int) -> list[list[Example]]:
        draw = random.Random(f"{self._mixture.seed} tokens {block}")
        rows = self._mixture.rows(block)
        examples = [
            example_of(row, drawn(row, windows, draw))
            for row, windows in zip(rows, windows_of(rows, self._trainee), strict=True)
        ]
        examples.sort(key=lambda example: len(example.window))
        bounds = [len(examples) * number // self._of_block for number in range(self._of_block + 1)]
        batches = [examples[first:last] for first, last in itertools.pairwise(bounds)]
        draw.shuffle(batches)
        return batches


def block_rows(batch: int, an_epoch: int) -> int:
    """The rows of a block of a mixture, where ``an_epoch`` has so many batches."""
    return batch * min(_BLOCK_BATCHES, an_epoch)


def windows_of(rows: Sequence[Row], trainee: Trainee) -> list[list[Window]]:
    """The windows of each row."""
    found: list[list[Window]] = [[] for _ in rows]
    for tokenizer, checks in ((trainee.asked, False), (trainee.checked, True)):
        numbers = [number for number, row in enumerate(rows) if (row.support is not None) == checks]
        if tokenizer is None or not numbers:
            continue
        some = [rows[number] for number in numbers]
        passages = [PassageText(row.heading, row.passage, row.sentences) for row in some]
        for window in tokenizer.cut([row.question for row in some], passages):
            found[numbers[window.pair]].append(window)
    return found


def drawn(row: Row, windows: Sequence[Window], draw: random.Random) -> Window:
    """One of a row's windows: of those that hold the answer, or a sentence of it, where there are some."""
    holding = [window for window in windows if _holds(row, window)]
    empty = [window for window in windows if window not in holding]
    if not holding:
        return draw.choice(windows) if row.relevant is False else windows[0]
    if row.span and empty and draw.random() < _EMPTY:
        return draw.choice(empty)
    return draw.choice(holding)


def _holds(row: Row, window: Window) -> bool:
    if row.span:
        return span_of(window, row.span) is not None
    places = [row.sentences[number] for number in row.selected or ()]
    return any(span_of(window, place) is not None for place in places)


def example_of(row: Row, window: Window) -> Example:
    """What is to be learned of a window of the row."""
    start = end = 0 if row.span_known else UNKNOWN
    relevant = UNKNOWN if row.relevant is None else int(row.relevant)
    if row.span:
        found = span_of(window, row.span)
        if found:
            start, end = found
        elif touches(window, row.span):  # the window cuts the answer off
            start = end = relevant = UNKNOWN
        else:
            relevant = 0
    support = UNKNOWN if row.support is None else row.support
    return Example(window, start, end, relevant, support, sentence_of_tokens(row, window), _chosen(row, window))


def sentence_of_tokens(row: Row, window: Window) -> list[int]:
    """The number of each token's sentence, UNKNOWN where it stands in none."""
    found, number = [], 0
    for place in window.offsets:
        if place is None or not row.sentences:
            found.append(UNKNOWN)
            continue
        while number < len(row.sentences) - 1 and row.sentences[number][1] <= place[0]:
            number += 1
        begin, end = row.sentences[number]
        found.append(number if place[0] < end and place[1] > begin else UNKNOWN)
    return found


def _chosen(row: Row, window: Window) -> list[int]:
    """Sentences that the window cuts off, or does not hold, are not judged."""
    if row.selected is None:
        return [UNKNOWN] * len(row.sentences)
    return [
        int(number in row.selected) if span_of(window, place) else UNKNOWN for number, place in enumerate(row.sentences)
    ]


def span_of(window: Window, place: tuple[int, int]) -> tuple[int, int] | None:
    """The first and the last token of a part of the passage; None when the window does not hold all of it."""
    inside = _inside(window, place)
    places = [token for token in window.offsets if token]
    if not inside or places[0][0] > place[0] or places[-1][1] < place[1]:
        return None
    return inside[0], inside[-1]


def touches(window: Window, place: tuple[int, int]) -> bool:
    return bool(_inside(window, place))


def _inside(window: Window, place: tuple[int, int]) -> list[int]:
    return [t for t, token in enumerate(window.offsets) if token and token[0] < place[1] and token[1] > place[0]]


def collate(examples: Sequence[Example], trainee: Trainee) -> ReadingBatch:
    """The examples as a batch."""
    padded = trainee.asked.padded([example.window for example in examples], _PAD_TO)
    fields = {name: torch.from_numpy(values) for name, values in padded.items()}
    length = fields["input_ids"].shape[1]
    start, end, relevant, support = torch.tensor(
        [[example.start, example.end, example.relevant, example.support] for example in examples]
    ).unbind(1)
    return ReadingBatch(
        fields,
        _rows(([place is not None for place in example.window.offsets] for example in examples), length, 0).bool(),
        start,
        end,
        relevant,
        support,
        _rows((example.sentence_of for example in examples), length, UNKNOWN),
        _rows((example.chosen for example in examples), max(1, *(len(item.chosen) for item in examples)), UNKNOWN),
    )


def _rows(values: Iterable[Sequence[int]], length: int, filling: int) -> Tensor:
    return torch.tensor([[*row, *[filling] * (length - len(row))] for row in values])
