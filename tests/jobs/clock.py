"""Clocks that tests set."""

import time


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class ClockAhead:
    """The time of the system, and what a test adds to it: for work that other processes share in."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead
