"""The embedding model or the chunking is changed: the old index serves until the new one is complete."""

from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from ingest.chunking import Chunker
from ingest.pipeline import reindex as pipeline
from ingest.pipeline.ingestion import Ingestion
from ingest.readers.base import ReadOptions
from ingest.readers.registry import read_file
from ingest.worker.guard import WorkerSettings
from tests.fakes import HashEmbedder
from tests.ingest.conftest import TOKENIZER, WORKER, Ingest
from tests.ingest.office import EXAMPLES
from tests.soak.folders import HANDBOOK
from vectorstore.embedded import open_store, verify
from vectorstore.errors import IndexingMismatch
from vectorstore.library import remove
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import EVERYTHING, FileState, Indexing, Vectors, embedding_input

OTHER = HashEmbedder("other", dimension=32)
SMALLER = WorkerSettings(TOKENIZER, 64)
FILES = 6


class Interrupted(HashEmbedder):
    """The other model, until it has embedded so many batches; then something happens."""

    def __init__(self, batches: int) -> None:
        super().__init__("other", dimension=32)
        self._batches = batches

    def embed(self, texts: list[str]) -> Vectors:
        if self._batches == 0:
            self.happens()
        self._batches -= 1
        return super().embed(texts)

    def happens(self) -> None:
        raise KeyboardInterrupt


reindex = partial(pipeline.reindex, batch_chunks=1)


@pytest.fixture
def stored(knowledge: SqliteStore, folder: Path, ingest: Ingest) -> list[Path]:
    """Files of several paragraphs, each with words of its own."""
    paths = [folder / f"{number}.md" for number in range(FILES)]
    for number, path in enumerate(paths):
        sentences = " ".join(f"Sentence {line} of chapter {number} speaks about topic{number}." for line in range(40))
        path.write_text(f"# Chapter {number}\n\n{sentences}\n\n## Notes\n\n{sentences}\n")
    ingest(paths)
    return paths


def open_model(name: str) -> HashEmbedder:
    return {"other": OTHER, "hash": HashEmbedder()}[name]


def found(knowledge: SqliteStore) -> list[str]:
    """The file that each of the topics is found in."""
    return [Path(knowledge.search(f"topic{number}", EVERYTHING)[0].chunk.path).name for number in range(FILES)]


def chunks(home: Path, embedder: HashEmbedder) -> list[tuple[str, int, int, str]]:
    with closing(SqliteStore(home, embedder)) as knowledge, knowledge.database.read() as connection:
        rows = connection.execute(
            "SELECT path, start, end, heading FROM chunks JOIN documents USING (content_id) ORDER BY path, start"
        )
        return [(str(path), int(start), int(end), str(heading)) for path, start, end, heading in rows]


def test_documents_indexed_by_another_model_are_found_by_it_and_by_a_desk_that_runs(
    knowledge: SqliteStore, stored: list[Path], ingest: Ingest
) -> None:
    everything = [path.name for path in stored]
    running = open_store(knowledge.home, HashEmbedder(), open_model)
    assert found(running) == everything
    seen: list[tuple[int, int]] = []
    assert reindex(knowledge, OTHER, WORKER, lambda done, total: seen.append((done, total)))
    assert seen == [(number, FILES) for number in range(1, FILES + 1)]
    assert found(running) == everything
    assert running.embedder is OTHER
    running.close()
    assert verify(knowledge.home, Indexing(OTHER.fingerprint, WORKER.chunking)) == []
    with pytest.raises(IndexingMismatch, match="other@32"):
        ingest([_changed(stored[0])])
    with closing(open_store(knowledge.home, OTHER)) as after:
        assert {outcome.status for outcome in Ingestion(after, WORKER, "default").run(stored[1:])} == {"unchanged"}
    assert not reindex(knowledge, OTHER, WORKER)


def test_the_old_index_serves_until_the_new_one_is_complete_and_an_interruption_costs_one_batch(
    knowledge: SqliteStore, stored: list[Path]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        reindex(knowledge, Interrupted(4), WORKER)
    assert found(knowledge) == [path.name for path in stored]
    with closing(open_store(knowledge.home, OTHER, open_model)) as with_new_settings:
        assert found(with_new_settings) == [path.name for path in stored]
        assert with_new_settings.embedder.fingerprint == HashEmbedder().fingerprint
    again = HashEmbedder("other", dimension=32)
    reindex(knowledge, again, WORKER)
    whole = HashEmbedder("other", dimension=32)
    reindex(knowledge, HashEmbedder(), WORKER)
    reindex(knowledge, whole, WORKER)
    assert again.embedded == whole.embedded * 2 // FILES


def test_what_is_added_and_removed_meanwhile_is_in_the_new_index_or_not(
    knowledge: SqliteStore, stored: list[Path], ingest: Ingest
) -> None:
    late = stored[0].with_name("late.md")
    late.write_text("A late document about latecomers.")

    class Disturbed(Interrupted):
        def happens(self) -> None:
            ingest([late])
            remove(knowledge, [str(stored[1]), str(stored[-1])], EVERYTHING)

    reindex(knowledge, Disturbed(3), WORKER)
    with closing(open_store(knowledge.home, OTHER)) as after:
        assert after.search("latecomers", EVERYTHING)[0].chunk.path == str(late)
        assert {Path(passage.chunk.path).name for passage in after.search("topic1", EVERYTHING, limit=50)} == {
            "0.md",
            "2.md",
            "3.md",
            "4.md",
            "late.md",
        }
    assert verify(knowledge.home, Indexing(OTHER.fingerprint, WORKER.chunking)) == []


def test_an_interrupted_change_that_is_taken_back_leaves_nothing_of_it(
    knowledge: SqliteStore, stored: list[Path]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        reindex(knowledge, Interrupted(4), WORKER)
    before = chunks(knowledge.home, HashEmbedder())
    reindex(knowledge, HashEmbedder(), SMALLER)
    reindex(knowledge, HashEmbedder(), WORKER)
    assert chunks(knowledge.home, HashEmbedder()) == before
    assert found(knowledge) == [path.name for path in stored]


@pytest.mark.slow
def test_another_chunking_is_that_of_a_new_knowledge_base_and_embeds_no_text_twice(
    knowledge: SqliteStore, stored: list[Path], tmp_path: Path
) -> None:
    embedder = HashEmbedder()
    reindex(knowledge, embedder, SMALLER)
    clean = open_store(tmp_path / "clean", HashEmbedder())
    Ingestion(clean, SMALLER, "default").run(stored)
    clean.close()
    assert chunks(knowledge.home, embedder) == chunks(clean.home, embedder)
    assert found(knowledge) == [path.name for path in stored]
    assert max(end - start for _, start, end, _ in chunks(knowledge.home, embedder)) < 64 * 12
    embedder.embedded = 0
    with pytest.raises(IndexingMismatch, match="indexed anew"):
        Ingestion(knowledge, WORKER, "default").run([_changed(stored[0])])
    reindex(knowledge, embedder, WORKER)
    assert embedder.embedded


def _changed(path: Path) -> Path:
    path.write_text("Something else.")
    return path


def test_a_text_is_cut_again_as_it_was_cut_before(
    knowledge: SqliteStore, folder: Path, subtests: pytest.Subtests
) -> None:
    for suffix, data in EXAMPLES.items():
        (folder / f"example{suffix}").write_bytes(data)
    chunker = Chunker(TOKENIZER, 64)
    for path in [*sorted(folder.iterdir()), *sorted(HANDBOOK.iterdir())]:
        with subtests.test(path.name):
            parsed = chunker.cut(read_file(path, path.read_bytes(), ReadOptions()))
            texts = [embedding_input(chunk.heading, parsed.text[chunk.start : chunk.end]) for chunk in parsed.chunks]
            vectors = knowledge.embedder.embed(texts)
            with knowledge.change() as change:
                content = change.add_content(path.name, "test", parsed, vectors, knowledge.embedder.fingerprint)
                change.put_document("default", str(path), path.name, content, FileState(0, 0))
            reindexing = knowledge.reindexing(Indexing(OTHER.fingerprint, ""))
            assert reindexing
            stored = reindexing.stored_text(content)
            assert stored.text == parsed.text
            assert tuple(chunker.chunks(stored.text, stored.sections, stored.blocks)) == parsed.chunks
