"""What a knowledge base keeps and how it is searched, whatever keeps it. Nothing here is a database's.

A question is answered from one ``KnowledgeView``, and a file is stored by one ``KnowledgeChange``. Every read takes a
``Scope``: what is not in it does not exist for whoever asks. tests/vectorstore/test_store_contract.py says what any
store must do.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vectorstore.types import (
    Block,
    Chunk,
    Collection,
    Document,
    Embedder,
    FileState,
    Finding,
    Indexing,
    KnownFile,
    Page,
    ParsedDocument,
    Passage,
    Place,
    Refusal,
    Scope,
    SoftDeletedDocument,
    Span,
    StoredText,
    Totals,
    Vectors,
)

RESTORABLE_FOR = timedelta(days=7)
"""So long a soft-deleted document can be restored."""


class PassageSearch(Protocol):
    """Finds and counts passages."""

    @property
    def embedder(self) -> Embedder:
        """The model that the stored vectors are of. Raises IndexingMismatch where it cannot be had."""
        ...

    def search(
        self,
        query: str,
        scope: Scope,
        *,
        words: str | None = None,
        limit: int = 12,
        candidates: int = 50,
        dense_weight: float = 0.5,
    ) -> list[Passage]:
        """The best passages for ``query`` within ``scope``, best first. Its ``words`` are what the lexical leg searches
        for; without them all of the query.

        Each leg proposes ``candidates`` chunks, and scores those of the other leg too (0 in the lexical leg means that
        the chunk holds none of the words).
        """
        ...

    def count(self, scope: Scope) -> int:
        """The number of passages."""
        ...


class TextView(Protocol):
    """The stored text of the documents of one state of a knowledge base."""

    def pages(self, document: int, scope: Scope, within: Place | None = None) -> tuple[Page, ...]:
        """A document's stored text; its pages' texts in a row are what citations' offsets count in. ``within`` two
        places, only what is there of it: a document may be long.
        """
        ...

    def blocks(self, document: int, scope: Scope, within: Place | None = None) -> tuple[Block, ...]:
        """The blocks of a document's stored text, in order of their starts, or those that reach ``within``."""
        ...


class PassageView(PassageSearch, TextView, Protocol):
    """The passages of one state of a knowledge base."""

    def frequencies(self, words: Sequence[str], scope: Scope) -> dict[str, int]:
        """For each word the number of passages that hold it in any form, or of a code, just as it is written."""
        ...

    def holds_form(self, word: str, scope: Scope) -> bool:
        """Whether passages hold ``word`` ("wandered", "3.13") in just this form, not only in another or in parts."""
        ...

    def notices(self, documents: Iterable[int], scope: Scope) -> tuple[str, ...]:
        """What is shown with each answer from the collections that ``documents`` belong to."""
        ...


class DocumentView(TextView, Protocol):
    """The documents of one state of a knowledge base."""

    def document(self, document: int, scope: Scope) -> Document | None: ...

    def documents(
        self, scope: Scope, words: Sequence[str] = (), *, limit: int | None = None, incomplete: bool = False
    ) -> tuple[int, list[Document]]:
        """How many documents have all ``words`` in their title or path, and the first ``limit`` of them by title.

        ``incomplete`` ones alone are those of which something was not read.
        """
        ...

    def documents_at(self, path: str, scope: Scope) -> list[Document]:
        """The documents stored from ``path``, one for each collection that has it."""
        ...

    def chunks(self, document: int, scope: Scope, limit: int | None = None) -> list[Chunk]:
        """A document's passages in the order of its text, or the first of them."""
        ...

    def passage_with(self, document: int, words: str, scope: Scope) -> str | None:
        """The text of the document's first passage that holds ``words``, character for character."""
        ...

    def heading_at(self, document: int, position: int, scope: Scope) -> str:
        """The heading of the passage that holds the character at ``position``; empty if none does."""
        ...

    def questions(self, scope: Scope) -> list[tuple[str, int]]:
        """Of each document that has one, the first heading that is a question, and the document's id."""
        ...

    def collections(self, scope: Scope) -> list[Collection]:
        """Every collection that has documents, or had some and keeps a notice, by name."""
        ...

    def totals(self, scope: Scope) -> Totals: ...

    def refusals(self, scope: Scope) -> dict[str, list[Refusal]]:
        """By collection, the files that could not be read as they were."""
        ...

    def soft_deleted(self, scope: Scope) -> list[SoftDeletedDocument]:
        """The documents that can be restored, the last deleted first."""
        ...


class FileView(Protocol):
    """What is known of files and their bytes, to take them in without doing it twice."""

    def find_file(self, collection: str, path: str) -> KnownFile | None: ...

    def find_content(self, sha256: str, recipe: str) -> int | None: ...

    def kept_characters(self, sha256: str, recipe: str) -> int:
        """How many characters are stored of a content that is not complete; 0 where it is, or nothing is stored."""
        ...

    def title_of(self, content: int) -> str:
        """The title that was found in a content; empty where there was none."""
        ...

    def parts(self, document: int) -> list[Document]:
        """The parts of a file's document, in the order in which they came."""
        ...


class KnowledgeView(PassageView, DocumentView, FileView, Protocol):
    """One state of a knowledge base: whatever is published meanwhile, all that is read through it belongs together."""

    @property
    def publication(self) -> int:
        """Grows with everything that is published."""
        ...

    @property
    def changed_at(self) -> str:
        """When what a search can find changed last, ISO 8601 in UTC; empty where nothing was stored yet."""
        ...

    @property
    def indexing(self) -> Indexing:
        """What the chunks and vectors are made by; empty where nothing has settled it yet."""
        ...

    def embedded_texts(self, content: int, within: Place | None = None) -> dict[str, NDArray[np.float32]]:
        """The texts that were embedded for a content's chunks, or for those that begin ``within`` two places, with
        their vectors.
        """
        ...

    def known_paths(self) -> set[str]:
        """The files that something is stored of: documents, soft-deleted ones, and refused files."""
        ...


class KnowledgeChange(FileView, Protocol):
    """Changes that are stored and published together, or not at all."""

    def require_chunking(self, chunking: str) -> None:
        """Raises IndexingMismatch where the stored documents are cut otherwise; the first ones settle it."""
        ...

    def add_content(
        self, sha256: str, recipe: str, parsed: ParsedDocument, vectors: Vectors, embedding: str, begun: str = ""
    ) -> int:
        """Store what was parsed, with one row of ``vectors`` for each of its chunks; return the content's id.

        ``embedding`` is the fingerprint of the model that the vectors are of. Raises IndexingMismatch where the stored
        ones are of another; the first ones settle it. Where stretches are stored under the recipe ``begun``, it is the
        last one.
        """
        ...

    def add_stretch(self, sha256: str, recipe: str, part: ParsedDocument, vectors: Vectors, embedding: str) -> None:
        """Store a part of a long content, which begins where the one before has ended, and is searched when it is
        complete; what is stored already is skipped. What is not completed within a week is dropped. Raises as
        ``add_content``, and StoreError where what comes before is not stored.
        """
        ...

    def drop_stretches(self, sha256: str, recipe: str) -> None:
        """The parts of a content that will not be complete."""
        ...

    def count_chunks(self, content: int) -> int:
        """Those of a content that a document has."""
        ...

    def put_document(
        self, collection: str, path: str, title: str, content: int, state: FileState, part_of: int | None = None
    ) -> int:
        """Add the document, or point the existing one at ``content``; return its id. A soft-deleted one is restored.

        ``part_of`` is the document of the file that it is a part of. Parts go, come back and move with their file.
        """
        ...

    def move_document(self, document: Document, path: Path) -> None:
        """The document's file has another path; its content and id stay. A title that is the file's name follows it."""
        ...

    def touch_document(self, document: int, state: FileState) -> None:
        """The document's file has another state, and the same bytes."""
        ...

    def remove_document(self, document: int) -> None:
        """Drop a document for good."""
        ...

    def soft_delete(self, document: int) -> None:
        """Take a document out of every search; for a week it can be restored."""
        ...

    def restore(self, document: int) -> bool:
        """Undo a soft-deletion; False where the document is no longer kept. A part comes back with its file."""
        ...

    def put_refusals(self, collection: str, refusals: Iterable[Refusal]) -> None: ...

    def drop_refusals(self, collection: str, paths: Iterable[str]) -> None:
        """Those of files that can be read now, are gone, or are to be tried again."""
        ...

    def set_notice(self, collection: str, notice: str) -> None:
        """What is shown with each answer from a collection; nothing if ``notice`` is empty."""
        ...

    def set_synced(self, collection: str, folders: Sequence[Path]) -> None:
        """A collection has just been made the mirror of ``folders``."""
        ...


class Reindexing(Protocol):
    """Chunks and vectors made anew, by another embedding model or chunking, beside those that are searched meanwhile.

    They are made some contents at a time, and take the others' place all at once. What was made before an interruption
    is kept, unless it was for another target.
    """

    def waiting(self) -> list[int]:
        """The contents whose chunks have yet to be made anew."""
        ...

    def progress(self) -> tuple[int, int]:
        """How many contents have new chunks, and how many there are."""
        ...

    def stored_text(self, content: int) -> StoredText:
        """What a content is cut anew from."""
        ...

    def known_vectors(self, content: int) -> Mapping[str, NDArray[np.float32]]:
        """By embedded text, the stored vectors that are of the new model already."""
        ...

    def add(self, made: Sequence[tuple[int, Sequence[Span], Vectors]]) -> None:
        """Store the new chunks of contents, with one vector for each; what is gone or done meanwhile is skipped."""
        ...

    def finish(self) -> bool:
        """Let the new chunks and vectors take the others' place; False where contents have been added meanwhile."""
        ...


class KnowledgeStore(PassageSearch, Protocol):
    """A knowledge base. Safe to use from many threads; what any process publishes, each sees with its next view.

    As a ``PassageSearch`` each call reads the newest state, for whoever needs no more than that one.
    """

    def view(self) -> AbstractContextManager[KnowledgeView]: ...

    def change(self) -> AbstractContextManager[KnowledgeChange]:
        """When it ends well, what was changed is on disk and every process searches it; else it leaves no trace."""
        ...

    def compact(self, *, force: bool = False) -> bool:
        """Write a new index version when enough has changed since the last one (or ``force``); True if written."""
        ...

    def reindexing(self, target: Indexing) -> Reindexing | None:
        """None where everything is indexed as ``target`` says."""
        ...

    def verify(self, wanted: Indexing) -> list[Finding]:
        """What is damaged, or indexed otherwise than ``wanted``."""
        ...

    def close(self) -> None: ...
