"""What the knowledge base holds, within a scope; see ``rag.desk.protocols.Documents``."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ingest.sources.uploads import kept_under, upload_path
from rag.access.types import Principal, require_curator, scope_of
from rag.desk.protocols import Holdings, SourceView
from rag.settings.model import Settings
from rag.types import Citation
from vectorstore import library
from vectorstore.embedded import is_begun, open_store
from vectorstore.errors import UsageError
from vectorstore.store import RESTORABLE_FOR, DocumentView
from vectorstore.types import Collection, Document, Page, Refusal, Scope, SoftDeletedDocument

_SEARCHED = 1024**2
_SURROUNDINGS = 700
"""Characters of the document that a source view shows on either side of the cited words."""


class DeskDocuments:
    """Those of the home of ``settings``."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home
        self.longest_file = settings.ingest.max_file_mb * 1024**2
        self.days_restorable = RESTORABLE_FOR.days

    def holdings(self, principal: Principal, scope: Scope) -> Holdings:
        totals = self.totals(principal, scope)
        return Holdings(totals["documents"], totals["chunks"], tuple(totals["collections"]), totals["changed_at"])

    def totals(self, principal: Principal, scope: Scope) -> dict[str, Any]:
        return library.status(self._home, scope_of(principal, scope))

    def find(
        self,
        principal: Principal,
        scope: Scope,
        words: Sequence[str] = (),
        limit: int | None = None,
        *,
        incomplete: bool = False,
    ) -> tuple[int, list[Document]]:
        allowed = scope_of(principal, scope)
        with self._view() as view:
            return view.documents(allowed, words, limit=limit, incomplete=incomplete) if view else (0, [])

    def show(self, principal: Principal, scope: Scope, reference: str) -> tuple[Document, tuple[Page, ...]]:
        with closing(open_store(self._home)) as store:
            return library.show(store, reference, scope_of(principal, scope))

    def source(self, principal: Principal, scope: Scope, citation: Citation) -> SourceView:
        allowed = scope_of(principal, scope)
        with closing(open_store(self._home)) as store, store.view() as view:
            found = view.document(citation.document, allowed)
            place = _place_of(citation, view, allowed)
            heading = view.heading_at(citation.document, place[1], allowed) if place else ""
        if found is None:
            what = "This source is no longer in the knowledge base"
            raise UsageError(what, where=citation.title, remedy="Ask again to see what it says now.")
        if place is None:
            what = "This document has changed since"
            raise UsageError(what, where=citation.title, remedy="Ask again to see what it says now.")
        page, start = place
        first, last = start - page.start, start - page.start + len(citation.quote)
        before, after = page.text[:first], page.text[last:]
        return SourceView(
            found.id,
            found.title,
            found.path,
            page.number,
            heading,
            before if len(before) <= _SURROUNDINGS else "…" + before[-_SURROUNDINGS:].partition(" ")[2],
            page.text[first:last],
            after if len(after) <= _SURROUNDINGS else after[:_SURROUNDINGS].rpartition(" ")[0] + "…",
        )

    def collections(self, principal: Principal, scope: Scope) -> list[Collection]:
        allowed = scope_of(principal, scope)
        with self._view() as view:
            return view.collections(allowed) if view else []

    def set_notice(self, principal: Principal, collection: str, notice: str) -> None:
        require_curator(principal)
        with closing(open_store(self._home)) as store, store.change() as change:
            change.set_notice(collection, notice)

    def remove(
        self, principal: Principal, scope: Scope, references: Sequence[str], *, restorable: bool
    ) -> list[Document]:
        require_curator(principal)
        with closing(open_store(self._home)) as store:
            return library.remove(store, references, scope_of(principal, scope), restorable=restorable)

    def removed(self, principal: Principal, scope: Scope) -> list[SoftDeletedDocument]:
        allowed = scope_of(principal, scope)
        with self._view() as view:
            return view.soft_deleted(allowed) if view else []

    def restore(self, principal: Principal, scope: Scope, documents: Sequence[int]) -> int:
        require_curator(principal)
        with closing(open_store(self._home)) as store:
            return library.restore(store, documents, scope_of(principal, scope))

    def refusals(self, principal: Principal, scope: Scope) -> dict[str, list[Refusal]]:
        allowed = scope_of(principal, scope)
        with self._view() as view:
            return view.refusals(allowed) if view else {}

    def forget_refusals(self, principal: Principal, collection: str, files: Sequence[str]) -> None:
        require_curator(principal)
        with closing(open_store(self._home)) as store, store.change() as change:
            change.drop_refusals(collection, files)

    def place_for(self, principal: Principal, collection: str, name: str) -> Path:
        require_curator(principal)
        return upload_path(self._home, collection, name)

    def name_of(self, path: str) -> str:
        return kept_under(self._home, path) or path

    @contextmanager
    def _view(self) -> Iterator[DocumentView | None]:
        """None where nothing is stored yet: looking begins nothing."""
        if not is_begun(self._home):
            yield None
            return
        with closing(open_store(self._home)) as store, store.view() as view:
            yield view


def _place_of(citation: Citation, view: DocumentView, scope: Scope) -> tuple[Page, int] | None:
    """What stands around the cited words on their page, and their start: where they were, or where they are now."""
    if place := _found(citation, view, scope, citation.start, citation.start + len(citation.quote)):
        return place
    start = 0
    while view.pages(citation.document, scope, (start, start + 1)):
        if place := _found(citation, view, scope, start, start + _SEARCHED):
            return place
        start += _SEARCHED - len(citation.quote)
    return None


def _found(citation: Citation, view: DocumentView, scope: Scope, start: int, end: int) -> tuple[Page, int] | None:
    """The cited words between two places of their document."""
    for page in view.pages(citation.document, scope, (max(0, start - _SURROUNDINGS - 1), end + _SURROUNDINGS + 1)):
        first = page.text.find(citation.quote, max(0, start - page.start))
        if first >= 0:
            return page, page.start + first
    return None
