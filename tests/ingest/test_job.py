import json
import os
import signal
import sys
from pathlib import Path
from typing import Never

import pytest

from ingest.limits import Limits
from ingest.pipeline.ingestion import Ingestion, OpenParser
from ingest.pipeline.outcomes import Outcome, Progress, summary
from ingest.readers.base import Refused
from ingest.sources.files import NotFound, find_files
from ingest.sources.mapping import load_mapping
from ingest.worker.guard import ParseWorker, WorkerSettings
from tests.fakes import HashEmbedder
from tests.ingest.conftest import LIMIT, TOKENIZER, Ingest
from vectorstore.errors import UsageError
from vectorstore.library import show, status
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import EVERYTHING


def embedded(knowledge: SqliteStore) -> int:
    embedder = knowledge.embedder
    assert isinstance(embedder, HashEmbedder)
    return embedder.embedded


def found(knowledge: SqliteStore, query: str) -> str:
    return Path(knowledge.search(query, EVERYTHING)[0].chunk.path).name


def test_every_file_has_one_outcome_and_bad_neighbours_do_no_harm(
    folder: Path, knowledge: SqliteStore, ingest: Ingest
) -> None:
    (folder / "good.md").write_text("# Glaucoma\n\nIt damages the optic nerve.")
    (folder / "empty.txt").write_text("")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    (folder / "program.exe").write_bytes(b"MZ")
    (folder / "sub").mkdir()
    (folder / "sub" / "more.txt").write_text("Osteoporosis weakens bones.")
    (folder / ".hidden.txt").write_text("not for reading")
    outcomes = {Path(outcome.path).name: outcome for outcome in ingest(find_files([folder]))}
    assert {name: outcome.reason for name, outcome in outcomes.items() if outcome.status == "refused"} == {
        "empty.txt": "empty",
        "broken.pdf": "damaged",
        "program.exe": "unsupported",
    }
    assert outcomes["good.md"].status == outcomes["more.txt"].status == "indexed"
    assert ".hidden.txt" not in outcomes
    assert found(knowledge, "optic nerve") == "good.md"
    assert found(knowledge, "weakens bones") == "more.txt"


def test_a_refused_file_is_read_again_only_when_it_or_a_limit_has_changed(
    folder: Path, knowledge: SqliteStore, ingest: Ingest
) -> None:
    def no_process(_: WorkerSettings) -> Never:
        raise ProcessLookupError

    path = folder / "a.csv"
    path.write_text("only a header")
    first = ingest([path])
    assert ingest([path], open_parser=no_process) == first
    with pytest.raises(ProcessLookupError):
        ingest([path], timeout=10, open_parser=no_process)
    path.write_text("item,price\nlamp,12")
    assert summary(ingest([path])) == {"indexed": 1, "unchanged": 0, "refused": 0}
    with knowledge.view() as view:
        assert view.refusals(EVERYTHING) == {}


@pytest.mark.slow
@pytest.mark.parametrize("limit", [{"timeout_seconds": 0.2}, {"total_seconds": 0.2}])
def test_a_file_that_took_too_long_is_read_again_only_when_a_limit_allows_more(
    folder: Path, knowledge: SqliteStore, limit: dict[str, float]
) -> None:
    def ingested(limits: Limits, open_parser: OpenParser = ParseWorker) -> list[Outcome]:
        settings = WorkerSettings(TOKENIZER, LIMIT, limits)
        return Ingestion(knowledge, settings, "default", open_parser=open_parser).run(find_files([folder]))

    def no_process(_: WorkerSettings) -> Never:
        raise ProcessLookupError

    (folder / "slow.xml").write_text("<a>" + "<b>x</b>" * 400_000 + "</a>")
    (refused,) = ingested(Limits(**limit))
    assert refused.reason == "timeout"
    assert f"ingest.{next(iter(limit))}" in refused.detail
    assert ingested(Limits(**limit), no_process) == [refused]
    with pytest.raises(ProcessLookupError):
        ingested(Limits(total_seconds=7000), no_process)


def test_unchanged_files_are_not_embedded_again(folder: Path, knowledge: SqliteStore, ingest: Ingest) -> None:
    files = [folder / f"{i}.txt" for i in range(3)]
    for i, path in enumerate(files):
        path.write_text(f"Document {i} speaks of subject{i}.")
    assert summary(ingest(files)) == {"indexed": 3, "unchanged": 0, "refused": 0}
    before = embedded(knowledge)
    assert summary(ingest(files)) == {"indexed": 0, "unchanged": 3, "refused": 0}
    os.utime(files[0], ns=(1, 1))  # touched, but the same
    assert summary(ingest(files)) == {"indexed": 0, "unchanged": 3, "refused": 0}
    assert embedded(knowledge) == before


def test_a_changed_file_replaces_what_it_said(folder: Path, knowledge: SqliteStore, ingest: Ingest) -> None:
    path = folder / "a.txt"
    path.write_text("The office opens at nine.")
    (first,) = ingest([path])
    path.write_text("The office opens at ten o'clock.")
    (second,) = ingest([path])
    assert second.document == first.document
    assert [passage.chunk.text for passage in knowledge.search("office opens", EVERYTHING)] == [
        "The office opens at ten o'clock."
    ]


def test_a_copy_is_a_document_of_its_own_but_stored_once(folder: Path, knowledge: SqliteStore, ingest: Ingest) -> None:
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text("The very same words in two files.")
        ingest([folder / name])
    ingest([folder / "a.txt"], collection="other")
    assert (status(knowledge.home, EVERYTHING)["documents"], status(knowledge.home, EVERYTHING)["contents"]) == (3, 1)
    with knowledge.view() as view:
        assert {document.title for document in view.documents(EVERYTHING)[1]} == {"a", "b"}


def test_citations_of_a_chunk_hold_in_the_stored_text(folder: Path, knowledge: SqliteStore, ingest: Ingest) -> None:
    (folder / "a.html").write_text(
        "<h1>One</h1><p>" + "A sentence of text. " * 200 + "</p><h2>Two</h2><p>The end of it.</p>"
    )
    ingest([folder / "a.html"])
    for passage in knowledge.search("sentence text end", EVERYTHING, limit=50):
        chunk = passage.chunk
        _, pages = show(knowledge, str(chunk.document), EVERYTHING)
        assert "".join(page.text for page in pages)[chunk.start : chunk.end] == chunk.text


def test_progress_counts_every_file(folder: Path, knowledge: SqliteStore) -> None:
    for i in range(200):
        (folder / f"{i}.txt").write_text(f"Short text {i}." if i % 7 else "")
    seen: list[Progress] = []
    job = Ingestion(knowledge, WorkerSettings(TOKENIZER, LIMIT), "default", on_progress=seen.append)
    job.run(find_files([folder]))
    assert [progress.files_done for progress in seen] == sorted(progress.files_done for progress in seen)
    assert (seen[-1].files_done, seen[-1].files_total) == (200, 200)
    assert len(seen) > 1


def test_a_mapping_file_in_words_of_its_own(folder: Path, knowledge: SqliteStore, ingest: Ingest) -> None:
    (folder / "faq.csv").write_text("q,a,team\nHow do I park?,Behind the house.,facilities\n")
    (folder / "mapping.toml").write_text('format = "csv"\nheading = "q"\ntext = ["a"]\n[metadata]\nteam = "team"\n')
    ingest([folder / "faq.csv"], mappings=[load_mapping(folder / "mapping.toml")])
    chunk = knowledge.search("park", EVERYTHING)[0].chunk
    assert (chunk.heading, chunk.text) == ("faq > How do I park?", "Behind the house.")


@pytest.mark.parametrize(
    ("content", "message"), [("format = ", "not valid TOML"), ('format = "xml"\ntext = ["a"]\nrekord = "x"', "rekord")]
)
def test_a_wrong_mapping_file_is_named(folder: Path, content: str, message: str) -> None:
    (folder / "m.toml").write_text(content)
    with pytest.raises(UsageError, match=rf"m\.toml.*{message}|{message}.*m\.toml"):
        load_mapping(folder / "m.toml")


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_refused_and_the_next_one_read(folder: Path) -> None:
    (folder / "slow.xml").write_text("<a>" + "<b>x</b>" * 400_000 + "</a>")
    (folder / "fine.txt").write_text("Fine text.")
    with ParseWorker(WorkerSettings(TOKENIZER, LIMIT, Limits(timeout_seconds=0.2))) as worker:
        with pytest.raises(Refused) as refusal:
            worker.parse(folder / "slow.xml", [])
        assert refusal.value.reason == "timeout"
    with ParseWorker(WorkerSettings(TOKENIZER, LIMIT)) as worker:
        assert worker.parse(folder / "fine.txt", []).document.text.strip() == "Fine text."


@pytest.mark.slow
def test_reading_without_end_ends_by_itself_when_nobody_watches_it(folder: Path) -> None:
    os.mkfifo(folder / "endless.txt")
    with ParseWorker(WorkerSettings(TOKENIZER, LIMIT, Limits(timeout_seconds=0.1))) as worker:
        process = worker.start()
        assert process.stdin
        process.stdin.write(json.dumps({"path": str(folder / "endless.txt"), "mappings": []}).encode() + b"\n")
        process.stdin.flush()
        assert process.wait(60) == -signal.SIGALRM


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory")
def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_one_read(folder: Path) -> None:
    (folder / "huge.html").write_bytes(b"<p>x</p>" * 4_000_000)
    (folder / "fine.txt").write_text("Fine text.")
    held = bytes(range(256)) * 8_000_000  # the size of the process that starts the worker must not count
    with ParseWorker(WorkerSettings(TOKENIZER, LIMIT, Limits(timeout_seconds=60, memory_mb=256))) as worker:
        del held
        with pytest.raises(Refused) as refusal:
            worker.parse(folder / "huge.html", [])
        assert refusal.value.reason in {"out of memory", "damaged"}
        assert worker.parse(folder / "fine.txt", []).document.text.strip() == "Fine text."


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("private")
    (folder / "link.txt").symlink_to(outside)
    (folder / "own.txt").write_text("mine")
    (folder / "alias.txt").symlink_to(folder / "own.txt")
    assert find_files([folder]) == [folder / "own.txt"]


def test_links_that_lead_nowhere_or_in_a_circle_are_named_and_the_others_read(folder: Path, ingest: Ingest) -> None:
    (folder / "own.txt").write_text("mine")
    (folder / "dangling.txt").symlink_to(folder / "gone.txt")
    (folder / "one.txt").symlink_to(folder / "two.txt")
    (folder / "two.txt").symlink_to(folder / "one.txt")
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to(folder)
    not_found: list[NotFound] = []
    assert find_files([folder], not_found.append) == [folder / "own.txt"]
    assert {one.path.name: one.detail.split(".")[0] for one in not_found} == {
        "dangling.txt": "The link leads to a file that is not there",
        "one.txt": "The link leads in a circle",
        "two.txt": "The link leads in a circle",
        "up": "The link leads back to a folder that it lies in",
    }
    outcomes = ingest(find_files([folder]), not_found=not_found)
    assert [outcome.status for outcome in outcomes] == ["indexed", *["refused"] * 4]


def test_a_path_that_does_not_exist_is_a_wrong_call(folder: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        find_files([folder / "nowhere"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(folder: Path, ingest: Ingest) -> None:
    path = folder / "a.txt"
    path.write_text("text")
    path.chmod(0)
    assert ingest([path])[0].reason == "unreadable"
