"""The SQLite schema. SQLite is the truth; everything else in the home folder is rebuilt from it.

A *content* is what one reader made of one sequence of bytes; documents with the same bytes share it. ``start`` and
``end`` count characters in the content's stored text, which is its pages' texts joined without separator. Chunk and
document ids come from AUTOINCREMENT and are never reused, so "every chunk with a larger id" is exactly what was added
since.
"""

from collections import Counter

from apsw import Connection

_CHUNKING = "chunks-"

FORMAT_VERSION = 4

TABLES = (
    "meta",
    "contents",
    "pages",
    "units",
    "chunks",
    "vectors",
    "next_chunks",
    "documents",
    "removed_documents",
    "resting_chunks",
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
    UNIQUE (collection, path)
);
CREATE INDEX documents_of_content ON documents (content_id);

-- Documents that were removed and can be put back.
CREATE TABLE removed_documents (
    id INTEGER PRIMARY KEY,
    collection TEXT NOT NULL,
    path TEXT NOT NULL,
    title TEXT NOT NULL,
    content_id INTEGER NOT NULL REFERENCES contents (id),
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    indexed_at TEXT NOT NULL,
    removed_at TEXT NOT NULL,
    UNIQUE (collection, path)
);
CREATE INDEX removed_documents_of_content ON removed_documents (content_id);

-- The chunks and vectors of contents that only removed documents have: no search sees them.
CREATE TABLE resting_chunks (
    id INTEGER PRIMARY KEY,
    content_id INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    page_id INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    heading TEXT NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX resting_chunks_of_content ON resting_chunks (content_id);

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

-- Chunks removed since the current index generation was built.
CREATE TABLE tombstones (id INTEGER PRIMARY KEY AUTOINCREMENT, chunk_id INTEGER NOT NULL);

CREATE VIEW chunk_texts AS
    SELECT chunks.id AS id, chunks.content_id AS content_id, chunks.heading AS heading,
           substr(pages.text, chunks.start - pages.start + 1, chunks.end - chunks.start) AS body
    FROM chunks JOIN pages ON pages.id = chunks.page_id;

CREATE VIRTUAL TABLE chunks_fts USING fts5 (
    heading, body, content='chunk_texts', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);

INSERT INTO meta VALUES ('publication', '0'), ('generation', ''), ('generation_sha256', ''), ('high_water', '0');
"""


def _from_format_2(connection: Connection) -> None:
    """The chunking was a part of each content's recipe: " chunks-<tokens>-<tokenizer>"."""
    copy_rows(connection)
    recipes = [row[0].split(" ") for row in connection.execute("SELECT recipe FROM contents ORDER BY id")]
    cut = Counter(part for recipe in recipes for part in recipe if part.startswith(_CHUNKING))
    if cut:
        common, _ = cut.most_common(1)[0]
        connection.execute("UPDATE contents SET recipe = replace(recipe, ?, '')", (f" {common}",))
        connection.execute("INSERT INTO meta VALUES ('chunking', ?)", (common.removeprefix(_CHUNKING),))


def copy_rows(connection: Connection) -> None:
    """Every row of ``old`` that cannot be made again, into tables of the same columns; the word index is made anew."""
    for table in (*TABLES, "sqlite_sequence"):
        connection.execute(f"DELETE FROM main.{table}")
        if connection.execute("SELECT 1 FROM old.sqlite_master WHERE name = ?", (table,)).fetchone():
            # With a condition SQLite copies row by row; without, also the pages of the table's indexes, damaged or not.
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table} WHERE true")
    connection.execute("INSERT INTO chunks_fts (chunks_fts) VALUES ('rebuild')")


MIGRATIONS = {1: _from_format_2, 2: _from_format_2, 3: copy_rows}  # the pages of format 1 had no checksums
