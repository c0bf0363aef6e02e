import shutil
from pathlib import Path

import pytest

from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import Put
from tests.vectorstore.formats import NEW_IN_FORMAT_4, written_in_format_1
from vectorstore.embedded import open_store, repair, verify
from vectorstore.errors import StoreError
from vectorstore.sqlite.schema import DATABASE_FILE, INDEX_FOLDER
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import EVERYTHING, Indexing

SETTINGS = Indexing(HashEmbedder().fingerprint, "200-words")


@pytest.fixture
def home(knowledge: SqliteStore, put: Put) -> Path:
    for i in range(5):
        put(knowledge, f"{i}.txt", f"Document number {i} is about subject{i}.\n\nIt has a second paragraph.")
    knowledge.compact(force=True)
    return knowledge.home


def finds_everything(home: Path, embedder: HashEmbedder) -> bool:
    knowledge = open_store(home, embedder)
    found = [knowledge.search(f"subject{i}", EVERYTHING)[0].chunk.path for i in range(5)]
    knowledge.close()
    return found == [f"{i}.txt" for i in range(5)]


def test_an_empty_home_and_a_whole_one_are_in_order(home: Path, tmp_path: Path) -> None:
    assert verify(tmp_path / "empty", SETTINGS) == []
    assert verify(home, SETTINGS) == []


def test_a_damaged_index_is_found_and_rebuilt(home: Path) -> None:
    path = next((home / INDEX_FOLDER).glob("v-*/vectors.faiss"))
    path.write_bytes(path.read_bytes()[:-1])
    assert [finding.repairable for finding in verify(home, SETTINGS)] == [True]
    repair(home, HashEmbedder())
    assert verify(home, SETTINGS) == []
    assert finds_everything(home, HashEmbedder())


def test_another_embedding_model_is_told_and_left_to_a_reindexing(home: Path) -> None:
    other = HashEmbedder("other", dimension=32)
    settings = Indexing(other.fingerprint, "200-words")
    assert "other@32" in verify(home, settings)[0].what
    repair(home, other)
    assert len(verify(home, settings)) == 1
    assert finds_everything(home, HashEmbedder())


def test_missing_vectors_and_words_are_found_and_made_again(home: Path, knowledge: SqliteStore) -> None:
    with knowledge.database.write() as connection:
        connection.execute("DELETE FROM vectors WHERE chunk_id = 1")
        connection.execute("INSERT INTO chunks_fts (chunks_fts) VALUES ('delete-all')")
    found = [finding.what for finding in verify(home, SETTINGS)]
    assert any("no vector" in what for what in found)
    assert any("word index" in what for what in found)
    repair(home, HashEmbedder())
    assert verify(home, SETTINGS) == []
    assert finds_everything(home, HashEmbedder())


def test_a_damaged_word_index_is_found_and_made_again(home: Path, knowledge: SqliteStore) -> None:
    with knowledge.database.write() as connection:
        connection.execute("UPDATE chunks_fts_data SET block = zeroblob(length(block)) WHERE id > 10")
    knowledge.close()
    assert [finding.repairable for finding in verify(home, SETTINGS)] == [True]
    repair(home, HashEmbedder())
    assert verify(home, SETTINGS) == []
    assert finds_everything(home, HashEmbedder())


@pytest.mark.parametrize("change", ["replace(text, 'subject3', 'subject9')", "CAST(x'C328' || text AS TEXT)"])
def test_text_that_has_changed_under_its_index_is_found_and_not_called_repairable(
    home: Path, knowledge: SqliteStore, change: str
) -> None:
    with knowledge.database.write() as connection:
        connection.execute(f"UPDATE pages SET text = {change} WHERE text LIKE '%subject3%'")
    assert [finding.repairable for finding in verify(home, SETTINGS)] == [False]


def test_a_page_that_only_an_index_needs_is_made_again(home: Path, knowledge: SqliteStore) -> None:
    with knowledge.database.read() as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'chunks_of_content'").get
    knowledge.close()
    path = home / DATABASE_FILE
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 + 100] ^= 1
    path.write_bytes(data)
    assert [finding.repairable for finding in verify(home, SETTINGS)] == [True]
    repair(home, HashEmbedder())
    assert verify(home, SETTINGS) == []
    assert finds_everything(home, HashEmbedder())
    assert path.with_name("refdesk.db.damaged").read_bytes()[4096:] == data[4096:]


def test_changes_that_were_lost_with_the_log_are_missed_and_can_be_given_up(
    home: Path, knowledge: SqliteStore, put: Put, tmp_path: Path
) -> None:
    knowledge.close()
    put(knowledge, "late.txt", "It was added late.")
    killed = tmp_path / "killed"  # what a killed process leaves, but for the log
    shutil.copytree(home, killed, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    with pytest.raises(StoreError, match=r"last 1 changes .* are gone.*verify --repair"):
        open_store(killed, HashEmbedder())
    assert [finding.repairable for finding in verify(killed, SETTINGS)] == [True]
    assert [finding.repairable for finding in verify(killed, SETTINGS)] == [True]
    repair(killed, HashEmbedder())
    assert verify(killed, SETTINGS) == []
    assert finds_everything(killed, HashEmbedder())


@pytest.mark.parametrize("left", [None, b""])
def test_a_database_that_is_gone_or_empty_is_missed(home: Path, knowledge: SqliteStore, left: bytes | None) -> None:
    knowledge.close()
    path = home / DATABASE_FILE
    path.unlink() if left is None else path.write_bytes(left)
    with pytest.raises(StoreError, match="Restore a backup"):
        open_store(home, HashEmbedder())
    assert [finding.repairable for finding in verify(home, SETTINGS)] == [True]
    repair(home, HashEmbedder())
    assert verify(home, SETTINGS) == []


def test_a_file_of_an_earlier_format_is_written_anew_and_kept(home: Path, knowledge: SqliteStore) -> None:
    knowledge.close()
    path = home / DATABASE_FILE
    written_in_format_1(path)
    before = path.read_bytes()
    assert finds_everything(home, HashEmbedder())
    assert verify(home, SETTINGS) == []
    assert path.with_name("refdesk.db.format-1").read_bytes()[4096:] == before[4096:]
    with SqliteStore(home).database.write() as connection:  # ids are never used again
        connection.execute("DELETE FROM documents WHERE id = 5")
        connection.execute("INSERT INTO documents SELECT NULL, 'c', 'p', 't', 1, 1, 1, '', NULL")
        assert connection.last_insert_rowid() == 6


def test_the_chunking_that_earlier_formats_kept_with_each_content_becomes_that_of_all(
    home: Path, knowledge: SqliteStore
) -> None:
    with knowledge.database.write() as connection:
        connection.execute("UPDATE contents SET recipe = '.txt readers-2 chunks-200-abc mappings-def' WHERE id < 5")
        connection.execute("UPDATE contents SET recipe = '.txt readers-1 chunks-128-old' WHERE id = 5")
    knowledge.close()
    written_in_format_1(home / DATABASE_FILE, without=("next_chunks", "refusals", *NEW_IN_FORMAT_4))
    with SqliteStore(home).database.read() as connection:
        recipes = [row[0] for row in connection.execute("SELECT recipe FROM contents ORDER BY id")]
    assert recipes == [".txt readers-2 mappings-def"] * 4 + [".txt readers-1 chunks-128-old"]
    assert verify(home, Indexing(SETTINGS.embedding, "200-abc")) == []
    assert [finding.where for finding in verify(home, SETTINGS)] == ["ingest.chunk_tokens"]


def test_a_damaged_database_is_reported_and_not_called_repairable(home: Path, knowledge: SqliteStore) -> None:
    knowledge.close()
    path = home / DATABASE_FILE
    data = bytearray(path.read_bytes())
    data[4096:8192] = bytes(4096)
    path.write_bytes(data)
    findings = verify(home, SETTINGS)
    assert findings
    assert not any(finding.repairable for finding in findings)
