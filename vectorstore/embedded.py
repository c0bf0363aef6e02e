"""The embedded knowledge base of a home folder: the one place that knows that SQLite keeps it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from vectorstore.errors import StoreError
from vectorstore.sqlite.database import LostCommits
from vectorstore.sqlite.schema import DATABASE_FILE, INDEX_FOLDER, copy_rows, open_database
from vectorstore.sqlite.store import SqliteStore
from vectorstore.sqlite.verification import findings, rebuild
from vectorstore.store import KnowledgeStore
from vectorstore.types import Embedder, Finding, Indexing


def open_store(
    home: Path, embedder: Embedder | None = None, open_model: Callable[[str], Embedder] | None = None
) -> KnowledgeStore:
    """The knowledge base under ``home``, begun if there is none.

    ``open_model`` opens an embedding model by its name, to go on with the one that the stored vectors are of where it
    is not ``embedder``. Without it, IndexingMismatch is raised when a model is needed; none is loaded before. Without
    an ``embedder`` documents can be looked up and changed, but not searched or added.

    >>> with open_store(Path("home"), embedder).view() as view:  # doctest: +SKIP
    ...     [passage.chunk.title for passage in view.search("How is glaucoma treated?", EVERYTHING, limit=5)]
    """
    return SqliteStore(home, embedder, open_model)


def is_begun(home: Path) -> bool:
    """Whether there is a knowledge base under ``home``, or what is left of one."""
    return home.exists() and any(home.glob(f"{DATABASE_FILE}*"))


def verify(home: Path, wanted: Indexing) -> list[Finding]:
    """Check every stored file of ``home``, and whether it is indexed as ``wanted``. An empty home is in order."""
    if not is_begun(home):
        return []
    try:
        database = open_database(home)
    except StoreError as error:
        return [Finding(error.what, str(home / DATABASE_FILE), repairable=isinstance(error, LostCommits))]
    with closing(database):
        return findings(database, home / INDEX_FOLDER, wanted)


def repair(home: Path, embedder: Embedder, on_progress: Callable[[int, int], None] | None = None) -> None:
    """Rebuild from the stored text what is missing or damaged and can be rebuilt: vectors and both indexes.

    One transaction: interrupted, everything is as it was. ``on_progress`` gets passages embedded and their total.
    What is indexed by another model than ``embedder`` is left to a reindexing.
    """
    with closing(open_database(home, accept_loss=True)) as database:
        if not database.is_whole():
            database.rewrite(copy_rows, backup=f"{DATABASE_FILE}.damaged")
        with database.write() as connection:
            if not rebuild(connection, embedder, on_progress):
                return
    with closing(SqliteStore(home, embedder)) as store:
        store.compact(force=True)
