"""What the knowledge base holds, within a scope; see ``rag.desk.protocols.Documents``."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ingest.sources.uploads import kept_under, upload_path
from rag.access.types import Principal, require_curator, scope_of
from rag.desk.protocols import Holdings, SourceView
from rag.settings.model import Settings
from rag.types import Citation
from vectorstore.admin import library
from vectorstore.errors import UsageError
from vectorstore.sqlite import catalogue
from vectorstore.types import Collection, Document, Page, Refusal, Scope, SoftDeletedDocument

_SURROUNDINGS = 700
"""Characters of the document that a source view shows on either side of the cited words."""


class DeskDocuments:
    """Those of the home of ``settings``."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home
        self.longest_file = settings.ingest.max_file_mb * 1024**2

    def holdings(self, principal: Principal, scope: Scope) -> Holdings:
        totals = self.totals(principal, scope)
        return Holdings(totals["documents"], totals["chunks"], tuple(totals["collections"]), totals["changed_at"])

    def totals(self, principal: Principal, scope: Scope) -> dict[str, Any]:
        allowed = scope_of(principal, scope)
        totals = library.status(self._home)
        if allowed.unrestricted:
            return totals
        within = self.find(principal, scope)[1]
        collections = {one.name: one.documents for one in self.collections(principal, scope) if one.documents}
        counts = {"documents": len(within), "contents": len({one.sha256 for one in within})}
        counts |= {"units": sum(one.units for one in within), "chunks": sum(one.chunks for one in within)}
        return {**totals, **counts, "collections": collections}

    def find(
        self, principal: Principal, scope: Scope, words: Sequence[str] = (), limit: int | None = None
    ) -> tuple[int, list[Document]]:
        allowed = scope_of(principal, scope)
        _, found = library.find_documents(self._home, words)
        within = [document for document in found if _sees(allowed, document)]
        return len(within), within[:limit]

    def show(self, principal: Principal, scope: Scope, reference: str) -> tuple[Document, tuple[Page, ...]]:
        document = self._named(principal, scope, [reference])[0]
        return document, library.show(self._home, str(document.id))[1]

    def source(self, principal: Principal, scope: Scope, citation: Citation) -> SourceView:
        allowed = scope_of(principal, scope)
        with closing(library.open_database(self._home)) as database, database.read() as connection:
            found = catalogue.get_document(connection, citation.document)
            pages = catalogue.document_pages(connection, citation.document)
            place = _place_of(citation, pages)
            heading = catalogue.heading_at(connection, citation.document, place[1]) if place else ""
        if found is None or not _sees(allowed, found):
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
        allowed = scope_of(principal, scope).collections
        return [one for one in library.list_collections(self._home) if allowed is None or one.name in allowed]

    def set_notice(self, principal: Principal, collection: str, notice: str) -> None:
        require_curator(principal)
        library.set_notice(self._home, collection, notice)

    def remove(
        self, principal: Principal, scope: Scope, references: Sequence[str], *, restorable: bool
    ) -> list[Document]:
        require_curator(principal)
        ids = [str(document.id) for document in self._named(principal, scope, references)]
        return library.remove(self._home, ids, can_be_put_back=restorable)

    def removed(self, principal: Principal, scope: Scope) -> list[SoftDeletedDocument]:
        allowed = scope_of(principal, scope)
        return [document for document in library.removed_documents(self._home) if _sees(allowed, document)]

    def restore(self, principal: Principal, scope: Scope, documents: Sequence[int]) -> int:
        require_curator(principal)
        allowed = {document.id for document in self.removed(principal, scope)}
        return library.put_back(self._home, [document for document in documents if document in allowed])

    def refusals(self, principal: Principal, scope: Scope) -> dict[str, list[Refusal]]:
        allowed = scope_of(principal, scope).collections
        listed = library.list_refusals(self._home)
        return {name: files for name, files in listed.items() if allowed is None or name in allowed}

    def forget_refusals(self, principal: Principal, collection: str, files: Sequence[str]) -> None:
        require_curator(principal)
        library.drop_refusals(self._home, collection, files)

    def place_for(self, principal: Principal, collection: str, name: str) -> Path:
        require_curator(principal)
        return upload_path(self._home, collection, name)

    def name_of(self, path: str) -> str:
        return kept_under(self._home, path) or path

    def _named(self, principal: Principal, scope: Scope, references: Sequence[str]) -> list[Document]:
        """All that ids or paths name. Raises UsageError where there is none that may be seen."""
        allowed = scope_of(principal, scope)
        found: dict[int, Document] = {}
        with closing(library.open_database(self._home)) as database:
            for reference in references:
                seen = [document for document in library.find(database, reference) if _sees(allowed, document)]
                if not seen:
                    raise library.unknown_document(reference)
                found.update({document.id: document for document in seen})
        return list(found.values())


def _sees(scope: Scope, document: Document | SoftDeletedDocument) -> bool:
    return (scope.collections is None or document.collection in scope.collections) and (
        scope.documents is None or document.id in scope.documents
    )


def _place_of(citation: Citation, pages: tuple[Page, ...]) -> tuple[Page, int] | None:
    """The page and the start of the cited words: where they were, or where they are now."""
    for page in pages:
        first = citation.start - page.start
        if first >= 0 and page.text[first : first + len(citation.quote)] == citation.quote:
            return page, citation.start
    for page in pages:
        first = page.text.find(citation.quote)
        if first >= 0:
            return page, page.start + first
    return None
