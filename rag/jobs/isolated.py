"""Work in a process of its own: its memory and its crashes are no one else's."""

import multiprocessing
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol, TypeVar

from rag.jobs.types import OnProgress
from vectorstore.errors import RefdeskError
from vectorstore.models import quiet_libraries

T = TypeVar("T")

_MORE_MEMORY = "Close other programs, or use a machine with more memory."


class Apart(Protocol):
    """How ``work`` is run: ``run_apart``, or right here."""

    def __call__(self, work: Callable[..., T], *arguments: Any, on_progress: OnProgress) -> T: ...


def run_apart(work: Callable[..., T], *arguments: Any, on_progress: OnProgress) -> T:
    """What ``work(*arguments, on_progress=...)`` gives in a fresh interpreter, which shares no memory with this one.

    Raises RefdeskError with what went wrong there, also where that process was ended.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, work, arguments))
    process.start()
    sender.close()
    try:
        while True:
            kind, value = receiver.recv()
            match kind:
                case "progress":
                    on_progress(*value)
                case "result":
                    result: T = value
                    return result
                case _:
                    raise RefdeskError(value)
    except EOFError:
        process.join()
        raise _ended(process.exitcode or 0) from None
    finally:
        process.kill()
        process.join()
        receiver.close()


def peak_memory_mb() -> int:
    """The most memory that this process, or the largest of those that it started and has seen end, has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return int(max(resource.getrusage(who).ru_maxrss for who in whose) * unit // 1024**2)


def _run(connection: Connection, work: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    quiet_libraries()
    try:
        result = work(*arguments, on_progress=lambda *state: connection.send(("progress", state)))
        connection.send(("result", result))
    except Exception as error:  # whatever it is, whoever waits is told
        connection.send(("problem", _told(error)))
    except KeyboardInterrupt:  # Control-C reaches this process too; whoever waits for it says so
        pass


def _told(error: Exception) -> str:
    match error:
        case MemoryError():
            return f"There is not enough memory for this. {_MORE_MEMORY}"
        case RefdeskError() | OSError() | RuntimeError() | ValueError() if str(error):
            return str(error)
        case _:  # a fault of the program: what a report of it needs
            place = traceback.extract_tb(error.__traceback__)[-1]
            return f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"


def _ended(code: int) -> RefdeskError:
    if code == -signal.SIGKILL:
        return RefdeskError(
            "The process that did this was killed, most likely because memory ran out", remedy=_MORE_MEMORY
        )
    how = f"was ended by the system ({signal.strsignal(-code)})" if code < 0 else f"ended with exit code {code}"
    return RefdeskError(f"The process that did this {how}", remedy="Try again; what it printed may say why.")
