"""What reading a file has cost so far, seen from outside, and the refusals of files that cost too much."""

import time

import psutil

from ingest.limits import Limits
from ingest.readers.base import Refused

_LOOKS = 10
"""So often one looks in the time in which reading may come no further."""
_RARELY = 0.5
"""Seconds between two looks at most."""
IDLE = 10
"""So many times as long as it may compute and come no further, reading may wait for a disk that does not answer."""
_A_MOMENT = 0.01


def no_further(limits: Limits) -> Refused:
    detail = f"Reading it came no further in {limits.timeout_seconds:g} seconds of processor time."
    return Refused("timeout", f"{detail} A higher ingest.timeout_seconds allows more.")


def out_of_memory(limits: Limits) -> Refused:
    return Refused(
        "out of memory", f"Reading it takes more than {limits.memory_mb} MB. A higher ingest.memory_mb allows more."
    )


class Spending:
    """The processor time of the process ``pid`` and those that it started, from now on."""

    def __init__(self, pid: int, limits: Limits) -> None:
        self._process = psutil.Process(pid)
        self._limits = limits
        self._began = self._further = self._seen = self._processor_seconds()
        self._idle_since = time.monotonic()
        self.look_every = min(_RARELY, limits.timeout_seconds / _LOOKS)

    def came_further(self) -> None:
        """A sign of life: counting begins anew. Raises Refused as ``look``."""
        self._further = self._processor_seconds()
        self._idle_since = time.monotonic()
        self._require_total(self._further)

    def waited(self) -> None:
        """It was not the file that took the time until now."""
        self._idle_since = time.monotonic()

    def look(self) -> None:
        """Raises Refused where the file has cost more than it may."""
        now = self._processor_seconds()
        self._require_total(now)
        if now - self._further > self._limits.timeout_seconds:
            raise no_further(self._limits)
        if now - self._seen > _A_MOMENT:
            self._seen, self._idle_since = now, time.monotonic()
        if time.monotonic() - self._idle_since > IDLE * self._limits.timeout_seconds:
            raise Refused("timeout", "The disk, or what is in the place of the file, does not answer.")

    def _require_total(self, now: float) -> None:
        if now - self._began > (seconds := self._limits.total_seconds):
            detail = f"Reading it takes more than {seconds:g} seconds of processor time."
            raise Refused("timeout", f"{detail} A higher ingest.total_seconds allows more.")

    def _processor_seconds(self) -> float:
        try:
            running = [self._process, *self._process.children(recursive=True)]
            ended = self._process.cpu_times()
            spent = getattr(ended, "children_user", 0.0) + getattr(ended, "children_system", 0.0)
            for one in running:
                times = one.cpu_times()
                spent += times.user + times.system
        except psutil.Error:  # it has ended: what it wrote, or did not, tells how
            return self._seen if hasattr(self, "_seen") else 0.0
        return float(spent)
