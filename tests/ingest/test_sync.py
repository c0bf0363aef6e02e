"""A collection as the mirror of a folder."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.pipeline.ingestion import Ingestion
from ingest.pipeline.sync import Synchronised, synchronise
from tests.fakes import HashEmbedder
from tests.ingest.conftest import WORKER
from vectorstore.errors import RefdeskError
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import EVERYTHING, Scope

Sync = Callable[..., Synchronised]


@pytest.fixture
def sync(knowledge: SqliteStore, folder: Path) -> Sync:
    def run(
        *paths: Path, collection: str = "default", allow_empty: bool = False, patient: bool = False
    ) -> Synchronised:
        job = Ingestion(knowledge, WORKER, collection)
        return synchronise(job, paths or [folder], allow_empty=allow_empty, patient=patient)

    return run


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(f"The file {name} speaks of {Path(name).stem}.")


def stored(knowledge: SqliteStore, collection: str = "default") -> dict[str, int]:
    with knowledge.view() as view:
        return {Path(one.path).name: one.id for one in view.documents(Scope(frozenset({collection})))[1]}


def embedded(knowledge: SqliteStore) -> int:
    assert isinstance(knowledge.embedder, HashEmbedder)
    return knowledge.embedder.embedded


def test_refused_files_that_are_gone_are_forgotten(knowledge: SqliteStore, folder: Path, sync: Sync) -> None:
    write(folder, "apple.txt")
    (folder / "broken.pdf").write_bytes(b"%PDF")
    sync()
    (folder / "broken.pdf").unlink()
    sync()
    with knowledge.view() as view:
        assert view.refusals(EVERYTHING) == {}


@pytest.mark.slow
def test_what_is_gone_from_the_folder_is_removed_and_what_is_new_comes_in(
    knowledge: SqliteStore, folder: Path, sync: Sync
) -> None:
    write(folder, "apple.txt", "pear.txt")
    assert sync().changed
    assert not sync().changed
    (folder / "apple.txt").unlink()
    write(folder, "plum.txt")
    done = sync()
    assert [Path(document.path).name for document in done.removed] == ["apple.txt"]
    assert set(stored(knowledge)) == {"pear.txt", "plum.txt"}
    assert "apple" not in knowledge.search("apple", EVERYTHING)[0].chunk.text


def test_a_file_that_was_moved_or_renamed_keeps_its_document_and_is_not_embedded_again(
    knowledge: SqliteStore, folder: Path, sync: Sync
) -> None:
    write(folder, "apple.txt", "old/pear.txt")
    sync()
    before, count = stored(knowledge), embedded(knowledge)
    (folder / "old").rename(folder / "new")
    (folder / "apple.txt").rename(folder / "fruit.txt")
    done = sync()
    assert {Path(after).name for _, after in done.moved} == {"fruit.txt", "pear.txt"}
    assert done.removed == ()
    assert stored(knowledge) == {"fruit.txt": before["apple.txt"], "pear.txt": before["pear.txt"]}
    assert embedded(knowledge) == count
    with knowledge.view() as view:
        assert {document.title for document in view.documents(EVERYTHING)[1]} == {"fruit", "pear"}


def test_two_files_of_the_same_content_that_are_renamed_stay_two_documents(
    knowledge: SqliteStore, folder: Path, sync: Sync
) -> None:
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text("The same words in both.")
    sync()
    for name in ("a", "b"):
        (folder / f"{name}.txt").rename(folder / f"{name}2.txt")
    assert len(sync().moved) == 2
    assert set(stored(knowledge)) == {"a2.txt", "b2.txt"}


def test_a_folder_that_vanished_empties_nothing(knowledge: SqliteStore, folder: Path, sync: Sync) -> None:
    write(folder, "apple.txt", "pear.txt")
    sync()
    shutil.rmtree(folder)
    with pytest.raises(RefdeskError, match="no such file or folder"):
        sync()
    folder.mkdir()  # as an empty mount point
    with pytest.raises(RefdeskError, match=r"All documents.*--allow-empty"):
        sync()
    assert len(stored(knowledge)) == 2
    sync(allow_empty=True)
    assert stored(knowledge) == {}


def test_what_lies_in_a_folder_that_cannot_be_read_stays(knowledge: SqliteStore, folder: Path, sync: Sync) -> None:
    write(folder, "apple.txt", "pear.txt", "cellar/plum.txt")
    sync()
    (folder / "cellar").rename(folder.parent / "elsewhere")
    (folder / "cellar").symlink_to(folder / "cellar")  # which not even root can list
    done = sync()
    assert done.removed == ()
    assert [(Path(one.path).name, one.reason) for one in done.outcomes if one.status == "refused"] == [
        ("cellar", "unreadable")
    ]
    assert set(stored(knowledge)) == {"apple.txt", "pear.txt", "plum.txt"}


def test_who_comes_again_leaves_a_long_file_alone_while_it_is_written(
    knowledge: SqliteStore, folder: Path, sync: Sync
) -> None:
    write(folder, "apple.txt")
    log = folder / "plant.log"
    log.write_text("The pump ran." + " " * 1_100_000)
    (told,) = [one for one in sync(patient=True).outcomes if one.status == "refused"]
    assert (told.path, told.reason) == (str(log), "unreadable")
    assert set(stored(knowledge)) == {"apple.txt"}
    os.utime(log, (1, 1))
    assert [one.status for one in sync(patient=True).outcomes] == ["unchanged", "indexed"]
    with log.open("a") as file:
        file.write("The pump stopped.")
    assert not sync(patient=True).changed
    assert sync().changed


@pytest.mark.slow
def test_most_of_a_large_folder_gone_is_asked_about_first(knowledge: SqliteStore, folder: Path, sync: Sync) -> None:
    write(folder, *(f"{n}.txt" for n in range(24)))
    sync()
    for n in range(13):
        (folder / f"{n}.txt").unlink()
    write(folder, "new.txt")
    with pytest.raises(RefdeskError, match="13 of 24"):
        sync()
    assert len(stored(knowledge)) == 24
    (folder / "12.txt").write_text("It is back.")
    sync()
    assert len(stored(knowledge)) == 13


def test_documents_from_elsewhere_and_of_other_collections_stay(
    knowledge: SqliteStore, folder: Path, tmp_path: Path, sync: Sync
) -> None:
    other = tmp_path / "documents-2"
    write(folder, "apple.txt", "pear.txt")
    write(other, "plum.txt")
    sync()
    sync(other)
    sync(collection="second")
    (folder / "pear.txt").unlink()
    sync()
    assert set(stored(knowledge)) == {"apple.txt", "plum.txt"}
    assert set(stored(knowledge, "second")) == {"apple.txt", "pear.txt"}


def test_a_changed_file_embeds_only_what_is_new(knowledge: SqliteStore, folder: Path, sync: Sync) -> None:
    path = folder / "list.md"
    sections = [f"## Part {n}\n\nIt speaks of subject{n}." for n in range(6)]
    path.write_text("\n\n".join(sections))
    sync()
    count = embedded(knowledge)
    sections[3] = "## Part 3\n\nIt speaks of something else now."
    path.write_text("\n\n".join(sections))
    sync()
    assert embedded(knowledge) == count + 1
    assert "something else" in knowledge.search("something else", EVERYTHING)[0].chunk.text
    assert "subject5" in knowledge.search("subject5", EVERYTHING)[0].chunk.text
