"""Is everything that is stored still whole, and can what is not be rebuilt?"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
from apsw import Connection

from vectorstore.admin.library import DATABASE_FILE, open_database
from vectorstore.errors import StoreError
from vectorstore.index.versions import DamagedGeneration, load_generation
from vectorstore.sqlite import catalogue
from vectorstore.sqlite.database import Database, LostCommits
from vectorstore.sqlite.knowledge import GENERATIONS_FOLDER, KnowledgeBase
from vectorstore.sqlite.schema import TABLES, copy_rows
from vectorstore.types import Embedder, Finding, Indexing, embedding_input

_BATCH = 512


def verify(home: Path, settings: Indexing) -> list[Finding]:
    """Check every stored file of ``home``, and whether it is indexed as the ``settings`` say.

    An empty home is in order.
    """
    path = home / DATABASE_FILE
    if not home.exists() or not any(home.glob(f"{DATABASE_FILE}*")):
        return []
    try:
        database = open_database(home)
    except StoreError as error:
        return [Finding(error.what, str(path), repairable=isinstance(error, LostCommits))]
    with closing(database):
        try:
            whole = database.is_whole()
            database.read_all(TABLES)
            if not whole:
                return [Finding("A part of the database that can be made again is damaged", str(path), True)]
            with database.read() as connection:
                findings = [*_row_findings(connection, path), *_index_findings(connection, home, settings)]
            return [*findings, *_word_index_findings(database)]
        except StoreError as error:
            return [Finding(error.what, str(path), repairable=False)]


def _row_findings(connection: Connection, path: Path) -> list[Finding]:
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        return [Finding("Rows of the database refer to rows that are gone", str(path), repairable=False)]
    return []


def _index_findings(connection: Connection, home: Path, settings: Indexing) -> list[Finding]:
    findings = []
    meta = catalogue.get_meta(connection)
    for name, setting, wanted in (
        ("embedding", "embedding.model", settings.embedding),
        ("chunking", "ingest.chunk_tokens", settings.chunking),
    ):
        if (stored := meta.get(name, wanted)) != wanted:
            what = f"The knowledge base is indexed by the {name} {stored}, the settings say {wanted}"
            findings.append(Finding(what, setting, repairable=True))
    without = connection.execute(
        "SELECT count(*) FROM chunks LEFT JOIN vectors ON chunk_id = id WHERE chunk_id IS NULL"
    ).get
    if without:
        findings.append(Finding(f"{without} passages have no vector", str(home / DATABASE_FILE), repairable=True))
    shortest, longest = connection.execute("SELECT min(length(vector)), max(length(vector)) FROM vectors").get
    if shortest != longest:
        findings.append(Finding("A vector has lost bytes", str(home / DATABASE_FILE), repairable=False))
    if meta["generation"]:
        try:
            load_generation(home / GENERATIONS_FOLDER, meta["generation"], meta["generation_sha256"])
        except DamagedGeneration as error:
            findings.append(Finding(error.what, error.where, repairable=True))
    return findings


def _word_index_findings(database: Database) -> list[Finding]:
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


def repair(home: Path, embedder: Embedder, on_progress: Callable[[int, int], None] | None = None) -> None:
    """Rebuild from the stored text what is missing or damaged and can be rebuilt: vectors and both indexes.

    One transaction: interrupted, everything is as it was. ``on_progress`` gets passages embedded and their total.
    What is indexed by another model than ``embedder`` is left to ``ingest.pipeline.reindex``.
    """
    with closing(open_database(home, accept_loss=True)) as database:
        if not database.is_whole():
            database.rewrite(copy_rows, backup=f"{DATABASE_FILE}.damaged")
        with database.write() as connection:
            connection.execute("INSERT INTO chunks_fts (chunks_fts) VALUES ('rebuild')")
            catalogue.publish(connection)
            if catalogue.get_meta(connection).get("embedding", embedder.fingerprint) != embedder.fingerprint:
                return
            _embed_missing(connection, embedder, on_progress)
    with closing(KnowledgeBase(home, embedder)) as knowledge:
        knowledge.fold(force=True)


def _embed_missing(connection: Connection, embedder: Embedder, on_progress: Callable[[int, int], None] | None) -> None:
    rows: list[Any] = connection.execute(
        "SELECT chunk_texts.id, heading, body FROM chunk_texts LEFT JOIN vectors ON chunk_id = id WHERE "
        "chunk_id IS NULL ORDER BY id"
    ).fetchall()
    for first in range(0, len(rows), _BATCH):
        batch = rows[first : first + _BATCH]
        vectors = embedder.embed([embedding_input(row[1], row[2]) for row in batch])
        values = [(row[0], vector.astype("<f4").tobytes()) for row, vector in zip(batch, vectors, strict=True)]
        connection.executemany("INSERT INTO vectors VALUES (?, ?)", values)
        if on_progress:
            on_progress(first + len(batch), len(rows))
