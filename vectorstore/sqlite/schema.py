"""The SQLite schema. SQLite is the truth; everything else in the home folder is rebuilt from it.

A *content* is what one reader made of one sequence of bytes; documents with the same bytes share it. ``start`` and
``end`` count characters in the content's stored text, which is its pages' texts joined without separator. Chunk and
document ids come from AUTOINCREMENT and are never reused, so "every chunk with a larger id" is exactly what was added
since.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from apsw import Connection

from vectorstore.sqlite.database import Database

DATABASE_FILE = "refdesk.db"
INDEX_FOLDER = "index"
_FORMER_INDEX_FOLDER = "generations"

_CHUNKING = "chunks-"

FORMAT_VERSION = 8

TABLES = (
    "meta",
    "contents",
    "pages",
    "units",
    "blocks",
    "chunks",
    "vectors",
    "next_chunks",
    "documents",
    "soft_deleted_documents",
    "soft_deleted_chunks",
    "refusals",
    "collections",
    "tombstones",
)
"""What is stored; the word index is made from it."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL,
    recipe TEXT NOT NULL,            -- the reader and mapping that made the stored text
    title TEXT NOT NULL,
    metadata TEXT NOT NULL,
    notes TEXT NOT NULL DEFAULT '[]', -- what of the file was not read
    UNIQUE (sha256, recipe)
);

CREATE TABLE pages (
    id INTEGER PRIMARY KEY,
    content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    number INTEGER,                  -- NULL where the format has no pages
    start INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX pages_of_content ON pages (content_id, start);

CREATE TABLE units (
    id INTEGER PRIMARY KEY,
    content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    heading TEXT NOT NULL,
    metadata TEXT NOT NULL
);
CREATE INDEX units_of_content ON units (content_id, start);

-- None of contents that were stored before there were blocks: theirs are told from the text.
CREATE TABLE blocks (
    content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    kind TEXT NOT NULL,
    group_number INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    PRIMARY KEY (content_id, number)
) WITHOUT ROWID;

CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    page_id INTEGER NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    heading TEXT NOT NULL
);
CREATE INDEX chunks_of_content ON chunks (content_id, start);
CREATE INDEX chunks_of_page ON chunks (page_id);

CREATE TABLE vectors (
    chunk_id INTEGER PRIMARY KEY REFERENCES chunks (id) ON DELETE CASCADE,
    vector BLOB NOT NULL             -- little-endian float32, unit length
);

-- The chunks and vectors of another embedding model or chunking, until they are complete and take the others' place.
CREATE TABLE next_chunks (
    id INTEGER PRIMARY KEY,
    content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    page_id INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    heading TEXT NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX next_chunks_of_content ON next_chunks (content_id);

CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    path TEXT NOT NULL,
    title TEXT NOT NULL,
    content_id INTEGER NOT NULL REFERENCES contents (id),
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    indexed_at TEXT NOT NULL,
    part_of INTEGER REFERENCES documents (id), -- of a part: its file's document
    UNIQUE (collection, path)
);
CREATE INDEX documents_of_content ON documents (content_id);
CREATE INDEX parts_of_document ON documents (part_of) WHERE part_of IS NOT NULL;

-- Documents that can be restored.
CREATE TABLE soft_deleted_documents (
    id INTEGER PRIMARY KEY,
    collection TEXT NOT NULL,
    path TEXT NOT NULL,
    title TEXT NOT NULL,
    content_id INTEGER NOT NULL REFERENCES contents (id),
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    indexed_at TEXT NOT NULL,
    deleted_at TEXT NOT NULL,
    part_of INTEGER,
    UNIQUE (collection, path)
);
CREATE INDEX soft_deleted_documents_of_content ON soft_deleted_documents (content_id);

-- The chunks and vectors of contents that only soft-deleted documents have: no search sees them.
CREATE TABLE soft_deleted_chunks (
    id INTEGER PRIMARY KEY,
    content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    page_id INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    heading TEXT NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX soft_deleted_chunks_of_content ON soft_deleted_chunks (content_id);

-- What is kept of a collection beside its documents.
CREATE TABLE collections (
    name TEXT PRIMARY KEY,
    notice TEXT NOT NULL DEFAULT '',         -- shown with each answer from it
    synced_at TEXT NOT NULL DEFAULT '',
    synced_from TEXT NOT NULL DEFAULT ''     -- the folders, a line each
) WITHOUT ROWID;

-- Files that could not be read, so that they are not tried again before they change.
CREATE TABLE refusals (
    collection TEXT NOT NULL,
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    recipe TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (collection, path)
) WITHOUT ROWID;

-- Chunks removed since the current index version was built.
CREATE TABLE tombstones (id INTEGER PRIMARY KEY AUTOINCREMENT, chunk_id INTEGER NOT NULL);

CREATE VIEW chunk_texts AS
    SELECT chunks.id AS id, chunks.content_id AS content_id, chunks.heading AS heading,
           substr(pages.text, chunks.start - pages.start + 1, chunks.end - chunks.start) AS body
    FROM chunks JOIN pages ON pages.id = chunks.page_id;

CREATE VIRTUAL TABLE chunks_fts USING fts5 (
    heading, body, content='chunk_texts', content_rowid='id', tokenize='words'
);

INSERT INTO meta VALUES ('publication', '0'), ('index_version', ''), ('index_sha256', ''), ('high_water', '0');
"""


_BEFORE_FORMAT_5 = {"soft_deleted_documents": "removed_documents", "soft_deleted_chunks": "resting_chunks"}
"""Former names of tables."""


def copy_rows(connection: Connection, named: Mapping[str, str] = {}) -> None:
    """Every row of ``old`` that cannot be made again; the word index is made anew. New columns come last, and have
    defaults.

    ``named`` holds the names that tables have in ``old``, where they are others.
    """
    for table in (*TABLES, "sqlite_sequence"):
        connection.execute(f"DELETE FROM main.{table}")
        source = named.get(table, table)
        if connection.execute("SELECT 1 FROM old.sqlite_master WHERE name = ?", (source,)).fetchone():
            # With a condition SQLite copies row by row; without, also the pages of the table's indexes, damaged or not.
            columns = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
            kept = len(connection.execute(f"PRAGMA old.table_info({source})").fetchall())
            into = ", ".join(str(column[1]) for column in columns[:kept])
            connection.execute(f"INSERT INTO main.{table} ({into}) SELECT * FROM old.{source} WHERE true")
    connection.execute("INSERT INTO chunks_fts (chunks_fts) VALUES ('rebuild')")


def _from_format_4(connection: Connection) -> None:
    """Other words: what is soft-deleted was removed or resting, an index version a generation."""
    copy_rows(connection, _BEFORE_FORMAT_5)
    connection.execute("UPDATE meta SET key = 'index_version' WHERE key = 'generation'")
    connection.execute("UPDATE meta SET key = 'index_sha256' WHERE key = 'generation_sha256'")


def _from_format_2(connection: Connection) -> None:
    """The chunking was a part of each content's recipe: " chunks-<tokens>-<tokenizer>"."""
    _from_format_4(connection)
    recipes = [row[0].split(" ") for row in connection.execute("SELECT recipe FROM contents ORDER BY id")]
    cut = Counter(part for recipe in recipes for part in recipe if part.startswith(_CHUNKING))
    if cut:
        common, _ = cut.most_common(1)[0]
        connection.execute("UPDATE contents SET recipe = replace(recipe, ?, '')", (f" {common}",))
        connection.execute("INSERT INTO meta VALUES ('chunking', ?)", (common.removeprefix(_CHUNKING),))


MIGRATIONS = {
    1: _from_format_2,
    2: _from_format_2,
    3: _from_format_4,
    4: _from_format_4,
    5: copy_rows,
    6: copy_rows,
    7: copy_rows,
}
"""By format; the pages of format 1 had no checksums."""


def open_database(home: Path, *, accept_loss: bool = False) -> Database:
    """The database of ``home`` in its newest format, with the index's files where they belong."""
    database = Database(home / DATABASE_FILE, SCHEMA, FORMAT_VERSION, MIGRATIONS, accept_loss=accept_loss)
    with suppress(OSError):  # most often it is not there; where it cannot be renamed, the index is made again
        (home / _FORMER_INDEX_FOLDER).rename(home / INDEX_FOLDER)
    return database
