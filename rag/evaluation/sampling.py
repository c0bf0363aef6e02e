"""A part of a large question file, the same at every run."""

import random
from collections.abc import Sequence
from typing import TypeVar

_SEED = 7

T = TypeVar("T")


def sampled(items: Sequence[T], limit: int | None) -> list[T]:
    """At most ``limit`` of the items, chosen at random but always alike, in their order; all without a limit."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[i] for i in sorted(random.Random(_SEED).sample(range(len(items)), limit))]
