"""``refdesk status``, ``show``, ``remove``, ``verify``: looking after what is stored."""

import dataclasses
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from rag.settings.model import load_settings
from ui.cli.output import HomeOption, JsonOption, console, errors, print_json, say
from vectorstore.admin import library
from vectorstore.types import Finding

Reference = Annotated[str, typer.Argument(help="A document's id or path.", metavar="DOCUMENT")]


def status(
    documents: Annotated[bool, typer.Option("--documents", help="List the documents too.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the knowledge base holds."""
    folder = load_settings(home).home
    state = {"home": str(folder), **library.status(folder)}
    listed = library.list_documents(folder) if documents else []
    if as_json:
        print_json(state | ({"list": [dataclasses.asdict(document) for document in listed]} if documents else {}))
        return
    if not state["documents"]:
        say(f"The knowledge base in {folder} is empty. Add documents with `refdesk ingest FOLDER`.")
        return
    say(f"{state['documents']:,} documents, {state['units']:,} units, {state['chunks']:,} passages in {folder}")
    for name, count in dict(state["collections"]).items():  # type: ignore[call-overload]
        say(f"  {name}: {count:,} documents")
    say(f"Embedding: {state['embedding']}. Last change: {state['changed_at']}.")
    if listed:
        table = Table("id", "collection", "title", "passages", "path", box=None)
        for document in listed:
            row = (str(document.id), document.collection, document.title, str(document.chunks), document.path)
            table.add_row(*(cell.replace("[", r"\[") for cell in row))
        console.print(table)


def show(document: Reference, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Print a document's stored text, in which citations' offsets count."""
    found, pages = library.show(load_settings(home).home, document)
    text = "".join(page.text for page in pages)
    if as_json:
        print_json({"document": found.id, "title": found.title, "path": found.path, "text": text})
    else:
        say(text)


def remove(
    documents: Annotated[list[str], typer.Argument(help="Ids or paths of documents.", metavar="DOCUMENT...")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove documents from the knowledge base; their files stay where they are."""
    removed = library.remove(load_settings(home).home, documents)
    if as_json:
        print_json({"removed": [{"document": document.id, "path": document.path} for document in removed]})
        return
    for document in removed:
        say(f"removed {document.path}")


def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Rebuild from the stored text what can be rebuilt.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that everything stored is whole."""
    from rag.desk.maintenance import repair as rebuild  # takes seconds to import, and other commands do not need it
    from rag.desk.maintenance import verify as find_damage

    settings = load_settings(home)
    findings = find_damage(settings)
    repaired: list[Finding] = []
    if repair and any(finding.repairable for finding in findings):
        with Progress(console=errors, transient=True) as progress:
            task = progress.add_task("Rebuilding", total=None)
            remaining = rebuild(settings, lambda done, total: progress.update(task, completed=done, total=total))
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
