"""Is everything that is stored still whole, and can what is not be rebuilt?"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vectorstore import catalogue
from vectorstore.errors import StoreError
from vectorstore.generations import DamagedGeneration, load_generation
from vectorstore.knowledge import DATABASE_FILE, GENERATIONS_FOLDER, KnowledgeBase
from vectorstore.library import open_database
from vectorstore.types import Embedder, embedding_input

_BATCH = 512
_TEXTS = ("meta", "contents", "pages", "units", "chunks", "documents")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong. ``repairable`` means that ``repair`` can put it right from what is stored."""

    what: str
    where: str
    repairable: bool


def verify(home: Path, fingerprint: str) -> list[Finding]:
    """Check every stored file of ``home`` against an embedding model's ``fingerprint``; an empty home is in order."""
    path = home / DATABASE_FILE
    if not path.exists():
        return []
    try:
        database = open_database(home)
    except StoreError as error:
        return [Finding(error.what, str(path), repairable=False)]
    try:
        with database.read() as connection:
            findings = [*_database_findings(connection, path), *_index_findings(connection, home, fingerprint)]
        with database.write() as connection:  # FTS5 takes the request to check itself as a write
            return [*findings, *_word_index_findings(connection)]
    except StoreError as error:
        return [Finding(error.what, str(path), repairable=False)]
    finally:
        database.close()


def _database_findings(connection: sqlite3.Connection, path: Path) -> list[Finding]:
    findings = []
    # From 3.44 on SQLite speaks of FTS5's index here too, which has its own findings below.
    checked = (row[0] for row in connection.execute("PRAGMA integrity_check(5)"))
    problems = [problem for problem in checked if problem != "ok" and "FTS5" not in problem]
    if problems:
        findings.append(Finding(f"The database is damaged ({problems[0]})", str(path), repairable=False))
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        findings.append(Finding("Rows of the database refer to rows that are gone", str(path), repairable=False))
    for table in _TEXTS:
        for _ in connection.execute(f"SELECT * FROM {table}"):  # text that is no longer UTF-8 raises an error
            pass
    return findings


def _index_findings(connection: sqlite3.Connection, home: Path, fingerprint: str) -> list[Finding]:
    findings = []
    meta = catalogue.get_meta(connection)
    stored = meta.get("embedding", fingerprint)
    if stored != fingerprint:
        what = f"The knowledge base was embedded with {stored}, the settings say {fingerprint}"
        findings.append(Finding(what, "embedding.model", repairable=True))
    without = connection.execute(
        "SELECT count(*) FROM chunks LEFT JOIN vectors ON chunk_id = id WHERE chunk_id IS NULL"
    ).fetchone()[0]
    if without:
        findings.append(Finding(f"{without} passages have no vector", str(home / DATABASE_FILE), repairable=True))
    shortest, longest = connection.execute("SELECT min(length(vector)), max(length(vector)) FROM vectors").fetchone()
    if shortest != longest:
        findings.append(Finding("A vector has lost bytes", str(home / DATABASE_FILE), repairable=False))
    if meta["generation"]:
        try:
            load_generation(home / GENERATIONS_FOLDER, meta["generation"], meta["generation_sha256"])
        except DamagedGeneration as error:
            findings.append(Finding(error.what, error.where, repairable=True))
    return findings


def _word_index_findings(connection: sqlite3.Connection) -> list[Finding]:
    indexed, chunks = (
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("chunks_fts_docsize", "chunks")
    )
    if indexed != chunks:
        return [Finding(f"The word index holds {indexed} of {chunks} passages", "chunks_fts", repairable=True)]
    if _word_index_fails(connection, against_text=False):
        return [Finding("The word index is damaged", "chunks_fts", repairable=True)]
    if _word_index_fails(connection, against_text=True):  # which of the two is the damaged one, nothing tells
        return [Finding("The word index and the stored text differ", "chunks_fts", repairable=False)]
    return []


def _word_index_fails(connection: sqlite3.Connection, *, against_text: bool) -> bool:
    """FTS5's own check of its index, by itself or against the text it was made from (sqlite.org/fts5.html, 6.5)."""
    try:
        connection.execute("INSERT INTO chunks_fts (chunks_fts, rank) VALUES ('integrity-check', ?)", (against_text,))
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname != "SQLITE_CORRUPT_VTAB":
            raise
        return True
    return False


def repair(home: Path, embedder: Embedder, on_progress: Callable[[int, int], None] | None = None) -> None:
    """Rebuild from the stored text what can be rebuilt: vectors that are missing or another model's, both indexes.

    One transaction: interrupted, everything is as it was. ``on_progress`` gets passages embedded and their total.
    """
    database = open_database(home)
    with database.write() as connection:
        meta = catalogue.get_meta(connection)
        if meta.get("embedding", embedder.fingerprint) != embedder.fingerprint:
            connection.execute("DELETE FROM vectors")
            catalogue.set_meta(connection, {"generation": "", "generation_sha256": "", "high_water": "0"})
        rows = connection.execute(
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
        connection.execute("INSERT INTO chunks_fts (chunks_fts) VALUES ('rebuild')")
        catalogue.set_meta(connection, {"embedding": embedder.fingerprint})
        catalogue.publish(connection)
    database.close()
    knowledge = KnowledgeBase(home, embedder)
    knowledge.fold(force=True)
    knowledge.close()
