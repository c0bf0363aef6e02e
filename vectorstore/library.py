"""Looking after stored documents, by id or path. No model is needed."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from vectorstore.embedded import is_begun, open_store
from vectorstore.errors import UsageError
from vectorstore.store import DocumentView, KnowledgeStore
from vectorstore.types import Document, Page, Scope


def status(home: Path, scope: Scope) -> dict[str, object]:
    """Counts of documents, units, contents, chunks, and documents of which something was not read; documents a
    collection; the embedding; the last change. The last two are empty where nothing is within ``scope``. Of an empty
    home nothing is begun.
    """
    state: dict[str, object] = {"documents": 0, "contents": 0, "units": 0, "chunks": 0, "incomplete": 0}
    if not is_begun(home):
        return state | {"collections": {}, "embedding": "", "changed_at": ""}
    with closing(open_store(home)) as store, store.view() as view:
        totals = view.totals(scope)
        told = scope.unrestricted or totals.documents > 0
        return {
            **asdict(totals),
            "collections": {one.name: one.documents for one in view.collections(scope) if one.documents},
            "embedding": view.indexing.embedding if told else "",
            "changed_at": view.changed_at if told else "",
        }


def find(view: DocumentView, reference: str, scope: Scope) -> list[Document]:
    """The documents that an id or a path names (a path: one for each collection). Raises UsageError if there is
    none.
    """
    paths = dict.fromkeys((reference, str(Path(reference).expanduser().resolve())))
    found = {document.id: document for path in paths for document in view.documents_at(path, scope)}
    if reference.isdecimal() and len(reference) < 19 and (named := view.document(int(reference), scope)):
        found[named.id] = named
    if not found:
        raise UsageError(
            "There is no such document", where=reference, remedy="`refdesk status --documents` lists them."
        )
    return [found[document] for document in sorted(found)]


def show(store: KnowledgeStore, reference: str, scope: Scope) -> tuple[Document, tuple[Page, ...]]:
    """A document and its pages, whose texts in a row are what citations' offsets count in. Raises UsageError."""
    with store.view() as view:
        document = find(view, reference, scope)[0]
        return document, view.pages(document.id, scope)


def remove(
    store: KnowledgeStore, references: Sequence[str], scope: Scope, *, restorable: bool = False
) -> list[Document]:
    """Remove documents and their parts, all or (if one is unknown) none; return what was removed. Raises UsageError."""
    with store.view() as view:
        named = [document for reference in references for document in find(view, reference, scope)]
        found = {document.id: document for one in named for document in (one, *view.parts(one.id))}
    with store.change() as change:
        for document in found:
            if restorable:
                change.soft_delete(document)
            else:
                change.remove_document(document)
    return list(found.values())


def restore(store: KnowledgeStore, documents: Iterable[int], scope: Scope) -> int:
    """Undo soft-deletions; returns how many documents are back. Those kept no longer stay away."""
    with store.view() as view:
        kept = {document.id for document in view.soft_deleted(scope)}
    with store.change() as change:
        return sum(change.restore(document) for document in documents if document in kept)
