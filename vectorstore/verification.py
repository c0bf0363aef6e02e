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
            return [*_database_findings(connection, path), *_index_findings(connection, home, fingerprint)]
    except StoreError as error:
        return [Finding(error.what, str(path), repairable=False)]
    finally:
        database.close()


def _database_findings(connection: sqlite3.Connection, path: Path) -> list[Finding]:
    findings = []
    problems = [row[0] for row in connection.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
    if problems:
        findings.append(Finding(f"The database is damaged ({problems[0]})", str(path), repairable=False))
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        findings.append(Finding("Rows of the database refer to rows that are gone", str(path), repairable=False))
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
    indexed, chunks = (
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("chunks_fts_docsize", "chunks")
    )
    if indexed != chunks:
        findings.append(Finding(f"The word index holds {indexed} of {chunks} passages", "chunks_fts", repairable=True))
    if meta["generation"]:
        try:
            load_generation(home / GENERATIONS_FOLDER, meta["generation"], meta["generation_sha256"])
        except DamagedGeneration as error:
            findings.append(Finding(error.what, error.where, repairable=True))
    return findings


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
