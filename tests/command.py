"""``refdesk`` as a person calls it, in this process: its words, its exit code, what it says; and how it is stopped."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from watchfiles import watch

from ui.cli.desk import OpenDesk
from ui.cli.main import main

TERMINATED = 128 + signal.SIGTERM
"""The exit code of what SIGTERM stopped."""
_LOOK_MS = 50


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def refdesk(*words: object, open_desk: OpenDesk | None = None) -> Result:
    """``open_desk`` opens the desk that the command speaks to; without it, it loads its own models."""
    usual = signal.getsignal(signal.SIGTERM)
    try:
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err, pytest.raises(SystemExit) as end:
            main([str(word) for word in words], open_desk)
    finally:
        signal.signal(signal.SIGTERM, usual)
    return Result(int(end.value.code or 0), out.getvalue(), err.getvalue())


@contextmanager
def sigterm_once(there: Callable[[], bool], folder: Path) -> Iterator[None]:
    """This process gets SIGTERM when something in ``folder`` changes and then ``there`` is true."""
    over = threading.Event()

    def look() -> None:
        for _ in watch(folder, stop_event=over, yield_on_timeout=True, rust_timeout=_LOOK_MS, raise_interrupt=False):
            if there() and callable(signal.getsignal(signal.SIGTERM)):  # else it would end the tests
                os.kill(os.getpid(), signal.SIGTERM)
                return

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join(timeout=30)
