"""How a process is asked to end: Control-C (SIGINT) by a person, SIGTERM by a service manager or a shell."""

import signal
import threading
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM came: what is being done ends as it does on Control-C, which a job in the background may not get."""


_terminated = threading.Event()


def end_on_sigterm() -> None:
    """Raise Terminated in the main thread where SIGTERM comes, in place of ending at once. Call it there."""
    _terminated.clear()
    signal.signal(signal.SIGTERM, interrupt)


def interrupt(number: int, _frame: FrameType | None) -> None:
    """What ends the main thread's work on the signal of this ``number``."""
    if number != signal.SIGTERM:
        raise KeyboardInterrupt
    _terminated.set()
    raise Terminated


def go_on() -> None:
    """Raise Terminated if SIGTERM has come: in a finalizer, Python drops what the signal raises."""
    if _terminated.is_set():
        raise Terminated


def exit_code(interrupted: KeyboardInterrupt) -> int:
    """128 and the signal's number, as a shell reports it."""
    return 128 + (signal.SIGTERM if isinstance(interrupted, Terminated) else signal.SIGINT)
