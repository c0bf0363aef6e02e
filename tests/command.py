"""``refdesk`` as a person calls it: its words, its exit code, what it says; and how it is stopped."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
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
    """In this process. ``open_desk`` opens the desk that the command speaks to; without it, it loads its own models."""
    usual = signal.getsignal(signal.SIGTERM)
    try:
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err, pytest.raises(SystemExit) as end:
            main([str(word) for word in words], open_desk)
    finally:
        signal.signal(signal.SIGTERM, usual)
    return Result(int(end.value.code or 0), out.getvalue(), err.getvalue())


def refdesk_apart(*words: object, folder: Path, until: Callable[[], bool] = lambda: False) -> Result:
    """In a process of its own, which gets SIGTERM when ``folder`` has changed and ``until`` is true."""
    command = [sys.executable, "-c", "from ui.cli.main import main; main()", *(str(word) for word in words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for _ in watch(folder, yield_on_timeout=True, rust_timeout=_LOOK_MS):
            if until() or process.poll() is not None:
                break
        process.terminate()
        out, err = process.communicate()
    return Result(process.returncode, out, err)
