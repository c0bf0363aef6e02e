"""``refdesk status``, ``show``, ``remove``, ``verify``: looking after what is stored."""

import dataclasses
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from rag.access.types import LOCAL_OWNER
from rag.settings.model import load_settings
from ui.cli.desk import open_desk
from ui.cli.output import HomeOption, JsonOption, console, errors, print_json, say
from ui.texts import counted
from vectorstore.types import EVERYTHING, Finding

Reference = Annotated[str, typer.Argument(help="A document's id or path.", metavar="DOCUMENT")]


def status(
    context: typer.Context,
    documents: Annotated[bool, typer.Option("--documents", help="List the documents too.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the knowledge base holds."""
    settings = load_settings(home)
    folder = settings.home
    with open_desk(context, settings) as desk:
        state = {"home": str(folder), **desk.documents.totals(LOCAL_OWNER, EVERYTHING)}
        listed = desk.documents.find(LOCAL_OWNER, EVERYTHING)[1] if documents else []
    if as_json:
        print_json(state | ({"list": [dataclasses.asdict(document) for document in listed]} if documents else {}))
        return
    if not state["documents"]:
        say(f"The knowledge base in {folder} is empty. Add documents with `refdesk ingest FOLDER`.")
        return
    say(f"{state['documents']:,} documents, {state['units']:,} units, {state['chunks']:,} passages in {folder}")
    for name, count in state["collections"].items():
        say(f"  {name}: {count:,} documents")
    if state["incomplete"]:
        said = "" if documents else "; `refdesk status --documents` says what"
        say(f"Not all was read of {counted(state['incomplete'], 'document')}{said}.")
    say(f"Embedding: {state['embedding']}. Last change: {state['changed_at']}.")
    if listed:
        table = Table("id", "collection", "title", "passages", "path", box=None)
        for document in listed:
            row = (str(document.id), document.collection, document.title, str(document.chunks), document.path)
            table.add_row(*(cell.replace("[", r"\[") for cell in row))
        console.print(table)
        for document in listed:
            for note in document.notes:
                say(f"{document.id} {document.title}: {note}")


def show(context: typer.Context, document: Reference, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Print a document's stored text, in which citations' offsets count. What of it was not read is said beside it."""
    with open_desk(context, load_settings(home)) as desk:
        found, pages = desk.documents.show(LOCAL_OWNER, EVERYTHING, document)
    text = "".join(page.text for page in pages)
    if as_json:
        print_json({"document": found.id, "title": found.title, "path": found.path, "text": text, "notes": found.notes})
        return
    say(text)
    for note in found.notes:
        errors.print(note, markup=False, soft_wrap=True)


def remove(
    context: typer.Context,
    documents: Annotated[list[str], typer.Argument(help="Ids or paths of documents.", metavar="DOCUMENT...")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove documents from the knowledge base; their files stay where they are."""
    with open_desk(context, load_settings(home)) as desk:
        removed = desk.documents.remove(LOCAL_OWNER, EVERYTHING, documents, restorable=False)
    if as_json:
        print_json({"removed": [{"document": document.id, "path": document.path} for document in removed]})
        return
    for document in removed:
        say(f"removed {document.path}")


def verify(
    context: typer.Context,
    repair: Annotated[bool, typer.Option("--repair", help="Rebuild from the stored text what can be rebuilt.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that everything stored is whole."""
    repaired: Sequence[Finding] = ()
    with open_desk(context, load_settings(home)) as desk:
        findings = desk.maintenance.verify(LOCAL_OWNER)
        if repair and any(finding.repairable for finding in findings):
            with Progress(console=errors, transient=True) as progress:
                task = progress.add_task("Rebuilding", total=None)
                remaining = desk.maintenance.repair(
                    LOCAL_OWNER, lambda done, total: progress.update(task, completed=done, total=total)
                )
            repaired = [finding for finding in findings if finding not in remaining]
            findings = remaining
    if as_json:
        found = {"findings": [dataclasses.asdict(finding) for finding in findings]}
        print_json({"ok": not findings, **found, "repaired": [dataclasses.asdict(finding) for finding in repaired]})
    else:
        for finding in repaired:
            say(f"repaired: {finding.what}: {finding.where}")
        for finding in findings:
            advice = (
                "`refdesk verify --repair` rebuilds it"
                if finding.repairable
                else "Restore the data folder from a backup, or set it aside and ingest the documents again"
            )
            say(f"{finding.what}: {finding.where}. {advice}.")
        if not findings:
            say("Everything that is stored is whole.")
    if findings:
        raise typer.Exit(1)
