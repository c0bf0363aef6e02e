"""The ``refdesk`` command. A command's module is loaded when it is called, or when all are listed."""

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command, get_group
from typing_extensions import override

from rag.interrupts import end_on_sigterm, exit_code
from ui.cli.output import fail
from ui.cli.progress import Interrupted
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.models import quiet_libraries

if TYPE_CHECKING:  # what it is made of is loaded by the command that needs it
    from ui.cli.desk import OpenDesk

_MODULES = {
    "ingest": "ingest",
    "sync": "ingest",
    "ask": "ask",
    "extract": "extract",
    "serve": "serve",
    "status": "documents",
    "show": "documents",
    "remove": "documents",
    "verify": "documents",
    "evaluate": "evaluate",
    "doctor": "doctor",
    "finetune": "finetune",
    "quantize": "quantize",
    "compare": "compare",
}
"""In which module of ``ui.cli`` a command is: a group of commands, ``app``, or else a function of its name."""


class _Commands(Mapping[str, Any]):
    """The commands by name, each made when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        module = import_module(f"ui.cli.{_MODULES[name]}")
        if hasattr(module, "app"):
            group = get_group(module.app)
            group.name = name
            return group
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
        alone.command(name)(getattr(module, name))
        return get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


class _Refdesk(TyperGroup):
    @override
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise Interrupted(exit_code(stop)) from None


def run(arguments: Sequence[str], open_desk: "OpenDesk | None" = None) -> int:
    """Run the command that these words name, and give back its exit code. Raises the errors that stop it.

    ``open_desk`` opens the desk that it speaks to, in place of ``rag.desk.service.open_desk``.
    """
    group = _Refdesk(
        name="refdesk",
        help="Ask a folder of documents. Every sentence of an answer stands on a passage that you can open.",
        commands=_Commands(),  # type: ignore[arg-type]  # it is only read
        rich_markup_mode=None,
    )
    return group.main(list(arguments), "refdesk", standalone_mode=False, obj=open_desk) or 0


def main(arguments: Sequence[str] | None = None, open_desk: "OpenDesk | None" = None) -> None:
    """Run the command; errors are one line, with exit code 2 for a wrong call and 1 for a failure.

    A command that a signal stopped ends with 128 and its number; one that follows or serves until then, with 0.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    quiet_libraries()
    end_on_sigterm()
    try:
        code = run((sys.argv[1:] if arguments is None else arguments) or ["--help"], open_desk)
    except TyperException as error:
        called = getattr(error, "ctx", None)
        command = called.command_path if called else "refdesk"
        code = fail(f"{error.format_message().removesuffix('.')}. See `{command} --help`.", error.exit_code)
    except UsageError as error:
        code = fail(error, 2)
    except Interrupted as error:
        code = fail(error, error.code)
    except RefdeskError as error:
        code = fail(error, 1)
    except BrokenPipeError:
        code = 1
    except OSError as error:
        code = fail(
            f"{error.strerror or error}: {error.filename or 'the system'}. Check the file and its permissions.", 1
        )
    sys.exit(code)
