"""Work done in a process of its own: what comes back of it, and what does not."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.interrupts import Terminated, end_on_sigterm, go_on
from rag.jobs.isolated import run_apart
from rag.jobs.types import OnProgress
from vectorstore.errors import RefdeskError, UsageError


def quiet(what: str, done: int, total: int) -> None:
    """Nobody watches."""


def double(number: int, on_progress: OnProgress) -> tuple[int, int]:
    on_progress("Doubling", 1, number)
    return 2 * number, os.getpid()


def refuse(file: Path, on_progress: OnProgress) -> None:
    raise UsageError("No such file", where=str(file), remedy="Name another.")


def divide_by_zero(number: int, on_progress: OnProgress) -> float:
    return number / 0


def ask_for_too_much(number: int, on_progress: OnProgress) -> None:
    raise MemoryError


def be_killed(number: int, on_progress: OnProgress) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


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
    with pytest.raises(RefdeskError, match="ended with exit code 7") as told:
        run_apart(die, 7, on_progress=quiet)
    assert "memory" not in str(told.value)


@pytest.mark.parametrize(
    ("work", "problem"),
    [
        (divide_by_zero, r"ZeroDivisionError: division by zero \(test_processes\.py, line \d+\)"),
        (ask_for_too_much, "not enough memory for this"),
        (be_killed, "was killed, most likely because memory ran out. Close other programs"),
    ],
)
def test_a_fault_and_a_lack_of_memory_are_told_apart(work: Callable[..., object], problem: str) -> None:
    with pytest.raises(RefdeskError, match=problem):
        run_apart(work, 1, on_progress=quiet)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_comes_while_something_is_finalized_is_not_lost() -> None:
    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)  # Python drops what this raises

    usual = signal.getsignal(signal.SIGTERM)
    try:
        end_on_sigterm()
        go_on()
        Finalized()
        with pytest.raises(Terminated):
            go_on()
    finally:
        end_on_sigterm()
        signal.signal(signal.SIGTERM, usual)
