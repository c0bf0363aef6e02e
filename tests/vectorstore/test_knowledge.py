import os
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import Put
from vectorstore.embedded import open_store, verify
from vectorstore.errors import IndexingMismatch, StoreError, UsageError
from vectorstore.index.faiss import FaissIndex
from vectorstore.index.types import IndexVersion, StoredVectors
from vectorstore.index.versions import read_version
from vectorstore.library import remove, show, status
from vectorstore.sqlite.meta import get_meta, index_version
from vectorstore.sqlite.schema import DATABASE_FILE, INDEX_FOLDER
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import EVERYTHING, Indexing, Scope


def titles(knowledge: SqliteStore, query: str, scope: Scope = EVERYTHING) -> list[str]:
    return [passage.chunk.path for passage in knowledge.search(query, scope, limit=3)]


def index_file(home: Path) -> Path:
    return next((home / INDEX_FOLDER).glob("v-*/vectors.faiss"))


def test_finds_the_passage_about_the_question_and_gives_its_place(knowledge: SqliteStore, put: Put) -> None:
    put(knowledge, "eyes.txt", "Cats sleep a lot.\n\nGlaucoma damages the optic nerve.")
    put(knowledge, "bones.txt", "Osteoporosis makes bones weak.")
    best = knowledge.search("what damages the optic nerve", EVERYTHING)[0].chunk
    assert best.text == "Glaucoma damages the optic nerve."
    _, pages = show(knowledge, str(best.document), EVERYTHING)
    assert pages[0].text[best.start : best.end] == best.text


def test_rare_word_is_found_by_the_lexical_leg_alone(knowledge: SqliteStore, put: Put) -> None:
    for i in range(30):
        put(knowledge, f"{i}.txt", f"A passage about common things, number {i}.")
    put(knowledge, "rare.txt", "Zyxomycin is given twice a day to people who need it for common things.")
    passage = knowledge.search("zyxomycin", EVERYTHING, dense_weight=0.0)[0]
    assert passage.chunk.path == "rare.txt"
    assert passage.lexical > 0


@pytest.mark.parametrize(
    "query", ['"', "AND OR NOT", "NEAR(a b)", "*", "col:x", "'; DROP TABLE chunks; --", "()", "\x00", "😀"]
)
def test_search_syntax_in_a_question_is_plain_text(knowledge: SqliteStore, put: Put, query: str) -> None:
    put(knowledge, "a.txt", "Some text that is here.")
    assert titles(knowledge, query) == ["a.txt"]


def test_what_is_common_elsewhere_is_looked_for_where_it_is_rare(knowledge: SqliteStore, put: Put) -> None:
    for number in range(10):
        put(knowledge, f"{number}.txt", f"A zebra of the north, number {number}.", "zoo")
        put(knowledge, f"{number}.md", f"An amber stone, number {number}.", "stones")
    put(knowledge, "striped.md", "Striped as a zebra is, and heavy.", "stones")
    found = knowledge.search("amber or zebra", Scope(frozenset({"stones"})), limit=20)
    assert [passage.chunk.path for passage in found if passage.lexical > 0] == ["striped.md"]


def test_removing_something_unknown_removes_nothing(knowledge: SqliteStore, put: Put) -> None:
    put(knowledge, "a.txt", "Alpha.")
    with pytest.raises(UsageError, match=r"no such document: nope\.txt"):
        remove(knowledge, ["a.txt", "nope.txt"], EVERYTHING)
    assert titles(knowledge, "alpha") == ["a.txt"]


@pytest.mark.parametrize("compacted", [0, 1])
def test_search_is_the_same_from_delta_and_from_a_file(knowledge: SqliteStore, put: Put, compacted: int) -> None:
    for i in range(20):
        put(knowledge, f"{i}.txt", f"Document number {i} is about subject{i}.")
        if compacted and i == 10:
            assert knowledge.compact(force=True)
    remove(knowledge, ["3.txt", "15.txt"], EVERYTHING)
    assert titles(knowledge, "subject7")[0] == "7.txt"
    assert titles(knowledge, "subject18")[0] == "18.txt"
    assert "3.txt" not in titles(knowledge, "subject3")
    assert "15.txt" not in titles(knowledge, "subject15")
    fresh = open_store(knowledge.home, HashEmbedder())
    for query in ("subject7", "subject18", "subject3", "number 15"):
        assert titles(fresh, query) == titles(knowledge, query)
    fresh.close()


@pytest.mark.parametrize("damage", ["flip", "truncate", "delete"])
def test_a_damaged_index_is_never_served_and_search_goes_on(knowledge: SqliteStore, put: Put, damage: str) -> None:
    for i in range(20):
        put(knowledge, f"{i}.txt", f"Document number {i} is about subject{i}.")
    knowledge.compact(force=True)
    path = index_file(knowledge.home)
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 0x10
        path.write_bytes(data)
    elif damage == "truncate":
        path.write_bytes(data[:-8])
    else:
        path.unlink()
    fresh = open_store(knowledge.home, HashEmbedder())
    assert titles(fresh, "subject7")[0] == "7.txt"
    fresh.close()


def test_an_index_is_read_only_with_its_own_hash(knowledge: SqliteStore, put: Put) -> None:
    put(knowledge, "a.txt", "Alpha.")
    knowledge.compact(force=True)
    with knowledge.database.read() as connection:
        version = index_version(get_meta(connection))
    assert read_version(knowledge.home / INDEX_FOLDER, version)
    with pytest.raises(StoreError, match="damaged"):
        read_version(knowledge.home / INDEX_FOLDER, replace(version, sha256="0" * 64))


def test_the_index_is_compacted_only_when_enough_has_changed(knowledge: SqliteStore, put: Put) -> None:
    put(knowledge, "a.txt", "Alpha.")
    assert not knowledge.compact()
    put(knowledge, "b.txt", "\n\n".join(f"Paragraph {i}." for i in range(1000)))
    assert knowledge.compact()
    assert not knowledge.compact()


def test_two_processes_that_compact_at_once_leave_one_whole_index(tmp_path: Path, put: Put) -> None:
    class Overtaken(FaissIndex):
        def compact(self, stored: StoredVectors) -> IndexVersion:
            remove(other, ["a.txt"], EVERYTHING)
            assert other.compact(force=True)
            return super().compact(stored)

    knowledge = SqliteStore(tmp_path, HashEmbedder(), open_index=lambda home: Overtaken(home / INDEX_FOLDER))
    put(knowledge, "a.txt", "Alpha.")
    put(knowledge, "b.txt", "Beta.")
    other = open_store(tmp_path, HashEmbedder())
    assert not knowledge.compact(force=True)
    assert titles(knowledge, "alpha beta") == ["b.txt"]
    assert len(list((tmp_path / INDEX_FOLDER).iterdir())) == 1
    other.close()
    knowledge.close()


def test_what_a_killed_compaction_left_behind_is_cleared_away_by_the_next(knowledge: SqliteStore, put: Put) -> None:
    put(knowledge, "a.txt", "Alpha.")
    index = knowledge.home / INDEX_FOLDER
    for name in ("v-never-published", ".building-v-abandoned", ".building-v-being-written"):
        (index / name).mkdir(parents=True)
        (index / name / "vectors.faiss").write_bytes(b"half of it")
    os.utime(index / ".building-v-abandoned", (1, 1))
    assert knowledge.compact(force=True)
    current = index_file(knowledge.home).parent.name
    assert {path.name for path in index.iterdir()} == {current, ".building-v-being-written"}
    assert titles(knowledge, "alpha") == ["a.txt"]


@pytest.mark.parametrize("question", ['What does "high"/"low" mean?', 'a"b', 'x"OR"y', "'", "beta-blockers"])
def test_words_are_counted_whatever_they_look_like(knowledge: SqliteStore, put: Put, question: str) -> None:
    put(knowledge, "a.txt", "High means high, low means low; beta blockers.")
    with knowledge.view() as view:
        counts = view.frequencies(question.split(), EVERYTHING)
    assert set(counts.values()) <= {0, 1}


def test_another_embedding_model_is_refused_with_the_command_that_rebuilds(knowledge: SqliteStore, put: Put) -> None:
    put(knowledge, "a.txt", "Alpha.")
    with pytest.raises(IndexingMismatch, match=r"hash@64.*other@64.*verify --repair"):
        _ = open_store(knowledge.home, HashEmbedder("other")).embedder


def test_what_another_process_publishes_is_found_at_the_next_search(knowledge: SqliteStore, put: Put) -> None:
    put(knowledge, "a.txt", "Alpha.")
    assert titles(knowledge, "omega") == ["a.txt"]
    program = (
        "import sys; from pathlib import Path; from tests.fakes import HashEmbedder; from "
        "tests.vectorstore.conftest import put_text;"
        "from vectorstore.embedded import open_store; k = open_store(Path(sys.argv[1]), HashEmbedder());"
        "put_text(k, 'b.txt', 'Omega is the last letter.')"
    )
    subprocess.run([sys.executable, "-c", program, str(knowledge.home)], check=True, cwd=Path(__file__).parents[2])
    assert titles(knowledge, "omega")[0] == "b.txt"


def test_searches_while_documents_come_and_go_never_fail(knowledge: SqliteStore, put: Put) -> None:
    put(knowledge, "stays.txt", "The keyword stays here.")
    done = threading.Event()
    failures: list[BaseException] = []

    def search() -> None:
        try:
            while not done.is_set():
                assert "stays.txt" in titles(knowledge, "keyword stays")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for i in range(30):
        put(knowledge, f"{i}.txt", f"Filler number {i}.")
        if i % 3 == 0:
            remove(knowledge, [f"{i}.txt"], EVERYTHING)
        if i % 10 == 0:
            knowledge.compact(force=True)
    done.set()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_file_that_is_no_knowledge_base_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_FILE
    path.write_bytes(b"something else entirely, and long enough to be taken for a database header")
    with pytest.raises(StoreError, match="damaged"):
        open_store(tmp_path, HashEmbedder())
    assert path.read_bytes().startswith(b"something else")


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pages SET id = id + 1",
        "UPDATE vectors SET vector = zeroblob(3) WHERE chunk_id = 1",
        "UPDATE meta SET value = 'x' WHERE key = 'publication'",
        "UPDATE meta SET key = 'index_versino' WHERE key = 'index_version'",
    ],
)
def test_rows_that_cannot_be_what_was_written_are_damage_and_say_so(
    knowledge: SqliteStore, put: Put, damage: str
) -> None:
    put(knowledge, "a.txt", "Alpha.\n\nBeta.")
    with closing(apsw.Connection(str(knowledge.home / DATABASE_FILE), vfs="cksmvfs")) as connection:
        connection.execute(damage)  # past all foreign keys
    with pytest.raises(StoreError, match=r"refdesk\.db.*refdesk verify"):
        knowledge.search("alpha", EVERYTHING)
    assert verify(knowledge.home, Indexing(HashEmbedder().fingerprint, "by paragraphs"))


def test_status_of_an_empty_home_creates_nothing(tmp_path: Path) -> None:
    assert status(tmp_path / "nowhere", EVERYTHING)["documents"] == 0
    assert not (tmp_path / "nowhere").exists()
