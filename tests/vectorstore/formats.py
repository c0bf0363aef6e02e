"""Files as earlier formats had them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import apsw

NEW_IN_FORMAT_4 = ("removed_documents", "resting_chunks", "collections", "blocks")
"""And what is newer."""
_FORMER_NAMES = {
    "soft_deleted_documents": "removed_documents",
    "soft_deleted_chunks": "resting_chunks",
    "deleted_at": "removed_at",
    "index_version": "generation",
    "index_sha256": "generation_sha256",
    "tokenize='words'": "tokenize='porter unicode61 remove_diacritics 2'",
}


def written_in_format_1(path: Path, without: Sequence[str] = (), version: int = 1) -> None:
    """Write the database anew as format 1 was: plain pages, no count of commits, and not the tables ``without``."""
    dropped = {"commits", *without}
    with closing(apsw.Connection(str(path), vfs="cksmvfs")) as new:
        objects = list(
            new.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
                "AND name NOT LIKE 'chunks_fts_%' ORDER BY rowid"
            )
        )
        rows = {
            str(name): list(new.execute(f"SELECT * FROM {name}"))
            for kind, name, _ in objects
            if kind == "table" and name != "chunks_fts" and _formerly(str(name)) not in dropped
        }
        application = new.pragma("application_id")
    if "meta" in rows:
        rows["meta"] = [(_FORMER_NAMES.get(key, key), value) for key, value in rows["meta"]]
    rows = {_FORMER_NAMES.get(name, name): of_one for name, of_one in rows.items()}
    objects = [(kind, _formerly(str(name)), _formerly(str(sql))) for kind, name, sql in objects]
    for suffix in ("", "-wal", "-shm", "-commits"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as old, old:
        for _, name, sql in objects:
            if not str(name).startswith(tuple(dropped)):
                old.execute(str(sql))
        for name, of_one in rows.items():
            for row in of_one:
                old.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
        if any(name == "chunks_fts" for _, name, _ in objects):
            old.execute("INSERT INTO chunks_fts (chunks_fts) VALUES ('rebuild')")
        old.execute(f"PRAGMA user_version = {version}")
        old.execute(f"PRAGMA application_id = {application}")


def _formerly(sql: str) -> str:
    for name, former in _FORMER_NAMES.items():
        sql = sql.replace(name, former)
    return sql


def written_in_format_5(path: Path) -> None:
    """Make the database one of format 5: without blocks."""
    written_in_format_6(path)
    with closing(apsw.Connection(str(path), vfs="cksmvfs")) as connection:
        connection.execute("DROP TABLE blocks")
        connection.pragma("user_version", 5)


def written_in_format_6(path: Path) -> None:
    """Make the database one of format 6: no document is a part, and none has notes."""
    written_in_format_7(path)
    with closing(apsw.Connection(str(path), vfs="cksmvfs")) as connection:
        connection.execute("DROP INDEX parts_of_document")
        for table, column in (("contents", "notes"), ("documents", "part_of"), ("soft_deleted_documents", "part_of")):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.pragma("user_version", 6)


def written_in_format_7(path: Path) -> None:
    """Make the database one of format 7: words end at spaces only."""
    with closing(apsw.Connection(str(path), vfs="cksmvfs")) as connection:
        connection.execute("DROP TABLE chunks_fts")
        connection.execute(
            "CREATE VIRTUAL TABLE chunks_fts USING fts5 (heading, body, content='chunk_texts', content_rowid='id', "
            "tokenize='porter unicode61 remove_diacritics 2')"
        )
        connection.execute("INSERT INTO chunks_fts (chunks_fts) VALUES ('rebuild')")
        connection.pragma("user_version", 7)
