"""Changes to the embedded store: a write transaction, behind the protocol ``KnowledgeChange``."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from apsw import Connection

from vectorstore.sqlite import collections, contents, documents
from vectorstore.sqlite.database import Database
from vectorstore.sqlite.meta import require_chunking, require_embedding
from vectorstore.types import Document, FileState, KnownFile, ParsedDocument, Refusal, Vectors


class SqliteChange:
    """``KnowledgeChange`` in the transaction of ``connection``."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._explained = database.explained
        self._connection = connection
        self.searchable = False
        """Whether what a search finds has changed."""

    def find_file(self, collection: str, path: str) -> KnownFile | None:
        with self._explained():
            return documents.find_file(self._connection, collection, path)

    def find_content(self, sha256: str, recipe: str) -> int | None:
        with self._explained():
            return contents.find_content(self._connection, sha256, recipe)

    def kept_characters(self, sha256: str, recipe: str) -> int:
        with self._explained():
            return contents.kept_characters(self._connection, sha256, recipe)

    def title_of(self, content: int) -> str:
        with self._explained():
            return contents.title_of(self._connection, content)

    def parts(self, document: int) -> list[Document]:
        with self._explained():
            return documents.parts(self._connection, document)

    def count_chunks(self, content: int) -> int:
        with self._explained():
            return contents.count_chunks(self._connection, content)

    def require_chunking(self, chunking: str) -> None:
        with self._explained():
            require_chunking(self._connection, chunking)

    def add_content(
        self, sha256: str, recipe: str, parsed: ParsedDocument, vectors: Vectors, embedding: str, begun: str = ""
    ) -> int:
        with self._explained():
            require_embedding(self._connection, embedding)
            return contents.add_content(self._connection, sha256, recipe, parsed, vectors, begun)

    def add_stretch(self, sha256: str, recipe: str, part: ParsedDocument, vectors: Vectors, embedding: str) -> None:
        with self._explained():
            require_embedding(self._connection, embedding)
            contents.add_stretch(self._connection, sha256, recipe, part, vectors)

    def drop_stretches(self, sha256: str, recipe: str) -> None:
        with self._explained():
            contents.drop_stretches(self._connection, sha256, recipe)

    def put_document(
        self, collection: str, path: str, title: str, content: int, state: FileState, part_of: int | None = None
    ) -> int:
        self.searchable = True
        with self._explained():
            return documents.put_document(self._connection, collection, path, title, content, state, part_of)

    def move_document(self, document: Document, path: Path) -> None:
        self.searchable = True
        with self._explained():
            documents.move_document(self._connection, document, path)

    def touch_document(self, document: int, state: FileState) -> None:
        with self._explained():
            documents.touch_document(self._connection, document, state)

    def remove_document(self, document: int) -> None:
        self._remove(document, restorable=False)

    def soft_delete(self, document: int) -> None:
        self._remove(document, restorable=True)

    def _remove(self, document: int, *, restorable: bool) -> None:
        self.searchable = True
        with self._explained():
            documents.remove_document(self._connection, document, restorable=restorable)

    def restore(self, document: int) -> bool:
        self.searchable = True
        with self._explained():
            return documents.restore(self._connection, document)

    def put_refusals(self, collection: str, refusals: Iterable[Refusal]) -> None:
        with self._explained():
            collections.put_refusals(self._connection, collection, refusals)

    def drop_refusals(self, collection: str, paths: Iterable[str]) -> None:
        with self._explained():
            collections.drop_refusals(self._connection, collection, paths)

    def set_notice(self, collection: str, notice: str) -> None:
        with self._explained():
            collections.set_notice(self._connection, collection, notice)

    def set_synced(self, collection: str, folders: Sequence[Path]) -> None:
        with self._explained():
            collections.set_synced(self._connection, collection, folders)
