"""``refdesk extract``: the same few fields from many forms, each with its place and how sure it is."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from ingest.sources.files import find_files
from rag.access.types import LOCAL_OWNER
from rag.desk.curator_protocols import Forms
from rag.extraction.types import Extraction, FoundValue
from rag.files import write_json
from rag.settings.model import load_settings
from ui.cli.desk import open_desk
from ui.cli.output import HomeOption, JsonOption, confirm_download, console, errors, print_json, say
from vectorstore.errors import UsageError

_SURE = 0.9
"""Less probable values are shown with their probability."""
_WIDEST = 40


def extract(
    context: typer.Context,
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
    files = list(_forms(paths or []))
    if not files and not corrections:
        raise UsageError("There is nothing to read", where="FILE_OR_FOLDER", remedy="Name a form, or a folder of them.")
    loading = errors.status("Loading the models")
    with open_desk(context, settings, confirm_download(loading)) as desk:
        desk.forms.schema_text(LOCAL_OWNER, schema)  # a wrong one is said before anything slow begins
        if corrections:
            _write_corrections(desk.forms, corrections, schema)
            if not files:
                print_json([]) if as_json else say(f"The corrections are in {corrections}.")
                return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        left = (TextColumn("left:"), TimeRemainingColumn())
        with Progress(*columns, *left, console=errors, transient=True) as progress:
            task = progress.add_task("Reading", total=len(files))
            read = desk.forms.extract(
                LOCAL_OWNER, files, schema, lambda done, total: progress.update(task, completed=done, total=total)
            )
            found = list(read)

    from rag.extraction.output import as_json as to_json  # brings the writer of Excel files
    from rag.extraction.output import write_csv, write_xlsx

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


def _write_corrections(forms: Forms, file: Path, schema: str) -> None:
    if not forms.corrections(LOCAL_OWNER, schema):
        remedy = 'Correct values on the page "Forms" first.'
        raise UsageError("Nothing has been corrected yet", where=schema, remedy=remedy)
    write_json(file, forms.squad(LOCAL_OWNER, schema))


def _print(found: Sequence[Extraction]) -> None:
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


def _cell(found: FoundValue) -> str:
    text = found.normalised or ""
    text = text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
    return f"{text} ({found.confidence:.2f})" if found.value and found.confidence < _SURE else text
