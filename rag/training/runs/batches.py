"""Which samples a step is shown: a function of the seed and the step alone."""

import random
from collections.abc import Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")

_SORTED_BATCHES = 50


class Batches(Generic[Item]):
    """Items in batches of like length, in another order each epoch. ``count`` batches make one.

    >>> Batches([3, 1, 2], [3, 1, 2], batch=2, seed=0).count
    2
    """

    def __init__(self, items: Sequence[Item], lengths: Sequence[int], *, batch: int, seed: int) -> None:
        self._items, self._lengths, self._batch, self._seed = items, lengths, batch, seed
        self.count = -(-len(items) // batch)
        self._epoch, self._order = 0, self._plan(0)

    def of(self, number: int) -> list[Item]:
        """The batch of this number, counted from 0 over all epochs."""
        epoch, place = divmod(number, self.count)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._plan(epoch)
        return [self._items[index] for index in self._order[place]]

    def _plan(self, epoch: int) -> list[list[int]]:
        """Sorted within pools of fifty batches: little padding, and still chance enough."""
        draw = random.Random(f"{self._seed} {epoch}")
        order = list(range(len(self._items)))
        draw.shuffle(order)
        pool = _SORTED_BATCHES * self._batch
        ordered = [
            index
            for first in range(0, len(order), pool)
            for index in sorted(order[first : first + pool], key=self._lengths.__getitem__)
        ]
        batches = [ordered[first : first + self._batch] for first in range(0, len(ordered), self._batch)]
        draw.shuffle(batches)
        return batches
