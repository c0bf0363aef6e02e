"""``refdesk ingest``: files into the knowledge base, with one outcome each."""

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ingest.files import find_files, find_mapping_files
from ingest.mapping import load_mapping
from rag.settings import load_settings
from ui.cli.output import HomeOption, JsonOption, errors, print_json, say
from vectorstore import library
from vectorstore.errors import RefdeskError

_REFUSED_SHOWN = 20


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.", metavar="PATH...")],
    collection: Annotated[str, typer.Option("--collection", help="The collection the documents go to.")] = "default",
    mapping: Annotated[
        list[Path] | None, typer.Option("--mapping", help="A mapping file for records in XML or CSV.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring files into the knowledge base. What is stored and unchanged is skipped."""
    settings = load_settings(home)
    files = find_files(paths)
    if not files:
        raise RefdeskError(
            "There are no files", where=", ".join(map(str, paths)), remedy="Name a folder with documents in it."
        )
    mappings = [load_mapping(path) for path in [*(mapping or []), *find_mapping_files(paths)]]

    from ingest.job import (
        Ingestion,
        summary,
    )  # the models take seconds to import: not before the call is known to be right
    from ingest.job import Progress as Done
    from rag.desk import open_embedder, worker_settings
    from vectorstore.knowledge import KnowledgeBase

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files, {task.fields[chunks]:,} passages"),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=not errors.is_terminal) as progress:
        task = progress.add_task("Loading the models", total=len(files), chunks=0)

        def show(done: Done) -> None:
            progress.update(task, completed=done.files_done, chunks=done.chunks)

        embedder = open_embedder(settings)
        knowledge = KnowledgeBase(settings.home, embedder)
        progress.update(task, description="Ingesting")
        job = Ingestion(knowledge, worker_settings(settings, embedder), collection, mappings, show)
        outcomes = job.run(files)
        knowledge.close()
    counts = summary(outcomes)
    if as_json:
        state = library.status(settings.home)
        print_json({"files": [dataclasses.asdict(outcome) for outcome in outcomes], "summary": counts, "status": state})
    else:
        refused = [outcome for outcome in outcomes if outcome.status == "refused"]
        for outcome in refused[:_REFUSED_SHOWN]:
            say(f"refused ({outcome.reason}): {outcome.path}. {outcome.detail}")
        if len(refused) > _REFUSED_SHOWN:
            reasons = Counter(outcome.reason for outcome in refused)
            listed = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
            say(f"... {len(refused)} refused in all: {listed}. `--json` lists every file.")
        chunks = sum(outcome.chunks for outcome in outcomes)
        say(
            f"{counts['indexed']:,} indexed ({chunks:,} passages), {counts['unchanged']:,} unchanged, "
            f"{counts['refused']:,} refused."
        )
    if counts["refused"] == len(outcomes):
        raise typer.Exit(1)
