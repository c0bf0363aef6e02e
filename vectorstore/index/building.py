"""The dense index of all stored vectors, of the kind that their number calls for, and the search in it."""

from collections.abc import Collection

import faiss
from apsw import Connection

from vectorstore.index.snapshot import Snapshot
from vectorstore.index.versions import EXACT_UP_TO, ChunkIds, build_index, train_codes
from vectorstore.sqlite import catalogue
from vectorstore.types import Vectors

_TRAINING_VECTORS = 8_192

_OVERSAMPLING = 4
"""An inexact index is asked for so many times the chunks, which are then put in order by their own vectors."""


def index_of_all(connection: Connection, dimension: int) -> tuple[faiss.Index, int]:
    """The index, and the largest id of a chunk in it (0 if there is none).

    A few vectors are held as they are and searched exactly. More are read a batch at a time, so that memory is needed
    for their codes only.
    """
    stored, last = connection.execute("SELECT count(*), coalesce(max(chunk_id), 0) FROM vectors").get
    if stored <= EXACT_UP_TO or dimension % 4:  # a code is of four dimensions
        return build_index(*catalogue.load_vectors(connection, dimension)), last
    index = train_codes(catalogue.sample_vectors(connection, dimension, _TRAINING_VECTORS / stored))
    for ids, vectors in catalogue.vector_batches(connection, dimension):
        index.add_with_ids(vectors, ids)
    return index, last


def nearest(
    connection: Connection, snapshot: Snapshot, query: Vectors, k: int, allowed: ChunkIds | None = None
) -> dict[int, float]:
    """As ``snapshot.search``, with exact cosines."""
    if snapshot.is_exact:
        return snapshot.search(query, k, allowed)
    found = cosines(connection, snapshot.search(query, _OVERSAMPLING * k, allowed), query)
    return dict(sorted(found.items(), key=lambda item: -item[1])[:k])


def cosines(connection: Connection, chunks: Collection[int], query: Vectors) -> dict[int, float]:
    """Those of ``query`` (shape ``(1, dimension)``) and the stored ``chunks``, by id."""
    ids, vectors = catalogue.load_vectors_of(connection, chunks, query.shape[1])
    return {int(i): float(cosine) for i, cosine in zip(ids, vectors @ query[0], strict=True)}
