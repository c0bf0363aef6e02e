"""Looking after stored documents by id or path, without any model."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from vectorstore.errors import UsageError
from vectorstore.sqlite import catalogue
from vectorstore.sqlite.database import Database
from vectorstore.sqlite.schema import FORMAT_VERSION, MIGRATIONS, SCHEMA
from vectorstore.types import Collection, Document, Page, Refusal, SoftDeletedDocument

DATABASE_FILE = "refdesk.db"


def open_database(home: Path, *, accept_loss: bool = False) -> Database:
    return Database(home / DATABASE_FILE, SCHEMA, FORMAT_VERSION, MIGRATIONS, accept_loss=accept_loss)


def status(home: Path) -> dict[str, object]:
    """Counts of documents, units, contents and chunks; documents a collection; the embedding; the last change."""
    if not (home / DATABASE_FILE).exists():
        return {
            "documents": 0,
            "contents": 0,
            "units": 0,
            "chunks": 0,
            "collections": {},
            "embedding": "",
            "changed_at": "",
        }
    with closing(open_database(home)) as database, database.read() as connection:
        meta = catalogue.get_meta(connection)
        return {
            **catalogue.count(connection),
            "collections": {one.name: one.documents for one in catalogue.list_collections(connection) if one.documents},
            "embedding": meta.get("embedding", ""),
            "changed_at": meta.get("changed_at", ""),
        }


def find(database: Database, reference: str) -> list[Document]:
    """The documents that an id or a path names (a path: one for each collection). Raises UsageError if there is
    none.
    """
    with database.read() as connection:
        paths = {reference, str(Path(reference).expanduser().resolve())}
        ids = [document for path in paths for document in catalogue.documents_at(connection, path)]
        if reference.isdecimal() and len(reference) < 19:
            ids.append(int(reference))
        found = [document for i in sorted(set(ids)) if (document := catalogue.get_document(connection, i))]
    if not found:
        raise unknown_document(reference)
    return found


def unknown_document(reference: str) -> UsageError:
    return UsageError("There is no such document", where=reference, remedy="`refdesk status --documents` lists them.")


def show(home: Path, reference: str) -> tuple[Document, tuple[Page, ...]]:
    """A document and its pages, whose texts in a row are what citations' offsets count in."""
    with closing(open_database(home)) as database:
        document = find(database, reference)[0]
        with database.read() as connection:
            return document, catalogue.document_pages(connection, document.id)


def remove(home: Path, references: list[str], *, can_be_put_back: bool = False) -> list[Document]:
    """Remove documents, all or (if one is unknown) none; return what was removed."""
    with closing(open_database(home)) as database:
        found = {document.id: document for reference in references for document in find(database, reference)}
        with database.write() as connection:
            for document in found:
                catalogue.remove_document(connection, document, can_be_put_back=can_be_put_back)
            catalogue.publish(connection)
        return list(found.values())


def put_back(home: Path, documents: Iterable[int]) -> int:
    """Undo removals; returns how many documents are back. Those kept no longer stay away."""
    with closing(open_database(home)) as database, database.write() as connection:
        back = sum(catalogue.put_back(connection, document) for document in documents)
        catalogue.publish(connection)
        return back


def removed_documents(home: Path) -> list[SoftDeletedDocument]:
    with closing(open_database(home)) as database, database.read() as connection:
        return catalogue.removed_documents(connection)


def find_documents(
    home: Path, words: Sequence[str] = (), collection: str | None = None, limit: int = -1
) -> tuple[int, list[Document]]:
    """How many documents have all ``words`` in their title or path, and the first ``limit`` of them by title."""
    with closing(open_database(home)) as database, database.read() as connection:
        return catalogue.find_documents(connection, words, collection, limit)


def list_documents(home: Path, collection: str | None = None) -> list[Document]:
    if not (home / DATABASE_FILE).exists():
        return []
    with closing(open_database(home)) as database, database.read() as connection:
        return catalogue.list_documents(connection, collection)


def list_collections(home: Path) -> list[Collection]:
    if not (home / DATABASE_FILE).exists():
        return []
    with closing(open_database(home)) as database, database.read() as connection:
        return catalogue.list_collections(connection)


def set_notice(home: Path, collection: str, notice: str) -> None:
    """What is shown with each answer from a collection; nothing if ``notice`` is empty."""
    with closing(open_database(home)) as database, database.write() as connection:
        catalogue.set_notice(connection, collection, notice)


def list_refusals(home: Path) -> dict[str, list[Refusal]]:
    """By collection, the files that could not be read as they are."""
    with closing(open_database(home)) as database, database.read() as connection:
        names = [row[0] for row in connection.execute("SELECT DISTINCT collection FROM refusals ORDER BY collection")]
        return {str(name): list(catalogue.list_refusals(connection, str(name)).values()) for name in names}


def drop_refusals(home: Path, collection: str, paths: Iterable[str]) -> None:
    """Let the next ingestion try these files again."""
    with closing(open_database(home)) as database, database.write() as connection:
        catalogue.drop_refusals(connection, collection, paths)
