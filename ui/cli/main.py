"""The ``refdesk`` command."""

import logging
import sys

import typer
from typer.exceptions import TyperException

from rag.quiet import quiet_libraries
from ui.cli import ask, compare, doctor, documents, evaluate, extract, finetune, ingest, quantize, serve
from ui.cli.output import fail
from vectorstore.errors import RefdeskError, UsageError

app = typer.Typer(
    name="refdesk",
    help="Ask a folder of documents. Every sentence of an answer stands on a passage that you can open.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("ingest")(ingest.ingest)
app.command("sync")(ingest.sync)
app.command("ask")(ask.ask)
app.command("extract")(extract.extract)
app.command("serve")(serve.serve)
app.command("status")(documents.status)
app.command("show")(documents.show)
app.command("remove")(documents.remove)
app.command("verify")(documents.verify)
app.add_typer(evaluate.app, name="evaluate", help="Measure search, reader and answers.")
app.command("doctor")(doctor.doctor)
app.add_typer(finetune.app, name="finetune", help="Train a model on your own data.")
app.add_typer(quantize.app, name="quantize")
app.add_typer(compare.app, name="compare")


def main() -> None:
    """Run the command; errors are one line, with exit code 2 for a wrong call and 1 for a failure."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    quiet_libraries()
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        code = fail(f"{error.format_message()} See `refdesk --help`.", error.exit_code)
    except UsageError as error:
        code = fail(error, 2)
    except RefdeskError as error:
        code = fail(error, 1)
    except BrokenPipeError:
        code = 1
    except OSError as error:
        code = fail(
            f"{error.strerror or error}: {error.filename or 'the system'}. Check the file and its permissions.", 1
        )
    sys.exit(code or 0)
