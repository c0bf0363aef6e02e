"""A knowledge base indexed anew from its stored text, after the embedding model or the chunking was changed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.worker.guard import WorkerSettings
from vectorstore.admin import reindexing
from vectorstore.admin.library import open_database
from vectorstore.index.versions import drop_generations, other_generations
from vectorstore.sqlite import catalogue
from vectorstore.sqlite.database import Database
from vectorstore.sqlite.knowledge import GENERATIONS_FOLDER
from vectorstore.types import Embedder, Indexing, Span, Vectors, embedding_input

if TYPE_CHECKING:
    from ingest.chunking import Chunker

_BATCH_CHUNKS = 512


@dataclass(frozen=True, slots=True)
class _Cut:
    """A content, what of it is to be embedded, and those of the vectors that are known already."""

    content: int
    chunks: tuple[Span, ...]
    texts: tuple[str, ...]
    known: dict[str, Vectors]


def reindex(
    home: Path, embedder: Embedder, worker: WorkerSettings, on_progress: Callable[[int, int], None] | None = None
) -> bool:
    """Cut and embed all documents by ``embedder`` and ``worker``; False if they are already.

    The present index is searched until the new one is complete. Interrupted, the next call goes on from there.
    ``on_progress`` gets the documents' contents that are done, and their total.
    """
    target = Indexing(embedder.fingerprint, worker.chunking)
    with closing(open_database(home)) as database:
        with database.read() as connection:
            if not reindexing.differs(connection, target):
                return False
        from ingest.chunking import Chunker  # takes a second to import, and most calls need nothing

        chunker = Chunker(worker.tokenizer_file, worker.token_limit)
        generations = home / GENERATIONS_FOLDER
        unused: list[str] = []
        while True:
            with database.write() as connection:
                if not reindexing.differs(connection, target):  # another process has finished it
                    break
                reindexing.begin(connection, target)
                waiting = reindexing.unfinished(connection)
                if not waiting:
                    name = reindexing.swap(connection, generations, target, embedder.dimension)
                    unused = other_generations(generations, name)
                    break
                done, total = reindexing.progress(connection)
            for batch in _batches(database, waiting, chunker, embedder):
                _store(database, target, batch, embedder)
                done += len(batch)
                if on_progress:
                    on_progress(done, total)
    drop_generations(generations, unused)
    return True


def _batches(
    database: Database, contents: Sequence[int], chunker: "Chunker", embedder: Embedder
) -> Iterator[list[_Cut]]:
    batch: list[_Cut] = []
    size = 0
    for content in contents:
        with database.read() as connection:
            text, sections = reindexing.text_and_sections(connection, content)
            same_model = catalogue.get_meta(connection)["embedding"] == embedder.fingerprint
            known = catalogue.embedded_texts(connection, content, embedder.dimension) if same_model else {}
        chunks = tuple(chunker.chunks(text, sections))
        texts = tuple(embedding_input(chunk.heading, text[chunk.start : chunk.end]) for chunk in chunks)
        batch.append(_Cut(content, chunks, texts, known))
        size += len(chunks)
        if size >= _BATCH_CHUNKS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _store(database: Database, target: Indexing, batch: Sequence[_Cut], embedder: Embedder) -> None:
    new = list(dict.fromkeys(text for cut in batch for text in cut.texts if text not in cut.known))
    embedded = dict(zip(new, embedder.embed(new), strict=True)) if new else {}
    with database.write() as connection:
        reindexing.begin(connection, target)
        for cut in batch:
            vectors = [cut.known[text] if text in cut.known else embedded[text] for text in cut.texts]
            reindexing.add(connection, cut.content, cut.chunks, np.array(vectors, np.float32))
