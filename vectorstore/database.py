"""Connections to a SQLite file: a pool of readers, one writer at a time, and errors a person can act on."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from queue import Empty, LifoQueue

from vectorstore.errors import RefdeskError, StoreError

_BUSY_SECONDS = 30.0
_APPLICATION_ID = 0x52454644  # "REFD": tells our file from any other SQLite database


class Database:
    """One SQLite file in WAL mode. Reads run together; a write waits for the one before it, in any process.

    A new file gets ``schema``; a file that holds another format than ``version``, or is not ours, raises StoreError.
    """

    def __init__(self, path: Path, schema: str, version: int) -> None:
        self.path = path
        self._schema = schema
        self._version = version
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self.read() as connection:
                ready = self._is_ours(connection)
            if not ready:
                with self.write() as connection:
                    if not self._is_ours(connection):
                        self._create(connection)
        except OSError as error:
            raise StoreError(
                "The data folder cannot be written",
                where=str(path.parent),
                remedy=f"({error.strerror}) Choose another with --home.",
            ) from error

    def _is_ours(self, connection: sqlite3.Connection) -> bool:
        """True if the file holds our schema, False if it is empty; raises StoreError if it holds anything else."""
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            return False
        if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
            raise StoreError(
                "This is not a Refdesk database", where=str(self.path), remedy="Choose another folder with --home."
            )
        if version != self._version:
            raise StoreError(
                f"The file has format {version}, this Refdesk reads format {self._version}",
                where=str(self.path),
                remedy="Use the Refdesk version that wrote it, or start in a new folder with --home.",
            )
        return True

    def _create(self, connection: sqlite3.Connection) -> None:
        for statement in _statements(self._schema):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {self._version}")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            try:
                connection = self._idle.get_nowait()
            except Empty:
                connection = self._connect()
            try:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._idle.put(connection)
        except sqlite3.Error as error:
            raise _explain(error, self.path) from error

    def read(self) -> AbstractContextManager[sqlite3.Connection]:
        """A transaction that sees one state of the database from its first statement to its end."""
        return self._transaction("BEGIN")

    def write(self) -> AbstractContextManager[sqlite3.Connection]:
        """A transaction that is on disk when the block ends without an exception, and leaves no trace otherwise."""
        return self._transaction("BEGIN IMMEDIATE")

    def close(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: ``executescript`` would commit the transaction it runs in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _explain(error: sqlite3.Error, path: Path) -> RefdeskError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_FULL") or name == "SQLITE_IOERR_WRITE":
        return StoreError(
            "The disk is full; nothing that was stored is lost",
            where=str(path.parent),
            remedy="Make room, then run the command again.",
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StoreError(
            "The knowledge base file is damaged",
            where=str(path),
            remedy="Run `refdesk verify`, or restore it from a backup.",
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreError(
            "Another program is writing to the knowledge base", where=str(path), remedy="Try again when it is done."
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR")):
        return StoreError(
            f"The knowledge base cannot be written or read ({error})",
            where=str(path),
            remedy="Check the folder's permissions and the disk.",
        )
    return StoreError(f"The knowledge base failed ({error})", where=str(path), remedy="Run `refdesk verify`.")
