"""``refdesk extract``: the same few fields from many forms, each with its place and how sure it is."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from ingest.sources.files import find_files
from rag.extraction.schema import load_schema
from rag.files import write_json
from rag.settings.model import load_settings
from ui.cli.output import HomeOption, JsonOption, confirm_download, console, errors, print_json, say
from vectorstore.errors import UsageError

if TYPE_CHECKING:
    from rag.extraction.types import Extraction, FoundValue

_SURE = 0.9
"""Less probable values are shown with their probability."""
_WIDEST = 40


def extract(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Forms, or folders of them.", metavar="FILE_OR_FOLDER...")
    ] = None,
    schema: Annotated[
        str, typer.Option("--schema", help="invoice, receipt, medical-report, a saved one, or a TOML file.")
    ] = "invoice",
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write a CSV file, a row a document.")] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Also write an Excel file, a row a document.")] = None,
    corrections: Annotated[
        Path | None,
        typer.Option("--corrections", help="Write what was corrected for the schema, for `finetune reader`."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the fields of forms such as invoices: PDF, scans, pictures, Word, HTML, text."""
    settings = load_settings(home)
    load_schema(schema, settings.home)  # a wrong one is said before anything slow begins
    files = list(_forms(paths or []))
    if not files and not corrections:
        raise UsageError("There is nothing to read", where="FILE_OR_FOLDER", remedy="Name a form, or a folder of them.")
    if corrections:
        _write_corrections(corrections, schema, settings.home)
        if not files:
            print_json([]) if as_json else say(f"The corrections are in {corrections}.")
            return

    from rag.desk.forms import open_forms
    from rag.extraction.output import as_json as to_json
    from rag.extraction.output import write_csv, write_xlsx

    with errors.status("Loading the models") as loading:
        desk = open_forms(settings, confirm_download(loading))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        desk,
        Progress(*columns, TextColumn("left:"), TimeRemainingColumn(), console=errors, transient=True) as progress,
    ):
        task = progress.add_task("Reading", total=len(files))
        found = list(
            desk.extract(files, schema, lambda done, total: progress.update(task, completed=done, total=total))
        )
    if csv:
        write_csv(csv, found)
    if xlsx:
        write_xlsx(xlsx, found)
    if as_json:
        print_json([to_json(extraction) for extraction in found])
    else:
        _print(found)
    if len(found) == 1 and found[0].outcome == "refused":
        raise typer.Exit(1)


def _forms(paths: Sequence[Path]) -> Iterator[Path]:
    """The files, those in folders too, under the names that they were given by."""
    for path in paths:
        found = find_files([path])  # also says that there is no such file
        if path.is_dir():
            root = path.resolve()
            yield from (path / file.relative_to(root) for file in found)
        else:
            yield path


def _write_corrections(file: Path, schema: str, home: Path) -> None:
    from rag.extraction.examples import ExampleStore, squad

    name = load_schema(schema, home).name
    examples = ExampleStore(home).all(name)
    if not examples:
        remedy = 'Correct values on the page "Forms" first.'
        raise UsageError("Nothing has been corrected yet", where=name, remedy=remedy)
    write_json(file, squad(name, examples))


def _print(found: "Sequence[Extraction]") -> None:
    names = list(found[0].fields)
    table = Table("document", *names, box=None)
    for extraction in found:
        if extraction.outcome in ("complete", "incomplete"):
            table.add_row(extraction.document.name, *(_cell(extraction.fields[name]) for name in names))
    if table.row_count:
        console.print(table)
    for extraction in found:
        if extraction.detail:
            say(f"{extraction.outcome}: {extraction.document}. {extraction.detail}")
    counts = {
        outcome: sum(1 for one in found if one.outcome == outcome)
        for outcome in ("complete", "incomplete", "other", "refused")
    }
    say(
        f"{counts['complete']:,} complete, {counts['incomplete']:,} incomplete, {counts['other']:,} of another kind, "
        f"{counts['refused']:,} refused."
    )


def _cell(found: "FoundValue") -> str:
    text = found.normalised or ""
    text = text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
    return f"{text} ({found.confidence:.2f})" if found.value and found.confidence < _SURE else text
