"""Homes as earlier releases left them."""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text
from tests.vectorstore.formats import written_in_format_5, written_in_format_6, written_in_format_7
from vectorstore.embedded import verify
from vectorstore.sqlite.schema import DATABASE_FILE, INDEX_FOLDER
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import EVERYTHING, BlockKind, FileState, Indexing, Scope

HOMES = Path(__file__).parent / "homes"
"""Format 4: documents in two collections, one of them soft-deleted (as it was called later) and one removed for good,
an index that has seen four of them, a notice, a refusal, the date of a sync.
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with tarfile.open(HOMES / "format-4.tar.gz") as stored:
        stored.extractall(tmp_path, filter="data")
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(home, HashEmbedder())
    yield opened
    opened.close()


def test_a_home_of_format_4_opens_with_all_that_it_holds(home: Path, store: SqliteStore) -> None:
    found = store.search("amber optic nerve", EVERYTHING)
    assert [(one.chunk.id, one.chunk.path) for one in found] == [
        (1, "/eyes/glaucoma.txt"),
        (2, "/eyes/glaucoma.txt"),
        (7, "/late.txt"),
        (3, "/ears/otitis.txt"),
    ]
    with store.view() as view:
        assert view.indexing == Indexing(HashEmbedder().fingerprint, "200-words")
        names = [(one.name, one.documents, one.notice, one.synced_from) for one in view.collections(EVERYTHING)]
        assert names == [("public", 3, "No medical advice.", "/eyes"), ("staff", 1, "", "")]
        assert [one.path for one in view.refusals(EVERYTHING)["public"]] == ["/bad.pdf"]
        assert [one.path for one in view.documents(Scope(frozenset({"staff"})))[1]] == ["/copy/glaucoma.txt"]
        (deleted,) = view.soft_deleted(EVERYTHING)
        assert view.changed_at
    with store.change() as change:
        assert change.restore(deleted.id)
    assert store.search("amber dust", EVERYTHING)[0].chunk.path == deleted.path
    assert put_text(store, "/new.txt", "Something new.") == 7  # an id that was given before is not given again
    assert verify(home, Indexing(HashEmbedder().fingerprint, "200-words")) == []


def test_its_index_is_used_and_its_file_is_kept(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = (home / DATABASE_FILE).read_bytes()
    store = SqliteStore(home, HashEmbedder())
    store.search("otitis", EVERYTHING)
    store.close()
    assert caplog.text == ""
    assert [path.name for path in (home / INDEX_FOLDER).iterdir()] == ["g-10f7ce74e805"]
    assert not (home / "generations").exists()
    assert (home / f"{DATABASE_FILE}.format-4").read_bytes()[4096:] == before[4096:]  # the first page tells of its log


_OPEN = """
import sys
from pathlib import Path
from vectorstore.sqlite.schema import open_database
print("ready", flush=True)
input()
open_database(Path(sys.argv[1])).close()
"""


def test_processes_that_open_it_at_once_wait_for_the_one_that_writes_it_anew(home: Path) -> None:
    command = [sys.executable, "-c", _OPEN, str(home)]
    pipe = subprocess.PIPE
    opening = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(3)]
    for process in opening:
        assert process.stdout is not None
        process.stdout.readline()
    for process in opening:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate()[1] for process in opening] == ["", "", ""]
    assert (home / f"{DATABASE_FILE}.format-4").exists()
    assert verify(home, Indexing(HashEmbedder().fingerprint, "200-words")) == []


def test_a_home_of_format_5_keeps_its_documents_whose_blocks_are_told_from_their_text(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, HashEmbedder())
    document = put_text(store, "list.txt", "Bring:\n\n- a lamp\n- a map")
    store.close()
    written_in_format_5(tmp_path / DATABASE_FILE)
    store = SqliteStore(tmp_path, HashEmbedder())
    with store.view() as view:
        kinds = [block.kind for block in view.blocks(document, EVERYTHING)]
    assert kinds == [BlockKind.PROSE, BlockKind.ITEM, BlockKind.ITEM]
    assert store.search("lamp", EVERYTHING)[0].chunk.document == document
    store.close()


def test_a_home_of_format_6_keeps_its_documents_and_takes_in_parts_of_them(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, HashEmbedder())
    document, gone = put_text(store, "a.eml", "The gate is shut."), put_text(store, "b.txt", "An old rule.")
    with store.change() as change:
        change.soft_delete(gone)
    store.close()
    written_in_format_6(tmp_path / DATABASE_FILE)
    store = SqliteStore(tmp_path, HashEmbedder())
    with store.change() as change:
        known = change.find_file("default", "a.eml")
        assert known
        part = change.put_document("default", "a.eml/a.txt", "a.txt", known.content, FileState(1, 1), document)
        assert change.restore(gone)
    with store.view() as view:
        assert [(one.id, one.notes, one.part_of) for one in view.documents(EVERYTHING)[1]] == [
            (document, (), None),
            (part, (), document),
            (gone, (), None),
        ]
    store.close()
    assert verify(tmp_path, Indexing(HashEmbedder().fingerprint, "")) == []


def test_the_words_of_a_home_of_format_7_are_cut_anew(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path, HashEmbedder())) as store:
        put_text(store, "a.txt", "云是水蒸发形成的。 Two cats ran.")
    written_in_format_7(tmp_path / DATABASE_FILE)
    with closing(SqliteStore(tmp_path, HashEmbedder())) as store:
        for asked in ("蒸发", "cat"):
            (found,) = store.search(asked, EVERYTHING)
            assert found.lexical > 0.0
    assert verify(tmp_path, Indexing(HashEmbedder().fingerprint, "200-words")) == []
