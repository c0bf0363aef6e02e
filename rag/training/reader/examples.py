"""What a reader is shown in each epoch, and in which order: a function of the seed, the epoch and the step alone."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from rag.evaluation.squad import GoldAnswer
from rag.reader.types import PassageText
from rag.reader.windows import PairTokenizer, Window
from rag.training.data.altered import altered
from rag.training.reader.data import QuestionSet
from rag.training.reader.near_misses import NearMisses, question_key

_EMPTY_WINDOWS = 1
"""Windows without the answer that are shown of a long passage, beside the one with it."""
_SORTED_BATCHES = 50
_PAIRS_AT_ONCE = 256
_PAD_TO = 32
"""Few lengths of batches: torch keeps memory for each that it has seen, gigabytes for a few hundred."""


@dataclass(frozen=True, slots=True)
class ReaderExample:
    """One window of a pair: ``answer`` is its characters in the passage, None when the window does not hold it."""

    question: str
    passage: str
    window: int
    answer: tuple[int, int] | None
    tokens: int


@dataclass(frozen=True, slots=True)
class _Pair:
    """A question's own paragraph: its windows with the answer and those without."""

    key: str
    holding: tuple[ReaderExample, ...]
    empty: tuple[ReaderExample, ...]


class ReaderExamples:
    """The examples of every epoch. ``batches`` is their number in one."""

    def __init__(
        self,
        sets: Sequence[QuestionSet],
        near_misses: NearMisses,
        tokenizer: PreTrainedTokenizerBase,
        *,
        batch: int,
        near_miss_share: float,
        altered_share: float,
        mask_share: float,
        seed: int,
    ) -> None:
        self._windows = PairTokenizer.of(tokenizer)
        self._mask_token = tokenizer.mask_token_id
        self._near_misses = near_misses
        self._batch, self._mask_share, self._seed = batch, mask_share, seed
        self._near_miss_share, self._altered_share = near_miss_share, altered_share
        self._pairs = _read_pairs(sets, self._windows)
        self._epoch, self._order = 0, self._plan(0)
        self.batches = len(self._order)
        self.examples = sum(map(len, self._order))

    def batch_of(self, step: int) -> tuple[dict[str, Tensor], int]:
        """What the network takes at a step (counted from 0), and the number of examples in it.

        Tensors have the shape ``(examples, tokens)``; ``start_positions`` and ``end_positions`` count tokens, 0 where
        there is no answer.
        """
        epoch, number = divmod(step, self.batches)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._plan(epoch)
        examples = self._order[number % len(self._order)]  # the next epoch may have a batch less
        passages = [PassageText("", item.passage, ()) for item in examples]
        cut = self._windows.cut([item.question for item in examples], passages)
        of_pair: list[list[Window]] = [[] for _ in examples]
        for window in cut:
            of_pair[window.pair].append(window)
        windows = [of_pair[i][item.window] for i, item in enumerate(examples)]
        spans = [_span(window, item.answer) or (0, 0) for window, item in zip(windows, examples, strict=True)]
        fields = {name: torch.from_numpy(values) for name, values in self._windows.padded(windows, _PAD_TO).items()}
        self._mask(fields["input_ids"], windows, spans, step)
        fields["start_positions"], fields["end_positions"] = torch.tensor(spans).T
        return fields, len(examples)

    def _mask(self, ids: Tensor, windows: list[Window], spans: list[tuple[int, int]], step: int) -> None:
        """Hide a few words of the passage around the answer: cheaper on a CPU than dropout, and to the same end."""
        if not self._mask_share or self._mask_token is None:
            return
        generator = np.random.default_rng((self._seed, step))
        for row, (window, (start, end)) in enumerate(zip(windows, spans, strict=True)):
            hidden = generator.random(len(window)) < self._mask_share
            hidden &= np.array([place is not None for place in window.offsets])
            hidden[start : end + 1] = False
            ids[row, : len(window)][torch.from_numpy(hidden)] = self._mask_token

    def _plan(self, epoch: int) -> list[list[ReaderExample]]:
        """All batches of an epoch, each of examples of like length."""
        draw = random.Random(f"{self._seed} {epoch}")
        examples: list[ReaderExample] = []
        for pair in self._pairs:
            examples += pair.holding
            examples += draw.sample(pair.empty, min(len(pair.empty), _EMPTY_WINDOWS))
            missed = self._near_misses.get(pair.key)
            if missed and pair.holding and draw.random() < self._near_miss_share:
                passage = draw.choice(missed)
                examples.append(ReaderExample(pair.holding[0].question, passage, 0, None, len(passage) // 4))
            if pair.holding and not pair.empty and draw.random() < self._altered_share:
                examples += _altered(pair.holding[0], draw)
        draw.shuffle(examples)
        ordered: list[ReaderExample] = []
        for first in range(0, len(examples), _SORTED_BATCHES * self._batch):
            ordered += sorted(
                examples[first : first + _SORTED_BATCHES * self._batch], key=lambda example: example.tokens
            )
        batches = [ordered[first : first + self._batch] for first in range(0, len(ordered), self._batch)]
        draw.shuffle(batches)
        return batches


def _altered(example: ReaderExample, draw: random.Random) -> list[ReaderExample]:
    assert example.answer is not None
    question = altered(example.question, example.passage, example.passage[slice(*example.answer)], draw)
    return [replace(example, question=question, answer=None)] if question else []


def _read_pairs(sets: Sequence[QuestionSet], tokenizer: PairTokenizer) -> list[_Pair]:
    asked = [
        (question_key(part, question), question, part.context(question))
        for part in sets
        for _ in range(part.times)
        for question in part.training
        # An answer that the paragraph does not hold teaches nothing, not even that there is none.
        if not question.answers or any(answer.start is not None for answer in question.answers)
    ]
    pairs = []
    for first in range(0, len(asked), _PAIRS_AT_ONCE):
        some = asked[first : first + _PAIRS_AT_ONCE]
        passages = [PassageText("", text, ()) for *_, text in some]
        cut = tokenizer.cut([question.text for _, question, _ in some], passages)
        of_pair: list[list[Window]] = [[] for _ in some]
        for window in cut:
            of_pair[window.pair].append(window)
        for (key, question, passage), windows in zip(some, of_pair, strict=True):
            answer = next((_place(answer) for answer in question.answers if answer.start is not None), None)
            examples = [
                ReaderExample(
                    question.text, passage, number, answer if answer and _span(window, answer) else None, len(window)
                )
                for number, window in enumerate(windows)
            ]
            holding = tuple(example for example in examples if example.answer)
            empty = tuple(example for example in examples if not example.answer)
            pairs.append(_Pair(key, holding, empty))
    return pairs


def _place(answer: GoldAnswer) -> tuple[int, int]:
    """First and last character, without white space around."""
    assert answer.start is not None
    start = answer.start + len(answer.text) - len(answer.text.lstrip())
    return start, start + len(answer.text.strip())


def _span(window: Window, answer: tuple[int, int] | None) -> tuple[int, int] | None:
    """The first and the last token of the answer; None when the window does not hold all of it."""
    if answer is None:
        return None
    inside = [t for t, place in enumerate(window.offsets) if place and place[0] < answer[1] and place[1] > answer[0]]
    places = [place for place in window.offsets if place]
    if not inside or places[0][0] > answer[0] or places[-1][1] < answer[1]:
        return None
    return inside[0], inside[-1]
