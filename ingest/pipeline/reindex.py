"""A knowledge base indexed anew from its stored text, after the embedding model or the chunking was changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.worker.guard import WorkerSettings
from vectorstore.store import KnowledgeStore, Reindexing
from vectorstore.types import Embedder, Indexing, Span, Vectors, embedding_input

if TYPE_CHECKING:
    from ingest.chunking import Chunker

BATCH_CHUNKS = 512


@dataclass(frozen=True, slots=True)
class _Cut:
    """A content, what of it is to be embedded, and those of the vectors that are known already."""

    content: int
    chunks: tuple[Span, ...]
    texts: tuple[str, ...]
    known: Mapping[str, NDArray[np.float32]]


def reindex(
    knowledge: KnowledgeStore,
    embedder: Embedder,
    worker: WorkerSettings,
    on_progress: Callable[[int, int], None] | None = None,
    *,
    batch_chunks: int = BATCH_CHUNKS,
) -> bool:
    """Cut and embed all documents by ``embedder`` and ``worker``; False if they are already.

    The present index is searched until the new one is complete. Interrupted, the next call goes on from there.
    ``on_progress`` gets the documents' contents that are done, and their total. What has ``batch_chunks`` is embedded
    and stored together.
    """
    reindexing = knowledge.reindexing(Indexing(embedder.fingerprint, worker.chunking))
    if reindexing is None:
        return False
    from ingest.chunking import Chunker  # takes a second to import, and most calls need nothing

    chunker = Chunker(worker.tokenizer_file, worker.token_limit)
    while not reindexing.finish():
        done, total = reindexing.progress()
        for batch in _batches(reindexing, chunker, batch_chunks):
            reindexing.add(_embedded(batch, embedder))
            done += len(batch)
            if on_progress:
                on_progress(done, total)
    return True


def _batches(reindexing: Reindexing, chunker: "Chunker", batch_chunks: int) -> Iterator[list[_Cut]]:
    batch: list[_Cut] = []
    size = 0
    for content in reindexing.waiting():
        stored = reindexing.stored_text(content)
        known = reindexing.known_vectors(content)
        chunks = tuple(chunker.chunks(stored.text, stored.sections, stored.blocks))
        texts = tuple(embedding_input(chunk.heading, stored.text[chunk.start : chunk.end]) for chunk in chunks)
        batch.append(_Cut(content, chunks, texts, known))
        size += len(chunks)
        if size >= batch_chunks:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _embedded(batch: Sequence[_Cut], embedder: Embedder) -> list[tuple[int, Sequence[Span], Vectors]]:
    new = list(dict.fromkeys(text for cut in batch for text in cut.texts if text not in cut.known))
    embedded = dict(zip(new, embedder.embed(new), strict=True)) if new else {}
    made: list[tuple[int, Sequence[Span], Vectors]] = []
    for cut in batch:
        vectors = [cut.known[text] if text in cut.known else embedded[text] for text in cut.texts]
        made.append((cut.content, cut.chunks, np.array(vectors, np.float32)))
    return made
