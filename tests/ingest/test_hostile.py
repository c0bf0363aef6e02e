"""Bombs, entities and paths that lead outside: each is refused or read without harm, beside healthy neighbours."""

import os
from pathlib import Path
from typing import get_args

import pytest

from ingest.readers.base import Reason
from ingest.sources.files import find_files
from ingest.worker.guard import ParseWorker
from tests.ingest.conftest import WORKER, Ingest
from tests.ingest.hostile import hostile_files
from tests.soak.folders import HANDBOOK
from vectorstore.sqlite.store import SqliteStore

_SECRET = "the vault opens with quillfeather"


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.rglob("*")}


@pytest.mark.slow
def test_hostile_files_show_nothing_write_nothing_and_harm_no_neighbour(
    folder: Path, knowledge: SqliteStore, ingest: Ingest, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    secret = outside / "secret.txt"
    secret.write_text(_SECRET)
    for name, data in hostile_files(secret, (HANDBOOK / "glossary.docx").read_bytes()):
        (folder / name).write_bytes(data)
    (folder / "link.txt").symlink_to(secret)
    (folder / "folder").symlink_to(outside)
    os.mkfifo(folder / "pipe.txt")
    (folder / "healthy.txt").write_text("The neighbour is well.")
    before = snapshot(outside), set(os.listdir("/tmp")) & {"written-outside.txt"}
    files = find_files([folder])
    assert len(files) > 50
    outcomes = {Path(outcome.path).name: outcome for outcome in ingest(files)}
    assert (snapshot(outside), set(os.listdir("/tmp")) & {"written-outside.txt"}) == before
    assert outcomes["healthy.txt"].status == "indexed"
    assert "link.txt" not in outcomes
    for outcome in outcomes.values():
        assert outcome.status == "indexed" or outcome.reason in get_args(Reason), outcome
    with knowledge.database.read() as connection:
        texts = [str(row[0]) for row in connection.execute("SELECT text FROM pages")]
    assert not any("quillfeather" in text for text in texts)
    assert not any("haha" in text or "q" * 200_000 in text for text in texts)
    for name in ("zeros.docx", "ratio.epub", "many.docx", "pixels.png", "deep.json"):
        assert outcomes[name].status == "refused", name


@pytest.mark.skipif(not Path("/proc/self/ns/net").exists(), reason="the system has no network namespaces")
def test_the_reader_process_has_no_network_where_it_can_be_cut(folder: Path) -> None:
    (folder / "a.txt").write_text("A text.")
    with ParseWorker(WORKER) as worker:
        worker.parse(folder / "a.txt", ())
        assert worker._process
        own, cut = (os.readlink(f"/proc/{process}/ns/net") for process in ("self", worker._process.pid))
        assert (own != cut) == (worker.uncut == "")
