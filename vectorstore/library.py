"""Looking after stored documents by id or path, without any model."""

from contextlib import closing
from pathlib import Path

from vectorstore import catalogue
from vectorstore.database import Database
from vectorstore.errors import UsageError
from vectorstore.schema import FORMAT_VERSION, MIGRATIONS, SCHEMA
from vectorstore.types import Document, Page

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
            "collections": catalogue.collections(connection),
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
        raise UsageError(
            "There is no such document", where=reference, remedy="`refdesk status --documents` lists them."
        )
    return found


def show(home: Path, reference: str) -> tuple[Document, tuple[Page, ...]]:
    """A document and its pages, whose texts in a row are what citations' offsets count in."""
    with closing(open_database(home)) as database:
        document = find(database, reference)[0]
        with database.read() as connection:
            return document, catalogue.document_pages(connection, document.id)


def remove(home: Path, references: list[str]) -> list[Document]:
    """Remove documents, all or (if one is unknown) none; return what was removed."""
    with closing(open_database(home)) as database:
        found = {document.id: document for reference in references for document in find(database, reference)}
        with database.write() as connection:
            for document in found:
                catalogue.remove_document(connection, document)
            catalogue.publish(connection)
        return list(found.values())


def list_documents(home: Path, collection: str | None = None) -> list[Document]:
    if not (home / DATABASE_FILE).exists():
        return []
    with closing(open_database(home)) as database, database.read() as connection:
        return catalogue.list_documents(connection, collection)
