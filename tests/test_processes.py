"""Work done in a process of its own: what comes back of it, and what does not."""

import os
from pathlib import Path

import pytest

from rag.evaluation.types import OnProgress
from rag.processes import run_apart
from vectorstore.errors import RefdeskError, UsageError


def quiet(what: str, done: int, total: int) -> None:
    """Nobody watches."""


def double(number: int, on_progress: OnProgress) -> tuple[int, int]:
    on_progress("Doubling", 1, number)
    return 2 * number, os.getpid()


def refuse(file: Path, on_progress: OnProgress) -> None:
    raise UsageError("No such file", where=str(file), remedy="Name another.")


def die(code: int, on_progress: OnProgress) -> None:
    os._exit(code)


def test_the_result_and_the_progress_come_from_another_process() -> None:
    seen = []
    doubled, process = run_apart(double, 21, on_progress=lambda *state: seen.append(state))
    assert doubled == 42
    assert process != os.getpid()
    assert seen == [("Doubling", 1, 21)]


def test_what_goes_wrong_there_is_said_here() -> None:
    with pytest.raises(RefdeskError, match=r"No such file: nowhere\. Name another\."):
        run_apart(refuse, Path("nowhere"), on_progress=quiet)


def test_a_process_that_ends_early_is_told() -> None:
    with pytest.raises(RefdeskError, match="ended with exit code 7"):
        run_apart(die, 7, on_progress=quiet)
