"""What a reader learns from documents themselves: their headings and entries, asked where they answer and where not."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.worker.guard import WorkerSettings
from rag.reader.embedded import DEFAULT
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.data import load_reader_data
from rag.training.reader.document_rows import DOCUMENTS, DocumentRows
from rag.training.reader.documents import ReadDocuments, read_documents
from rag.training.reader.mixture import Mixture
from rag.training.reader.rows import Row
from tests.training.conftest import WriteData
from ui.cli.main import main
from vectorstore.errors import UsageError
from vectorstore.models import MINILM, resolve_model

pytestmark = pytest.mark.torch

WORKER = WorkerSettings(resolve_model(MINILM).path / "tokenizer.json", 200)
GUIDE = """<html><head><title>Branches - Mill Documentation</title></head><body><h1>Branches</h1>
<h2>Deleting a branch</h2><p>When the work on it is over, you delete a branch with the command prune.
It is then gone for all.</p>
<h2>Renaming a branch</h2><p>To give a branch another name, you rename it with the command move.
Its commits stay as they are.</p>
<h2>See also</h2><p>There is more about branches in the book that comes with the program, in its third chapter.</p>
<h2>Where it is kept</h2><p><a href="a">Prune</a> <a href="b">Move</a> <a href="c">Fetch</a></p>
<h2>Settings of the fetch</h2><dl>
<dt>--depth</dt><dd><p>Limits how many commits are fetched from the server. The default is 50.</p></dd>
<dt>--jobs</dt><dd><p>Sets the number of connections that are opened at once.
The default is 4. It may limit others.</p></dd>
</dl></body></html>"""
GERMAN = """# Einen Zweig löschen

Wenn die Arbeit an ihm getan ist, wird der Zweig mit dem Befehl gelöscht, und er ist für alle weg.
"""


def read(folder: Path, worker: WorkerSettings = WORKER) -> ReadDocuments:
    return read_documents([folder], worker, lambda *_: None)


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guide")
    (folder / "branches.html").write_text(GUIDE)
    (folder / "zweige.md").write_text(GERMAN)
    return folder


@pytest.fixture(scope="module")
def rows(guide: Path) -> Sequence[Row]:
    made = DocumentRows(read(guide).documents)
    return [made.row(n, random.Random(f"{n} {seed}")) for n in range(len(made.items)) for seed in range(40)]


def asked(rows: Sequence[Row], *words: str, relevant: bool = True) -> list[Row]:
    found = [row for row in rows if row.relevant is relevant and all(word in row.question for word in words)]
    assert found
    return found


def test_a_heading_is_asked_as_a_person_asks_and_its_section_answers(rows: Sequence[Row]) -> None:
    found = asked(rows, "delete a branch")
    assert "How do I delete a branch?" in {row.question for row in found}
    assert all("with the command prune" in row.passage for row in found)


def test_its_near_miss_is_the_section_that_says_the_most_of_it(rows: Sequence[Row]) -> None:
    found = asked(rows, "delete a branch", relevant=False)
    assert all("with the command prune" not in row.passage and row.span is None and row.span_known for row in found)
    assert any("with the command move" in row.passage for row in found)


def test_an_entry_is_asked_for_what_it_does_and_by_it(rows: Sequence[Row]) -> None:
    for row in asked(rows, "What does --depth do?"):
        assert row.span
        assert row.passage[slice(*row.span)] == "Limits how many commits are fetched from the server."
    for row in asked(rows, "Which option limits how many commits are fetched"):
        assert row.span
        assert row.passage[slice(*row.span)] == "--depth"


def test_a_default_is_that_of_the_entry_though_its_neighbour_has_one(rows: Sequence[Row]) -> None:
    found = asked(rows, "default", "--jobs")
    assert {row.passage[slice(*row.span)] for row in found if row.span} == {"4"}
    assert any("The default is 50." in row.passage for row in found)
    assert all("--jobs" not in f"{row.heading} {row.passage}" for row in asked(rows, "--jobs", relevant=False))


def test_nothing_is_asked_of_links_of_general_headings_and_in_other_languages(rows: Sequence[Row]) -> None:
    said = " ".join(row.question for row in rows).lower()
    assert all(word not in said for word in ("see also", "where it is kept", "zweig", "mill documentation"))


def test_they_are_a_share_of_the_rows_and_the_same_each_time(guide: Path, write_data: WriteData) -> None:
    training = ReaderTraining(held_out=0.0, records=0.0, seed=3, from_documents=0.25)
    data = load_reader_data([write_data()], training, words_alone=False, documents=read(guide))
    shown = data.shown()[DOCUMENTS]
    assert shown["share_of_rows"] == pytest.approx(0.25)
    assert shown["training"] == data.asked_of_documents > 5
    assert Mixture(data.sources, 40, training).rows(2) == Mixture(data.sources, 40, training).rows(2)
    assert data.recorded()[DOCUMENTS] == read(guide).sha256


def test_documents_that_cannot_be_learned_from_are_said(tmp_path: Path, write_data: WriteData) -> None:
    data = write_data()
    with pytest.raises(UsageError, match=r"no such file or folder.*nowhere"):
        read(tmp_path / "nowhere")
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "broken.pdf").write_bytes(b"%PDF nothing")
    with pytest.raises(UsageError, match=r"No document can be read.*documents"):
        read(folder)
    (folder / "plain.txt").write_text("It is written in one piece, and the whole of it has no heading at all.")
    with pytest.raises(UsageError, match=r"The documents ask nothing.*1 documents.*headings"):
        load_reader_data([data], ReaderTraining(), words_alone=False, documents=read(folder))


def test_the_command_takes_documents_and_says_what_they_give(
    guide: Path, tmp_path: Path, write_data: WriteData, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("finetune", "check", write_data(), "--reader", "--documents", guide, "--home", tmp_path / "home")
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in (*words, "--model", DEFAULT.name)])
    told = capsys.readouterr()
    assert not end.value.code, told.err
    count = len(DocumentRows(read(guide).documents).items)
    assert f"{DOCUMENTS} (documents): {count} to learn from, 0 held out, 10% of what is shown." in told.out
