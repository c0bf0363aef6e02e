"""Connections to a SQLite file: a pool of readers, one writer at a time, checksums, and errors a person can act on."""

import fcntl
import functools
import logging
import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from queue import Empty, LifoQueue

import apsw
import apsw.sqlite_extra
from apsw import Connection

from vectorstore.disk import sync
from vectorstore.errors import RefdeskError, StoreError
from vectorstore.sqlite import words
from vectorstore.types import Finding

logger = logging.getLogger(__name__)

_BUSY_MILLISECONDS = 30_000
_APPLICATION_ID = 0x52454644  # "REFD": tells our file from any other SQLite database
_CHECKSUM_BYTES = 8
_COMMITS = "CREATE TABLE commits (made INTEGER NOT NULL); INSERT INTO commits VALUES (0);"

_STEPS = 100_000
"""Of SQLite's, between two looks; they take some milliseconds."""

Migration = Callable[[Connection], None]
"""Fills the empty tables of the newest format from those of an older file, which is attached as ``old``."""


class Damage(Exception):
    """Stored rows cannot be what was written."""


class LostCommits(StoreError):
    """The file holds fewer changes than have been acknowledged: it is gone, or the end of its write-ahead log is."""


class Database:
    """One SQLite file in WAL mode. Reads run together; a write waits for the one before it, in any process.

    Every page carries a checksum that is verified whenever the page is read (sqlite.org/cksumvfs.html). The number of
    commits is also kept in a file beside it, as SQLite silently drops the end of a damaged write-ahead log.

    With ``accept_loss`` LostCommits is a warning, and after the next commit no more.

    A new file gets ``schema``. A file of an older format that ``migrations`` has is written anew in format ``version``,
    the old one staying as backup; one of another format, or that is not ours, raises StoreError.
    """

    def __init__(
        self,
        path: Path,
        schema: str,
        version: int,
        migrations: Mapping[int, Migration] | None = None,
        *,
        accept_loss: bool = False,
    ) -> None:
        self.path = path
        self._schema = schema
        self._version = version
        self._idle: LifoQueue[Connection] = LifoQueue()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with _alone_in(path.parent):
                self._open(migrations or {}, accept_loss=accept_loss)
        except OSError as error:
            raise StoreError(
                "The data folder cannot be written",
                where=str(path.parent),
                remedy=f"({error.strerror}) Choose another with --home.",
            ) from error

    def _open(self, migrations: Mapping[int, Migration], *, accept_loss: bool) -> None:
        acknowledged = self._acknowledged()  # before the first read: a commit between the two is no loss
        found = self._format()
        made = self._commits() if found == self._version else 0
        if found in (None, self._version) and made < acknowledged:
            loss = LostCommits(
                f"The last {acknowledged - made} changes that were stored are gone, as a file has been damaged",
                where=str(self.path),
                remedy="Restore a backup, or run `refdesk verify --repair` to go on without them.",
            )
            if not accept_loss:
                raise loss
            logger.warning("%s", loss)
        if found is None:
            with self.write() as connection:
                if self._format_of(connection) is None:
                    self._create(connection)
        elif found in migrations:
            self._rewrite(migrations[found], backup=f"{self.path.name}.format-{found}")
        elif found != self._version:
            raise StoreError(
                f"The file has format {found}, this Refdesk reads format {self._version}",
                where=str(self.path),
                remedy="Use the Refdesk version that wrote it, or start in a new folder with --home.",
            )

    def _format(self) -> int | None:
        with self.read() as connection:
            self._check_length(connection)
            return self._format_of(connection)

    def _check_length(self, connection: Connection) -> None:
        """A page that is cut off is read as zeros, unchecked. While the log is empty, all pages are in the file."""
        pages, size = int(connection.pragma("page_count")), int(connection.pragma("page_size"))
        log = self.path.with_name(f"{self.path.name}-wal")
        if (not log.exists() or log.stat().st_size == 0) and self.path.stat().st_size < pages * size:
            raise Damage("its end is gone")

    def _format_of(self, connection: Connection) -> int | None:
        """The file's format, None if it is empty; raises StoreError if it is none of ours."""
        version = int(connection.pragma("user_version"))
        if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            return None
        if connection.pragma("application_id") != _APPLICATION_ID:
            raise StoreError(
                "This is not a Refdesk database", where=str(self.path), remedy="Choose another folder with --home."
            )
        if version == self._version and connection.pragma("checksum_verification") != "1":
            raise Damage("its pages have lost their checksums")
        return version

    def _create(self, connection: Connection) -> None:
        connection.execute(self._schema)
        connection.execute(_COMMITS)
        connection.pragma("application_id", _APPLICATION_ID)
        connection.pragma("user_version", self._version)

    def _connect(self, path: Path) -> Connection:
        _load_checksums()
        connection = Connection(str(path), vfs="cksmvfs")
        connection.set_busy_timeout(_BUSY_MILLISECONDS)
        connection.reserve_bytes(reserve=_CHECKSUM_BYTES)
        connection.pragma("journal_mode", "WAL")
        connection.pragma("synchronous", "FULL")
        connection.pragma("foreign_keys", True)
        connection.set_progress_handler(_look_at_signals, _STEPS)
        words.register(connection)
        return connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        with self.explained():
            try:
                connection = self._idle.get_nowait()
            except Empty:
                connection = self._connect(self.path)
        try:
            with self.explained():
                connection.execute(begin)
            yield connection
            with self.explained():
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with self.explained():
                    connection.execute("ROLLBACK")
            raise
        finally:
            self._idle.put(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database from its first statement to its end."""
        with self.explained(), self.reading() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is on disk when the block ends without an exception, and leaves no trace otherwise."""
        with self.explained(), self.writing() as connection:
            yield connection

    def reading(self) -> AbstractContextManager[Connection]:
        """``read`` for a block that is not the database's own: what else it raises is not explained."""
        return self._transaction("BEGIN")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """``write`` for a block that is not the database's own: what else it raises is not explained."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection
            with self.explained():
                made = connection.execute("UPDATE commits SET made = made + 1 RETURNING made").get
        self._acknowledge(int(made))

    def explained(self) -> AbstractContextManager[None]:
        """Errors of SQLite, and damage, become errors that a person can act on."""
        return _explained(self.path)

    def is_whole(self) -> bool:
        """Whether every page can be read and holds what SQLite expects there."""
        try:
            with self.read() as connection:
                return bool(connection.execute("PRAGMA integrity_check(1)").get == "ok")
        except StoreError:
            return False

    def read_all(self, tables: Iterable[str]) -> None:
        """Raises StoreError for a damaged page or text in any of ``tables``, or in those that every file has."""
        with self.read() as connection:
            for table in (*tables, "commits", "sqlite_sequence"):
                for _ in connection.execute(f"SELECT * FROM {table}"):
                    pass

    def rewrite(self, fill: Migration, backup: str) -> None:
        """Write a new file, which ``fill`` fills from the present one, and put it in its place.

        The present file stays beside it as ``backup``. Interrupted, nothing has changed. Raises StoreError while
        another process has the file open.
        """
        with _alone_in(self.path.parent):
            self._rewrite(fill, backup)

    def _rewrite(self, fill: Migration, backup: str) -> None:
        self.close()
        fresh = self.path.with_name(f"{self.path.name}.new")
        with _explained(self.path):
            present = self.path.stat().st_ino
            remove_file(fresh)
            with closing(self._connect(fresh)) as connection:
                self._create(connection)
                connection.execute("ATTACH ? AS old", (str(self.path),))
                # This ends its write-ahead log, for which nobody else may have it open.
                connection.execute("PRAGMA old.journal_mode = DELETE")
                connection.execute("BEGIN EXCLUSIVE")
                if self.path.stat().st_ino != present:
                    raise apsw.BusyError("another process has just written it anew")
                fill(connection)
                if connection.execute("SELECT 1 FROM old.sqlite_master WHERE name = 'commits'").fetchone():
                    connection.execute("UPDATE main.commits SET made = (SELECT made FROM old.commits)")
                connection.execute("COMMIT")
                connection.pragma("journal_mode", "DELETE")
                kept = self.path.with_name(backup)
                kept.unlink(missing_ok=True)
                try:
                    os.link(self.path, kept)
                except OSError:  # a file system without links
                    shutil.copyfile(self.path, kept)
                fresh.replace(self.path)
        sync(self.path.parent)

    def close(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    # The number of commits, beside the file

    def _commits(self) -> int:
        with self.read() as connection:
            return int(connection.execute("SELECT made FROM commits").get)

    def _acknowledged(self) -> int:
        """The number that was written last; 0 if there is none, or it is damaged."""
        try:
            number, _, check = self.commits_file.read_text(encoding="ascii").partition(" ")
            return int(number) if int(check, 16) == zlib.crc32(number.encode()) else 0
        except (FileNotFoundError, ValueError):
            return 0

    def _acknowledge(self, made: int) -> None:
        number = f"{made:020}"
        # The commit is on disk: without this, less is noticed, nothing is lost.
        with suppress(OSError):
            self.commits_file.write_text(f"{number} {zlib.crc32(number.encode()):08x}", encoding="ascii")

    @property
    def commits_file(self) -> Path:
        return self.path.with_name(f"{self.path.name}-commits")


def find_damage(
    open_file: Callable[[], Database], path: Path, tables: Iterable[str], *, replaceable: bool
) -> list[Finding]:
    """Check a file beside the catalogue, if there is one. ``replaceable``: whatever is wrong, it can be begun anew."""
    if not any(path.parent.glob(f"{path.name}*")):
        return []
    try:
        with closing(open_file()) as database:
            whole = database.is_whole()
            database.read_all(tables)
    except StoreError as error:
        return [Finding(error.what, str(path), repairable=replaceable or isinstance(error, LostCommits))]
    return [] if whole else [Finding("A part of the file that can be made again is damaged", str(path), True)]


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Nobody else opens a file of ``folder`` for the first time, or writes it anew. Not to be nested.

    The log of a file is found by its name: of a file that is opened while another takes its place, each would take the
    log of the other for its own.
    """
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def _look_at_signals() -> bool:
    """Python sees to signals when it runs: without this, one that comes within a long statement would have to wait."""
    return False


@functools.cache
def _load_checksums() -> None:
    """Make SQLite's checksum layer known in this process."""
    try:
        apsw.sqlite_extra.load(Connection(":memory:"), "cksumvfs")
    except (apsw.sqlite_extra.NotAvailable, apsw.ExtensionLoadingError) as error:
        raise StoreError(
            f"SQLite's checksums cannot be used here ({error})",
            where="apsw",
            remedy="Install apsw from a ready-made wheel, which has them.",
        ) from error


def remove_file(path: Path) -> None:
    """Remove a database with what stands beside it, but not its backups."""
    for suffix in ("", "-journal", "-wal", "-shm", "-commits"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (apsw.Error, Damage, UnicodeDecodeError) as error:
        raise _explain(error, path) from error


def _explain(error: Exception, path: Path) -> RefdeskError:
    code = getattr(error, "extendedresult", 0)
    if isinstance(error, apsw.FullError) or code == apsw.SQLITE_IOERR_WRITE:
        return StoreError(
            "The disk is full; nothing that was stored is lost",
            where=str(path.parent),
            remedy="Make room, then run the command again.",
        )
    damaged = (apsw.CorruptError, apsw.NotADBError, Damage, UnicodeDecodeError)
    if isinstance(error, damaged) or code in (apsw.SQLITE_IOERR_DATA, apsw.SQLITE_IOERR_SHORT_READ):
        return StoreError(
            "The knowledge base file is damaged",
            where=str(path),
            remedy="Run `refdesk verify`, or restore it from a backup.",
        )
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return StoreError(
            "Another program is using the knowledge base", where=str(path), remedy="Try again when it is done."
        )
    if isinstance(error, apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError | apsw.IOError):
        return StoreError(
            f"The knowledge base cannot be written or read ({error})",
            where=str(path),
            remedy="Check the folder's permissions and the disk.",
        )
    return StoreError(f"The knowledge base failed ({error})", where=str(path), remedy="Run `refdesk verify`.")
