"""``refdesk ingest`` and ``refdesk sync``: files into the knowledge base, with one outcome each."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ingest.sources.files import NotFound, find_files, find_mapping_files
from ingest.sources.mapping import load_mapping
from rag.access.types import LOCAL_OWNER
from rag.desk.protocols import Desk
from rag.interrupts import go_on
from rag.settings.model import load_settings
from ui.cli.desk import open_desk
from ui.cli.output import HomeOption, JsonOption, errors, fail, print_json, say
from vectorstore.errors import RefdeskError
from vectorstore.types import EVERYTHING

if TYPE_CHECKING:
    from ingest.pipeline.ingestion import Ingestion
    from ingest.pipeline.outcomes import Outcome
    from ingest.pipeline.outcomes import Progress as Done

_SHOWN = 20

Said = tuple[str, str, tuple[str, ...]]
"""What was said of a file: its path, why it was refused, and what of it was not read."""

Paths = Annotated[list[Path], typer.Argument(help="Files and folders.", metavar="PATH...")]
Collection = Annotated[str, typer.Option("--collection", help="The collection the documents go to.")]
MappingFiles = Annotated[list[Path] | None, typer.Option("--mapping", help="A mapping file for records in XML or CSV.")]


def ingest(
    context: typer.Context,
    paths: Paths,
    collection: Collection = "default",
    mapping: MappingFiles = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring files into the knowledge base. What is stored and unchanged is skipped."""
    settings = load_settings(home)
    not_found: list[NotFound] = []
    files = find_files(paths, not_found.append)
    if not files and not not_found:
        raise RefdeskError(
            "There are no files", where=", ".join(map(str, paths)), remedy="Name a folder with documents in it."
        )
    with open_desk(context, settings) as desk:
        with _ingestion(desk, collection, paths, mapping) as (job, progress), progress:
            outcomes = job.run(files, not_found)
        state = desk.documents.totals(LOCAL_OWNER, EVERYTHING)
    if as_json:
        _print_outcomes(outcomes, state)
    else:
        _say_outcomes(outcomes)
    if all(outcome.status == "refused" for outcome in outcomes):
        raise typer.Exit(1)


def sync(
    context: typer.Context,
    paths: Paths,
    collection: Collection = "default",
    mapping: MappingFiles = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Remove documents even if all or most of the files are gone.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and follow every change until stopped.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a collection the mirror of folders: as ingest, and what is gone from them is removed.

    Documents from elsewhere stay. A file that was moved or renamed keeps its document.
    """
    settings = load_settings(home)
    told: frozenset[Said] = frozenset()
    if not allow_empty:
        find_files(paths)  # says at once what is not there

    from ingest.pipeline.sync import Synchronised, synchronise
    from ingest.pipeline.watching import changes

    def tell(done: Synchronised) -> None:
        nonlocal told
        if as_json:
            removed = [{"document": document.id, "path": document.path} for document in done.removed]
            moved = [{"from": before, "to": after} for before, after in done.moved]
            state = desk.documents.totals(LOCAL_OWNER, EVERYTHING)
            _print_outcomes(done.outcomes, state, removed=removed, moved=moved)
            return
        for document in done.removed:
            say(f"removed {document.path}")
        for before, after in done.moved:
            say(f"moved {before} to {after}")
        told = _say_outcomes(done.outcomes, told)

    with (
        open_desk(context, settings) as desk,
        _ingestion(desk, collection, paths, mapping) as (job, progress),
    ):
        with progress:
            done = synchronise(job, paths, allow_empty=allow_empty)
        tell(done)
        if not watch:
            return
        with suppress(KeyboardInterrupt):
            job.prepare()
            for number, _ in enumerate(changes(paths)):
                if number == 0:
                    errors.print("Watching for changes. Ctrl+C ends it.")
                try:
                    done = synchronise(job, paths, allow_empty=allow_empty, patient=True)
                except RefdeskError as error:  # what is wrong now may be right after the next change
                    fail(error, 1)
                    continue
                if done.changed:
                    tell(done)


@contextmanager
def _ingestion(
    desk: Desk, collection: str, paths: Sequence[Path], mapping: Sequence[Path] | None
) -> "Iterator[tuple[Ingestion, Progress]]":
    """An ingestion, and the display of its progress, to be shown while it runs."""
    if chosen := desk.maintenance.choose_embedder(LOCAL_OWNER, lambda: find_files(paths)):
        errors.print(f"Not all documents are in English: {chosen} indexes them. `embedding.model` names another.")
    mappings = [load_mapping(path) for path in [*(mapping or []), *find_mapping_files(paths)]]

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files, {task.fields[chunks]:,} passages"),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=errors, transient=not errors.is_terminal)
    task = progress.add_task("Ingesting", total=None, chunks=0)

    def show(done: "Done") -> None:
        reading = f"Ingesting {Path(done.path).name} ({done.share:.0%})" if done.path else "Ingesting"
        files, total = done.files_done, done.files_total
        progress.update(task, description=reading, completed=files, total=total, chunks=done.chunks)

    plain = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    reindexing = Progress(*plain, TextColumn("left:"), TimeRemainingColumn(), console=errors, transient=True)
    again = reindexing.add_task("Indexing anew, as the settings have changed", total=None)

    def show_reindexing(done: int, total: int) -> None:
        reindexing.start()
        reindexing.update(again, completed=done, total=total)
        if done == total:
            reindexing.stop()

    ingestion = desk.maintenance.ingestion(
        LOCAL_OWNER, collection, mappings, on_progress=show, on_reindexing=show_reindexing, on_waiting=go_on
    )
    with ingestion as job:
        yield job, progress


def _print_outcomes(outcomes: "Sequence[Outcome]", state: Mapping[str, object], **more: object) -> None:
    from ingest.pipeline.outcomes import summary

    files = [dataclasses.asdict(outcome) for outcome in outcomes]
    print_json({"files": files, **more, "summary": summary(outcomes), "status": state})


def _said(outcome: "Outcome") -> Said:
    return outcome.path, outcome.detail, outcome.notes


def _say_outcomes(outcomes: "Sequence[Outcome]", told: frozenset[Said] = frozenset()) -> frozenset[Said]:
    """List what was not read, without what was ``told`` before, and say the counts. Returns all that was not read."""
    from ingest.pipeline.outcomes import summary

    unread = [outcome for outcome in outcomes if outcome.status == "refused" or outcome.notes]
    untold = [outcome for outcome in unread if _said(outcome) not in told]
    new = [outcome for outcome in untold if outcome.status == "refused"]
    incomplete = [outcome for outcome in untold if outcome.notes]
    for outcome in incomplete[:_SHOWN]:
        say(f"read in part: {outcome.path}. {' '.join(outcome.notes)}")
    if len(incomplete) > _SHOWN:
        say(f"... {len(incomplete)} read in part in all. `--json` lists every file.")
    details: set[str] = set()
    for outcome in new[:_SHOWN]:
        detail = "" if outcome.detail in details else f". {outcome.detail}"  # once is enough
        say(f"refused ({outcome.reason}): {outcome.path}{detail}")
        details.add(outcome.detail)
    if len(new) > _SHOWN:
        reasons = Counter(outcome.reason for outcome in new)
        listed = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        say(f"... {len(new)} refused in all: {listed}. `--json` lists every file.")
    counts, chunks = summary(outcomes), sum(outcome.chunks for outcome in outcomes)
    parts = sum(len(outcome.parts) for outcome in outcomes if outcome.status == "indexed")
    within = f", {parts:,} more documents within them" if parts else ""
    say(
        f"{counts['indexed']:,} indexed ({chunks:,} passages{within}), {counts['unchanged']:,} unchanged, "
        f"{counts['refused']:,} refused."
    )
    return frozenset(map(_said, unread))
