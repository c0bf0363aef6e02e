"""A collection made the mirror of folders: what is new or changed comes in, what was moved moves, what is gone goes."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from ingest.pipeline.ingestion import Ingestion
from ingest.pipeline.outcomes import Outcome
from ingest.sources.files import NotFound, find_files
from vectorstore.errors import RefdeskError
from vectorstore.types import Document, Scope

_FEW = 10
"""So many documents may go whatever their share; of more, no more than half."""


@dataclass(frozen=True, slots=True)
class Synchronised:
    """What a synchronisation did. ``moved`` holds the former and the present path of each document."""

    outcomes: tuple[Outcome, ...]
    removed: tuple[Document, ...]
    moved: tuple[tuple[str, str], ...]

    @property
    def changed(self) -> bool:
        return bool(self.removed or self.moved) or any(outcome.status == "indexed" for outcome in self.outcomes)


def synchronise(
    ingestion: Ingestion, paths: Sequence[Path], *, allow_empty: bool = False, patient: bool = False
) -> Synchronised:
    """Bring the ingestion's collection up to date with ``paths``.

    Documents from elsewhere stay. A moved file keeps its document, so that citations of it still open. Raises
    RefdeskError, before anything has changed, when all or most of a larger folder's files are gone, as they are where a
    drive is not mounted, unless ``allow_empty``. Who is ``patient``, and comes again, leaves a long file alone while it
    is written.
    """
    roots = [path.resolve() for path in paths]
    not_found: list[NotFound] = []
    files = find_files((path for path in paths if path.exists() or not allow_empty), not_found.append)
    collection = ingestion.collection
    with ingestion.knowledge.view() as view:
        everything = view.documents(Scope(frozenset({collection})))[1]
        refused = view.refusals(Scope(frozenset({collection}))).get(collection, [])
    files_alone = (one for one in everything if one.part_of is None)  # parts follow them
    stored = sorted(files_alone, key=attrgetter("id"))
    mirrored = [document for document in stored if any(Path(document.path).is_relative_to(root) for root in roots)]
    here = set(map(str, files))
    hidden = [place.path for place in not_found]

    def is_gone(path: str) -> bool:
        return path not in here and not any(Path(path).is_relative_to(place) for place in hidden)

    gone = [document for document in mirrored if is_gone(document.path)]
    known = {document.path for document in stored}
    moved = _moved(gone, [path for path in files if str(path) not in known])
    removed = [document for document in gone if document.id not in moved]
    if not allow_empty and len(removed) == len(mirrored) > 0:
        _refuse("All documents", mirrored, roots)
    if not allow_empty and len(removed) > max(_FEW, len(mirrored) // 2):
        _refuse(f"{len(removed)} of {len(mirrored)} documents", removed, roots)
    unread = [refusal.path for refusal in refused if is_gone(refusal.path)]
    lost = [path for path in unread if any(Path(path).is_relative_to(root) for root in roots)]
    if lost or gone:
        with ingestion.knowledge.change() as change:
            change.drop_refusals(collection, lost)
            for document in gone:
                if document.id in moved:
                    change.move_document(document, moved[document.id])
                else:
                    change.remove_document(document.id)
    outcomes = ingestion.run(files, not_found, patient=patient)
    with ingestion.knowledge.change() as change:
        change.set_synced(collection, roots)
    return Synchronised(
        tuple(outcomes),
        tuple(removed),
        tuple((document.path, str(moved[document.id])) for document in gone if document.id in moved),
    )


def _moved(gone: Iterable[Document], new: Iterable[Path]) -> dict[int, Path]:
    """By document, the new file that holds the same bytes; each file once."""
    missing: dict[tuple[int, str], list[Document]] = {}
    for document in gone:
        missing.setdefault((document.size, document.sha256), []).append(document)
    sizes = {size for size, _ in missing}
    moved: dict[int, Path] = {}
    for path in new:
        try:
            size = path.stat().st_size
            if size not in sizes:
                continue
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:  # the ingestion says so
            continue
        if same := missing.get((size, sha256)):
            moved[same.pop(0).id] = path
    return moved


def _refuse(what: str, documents: Sequence[Document], roots: Sequence[Path]) -> None:
    raise RefdeskError(
        f"{what} of this folder would be removed, {documents[0].path} among them",
        where=", ".join(map(str, roots)),
        remedy="If they are meant to be gone, add --allow-empty. If not, check that the folder is there and whole.",
    )
