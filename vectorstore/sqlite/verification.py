"""Is everything that is stored still whole, and can what is not be rebuilt?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
from apsw import Connection

from vectorstore.errors import StoreError
from vectorstore.index.versions import DamagedIndex, read_version
from vectorstore.sqlite.database import Database
from vectorstore.sqlite.meta import get_meta, index_version, publish
from vectorstore.sqlite.schema import TABLES
from vectorstore.types import Embedder, Finding, Indexing, embedding_input

_BATCH = 512


def findings(database: Database, index_folder: Path, wanted: Indexing) -> list[Finding]:
    """Check all that is stored in the database, and the files of the index that it names."""
    try:
        whole = database.is_whole()
        database.read_all(TABLES)
        if not whole:
            what = "A part of the database that can be made again is damaged"
            return [Finding(what, str(database.path), repairable=True)]
        with database.read() as connection:
            found = [
                *_rows(connection, database.path),
                *_vectors(connection, database.path),
                *_indexing(connection, index_folder, wanted),
            ]
        return [*found, *_word_index(database)]
    except StoreError as error:
        return [Finding(error.what, str(database.path), repairable=False)]


def _rows(connection: Connection, path: Path) -> list[Finding]:
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        return [Finding("Rows of the database refer to rows that are gone", str(path), repairable=False)]
    return []


def _vectors(connection: Connection, path: Path) -> list[Finding]:
    found = []
    without = connection.execute(
        "SELECT count(*) FROM chunks LEFT JOIN vectors ON chunk_id = id WHERE chunk_id IS NULL"
    ).get
    if without:
        found.append(Finding(f"{without} passages have no vector", str(path), repairable=True))
    shortest, longest = connection.execute("SELECT min(length(vector)), max(length(vector)) FROM vectors").get
    if shortest != longest:
        found.append(Finding("A vector has lost bytes", str(path), repairable=False))
    return found


def _indexing(connection: Connection, index_folder: Path, wanted: Indexing) -> list[Finding]:
    found = []
    meta = get_meta(connection)
    for name, setting, expected in (
        ("embedding", "embedding.model", wanted.embedding),
        ("chunking", "ingest.chunk_tokens", wanted.chunking),
    ):
        if (stored := meta.get(name, expected)) != expected:
            what = f"The knowledge base is indexed by the {name} {stored}, the settings say {expected}"
            found.append(Finding(what, setting, repairable=True))
    if (version := index_version(meta)).name:
        try:
            read_version(index_folder, version)
        except DamagedIndex as error:
            found.append(Finding(error.what, error.where, repairable=True))
    return found


def _word_index(database: Database) -> list[Finding]:
    with database.read() as connection:
        indexed, chunks = (
            connection.execute(f"SELECT count(*) FROM {table}").get for table in ("chunks_fts_docsize", "chunks")
        )
    if indexed != chunks:
        return [Finding(f"The word index holds {indexed} of {chunks} passages", "chunks_fts", repairable=True)]
    if _word_index_fails(database, against_text=False):
        return [Finding("The word index is damaged", "chunks_fts", repairable=True)]
    if _word_index_fails(database, against_text=True):  # which of the two is the damaged one, nothing tells
        return [Finding("The word index and the stored text differ", "chunks_fts", repairable=False)]
    return []


def _word_index_fails(database: Database, *, against_text: bool) -> bool:
    """FTS5's own check of its index, by itself or against the text it was made from (sqlite.org/fts5.html, 6.5)."""
    check = "INSERT INTO chunks_fts (chunks_fts, rank) VALUES ('integrity-check', ?)"  # which writes nothing
    with database.read() as connection:
        try:
            connection.execute(check, (against_text,))
        except apsw.CorruptError as error:
            if getattr(error, "extendedresult", 0) != apsw.SQLITE_CORRUPT_VTAB:
                raise
            return True
    return False


def rebuild(connection: Connection, embedder: Embedder, on_progress: Callable[[int, int], None] | None) -> bool:
    """Make the word index anew, and the vectors that are gone: ``on_progress`` gets passages embedded and their total.

    False, and no vector is made, where the others are of another model.
    """
    connection.execute("INSERT INTO chunks_fts (chunks_fts) VALUES ('rebuild')")
    publish(connection)
    if get_meta(connection).get("embedding", embedder.fingerprint) != embedder.fingerprint:
        return False
    rows: list[Any] = connection.execute(
        "SELECT chunk_texts.id, heading, body FROM chunk_texts LEFT JOIN vectors ON chunk_id = id "
        "WHERE chunk_id IS NULL ORDER BY id"
    ).fetchall()
    for first in range(0, len(rows), _BATCH):
        batch = rows[first : first + _BATCH]
        vectors = embedder.embed([embedding_input(row[1], row[2]) for row in batch])
        values = [(row[0], vector.astype("<f4").tobytes()) for row, vector in zip(batch, vectors, strict=True)]
        connection.executemany("INSERT INTO vectors VALUES (?, ?)", values)
        if on_progress:
            on_progress(first + len(batch), len(rows))
    return True
