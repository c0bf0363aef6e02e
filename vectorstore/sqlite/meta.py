"""What the file says of itself: its publication, the index version that belongs to it, and what indexed it.

Functions take the connection of a running transaction, as all below ``vectorstore.sqlite``, so that a caller decides
what belongs together; ``vectorstore.sqlite.database`` explains the ``Damage`` that rows raise if they are damaged.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from apsw import Connection

from vectorstore.errors import IndexingMismatch
from vectorstore.index.types import IndexVersion
from vectorstore.sqlite.database import Damage
from vectorstore.types import Indexing

_NUMBERS = frozenset({"publication", "high_water"})
_NEEDED = _NUMBERS | {"index_version", "index_sha256"}
"""The entries that every knowledge base has from its creation."""


def get_meta(connection: Connection) -> dict[str, str]:
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    if lost := _NEEDED - meta.keys():
        raise Damage(f"its entry {min(lost)} is gone")
    if not all(str(meta[name]).isdecimal() for name in _NUMBERS):
        raise Damage("the number of its publication is none")
    return meta


def set_meta(connection: Connection, values: Mapping[str, str]) -> None:
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())


def index_version(meta: Mapping[str, str]) -> IndexVersion:
    return IndexVersion(meta["index_version"], meta["index_sha256"], int(meta["high_water"]))


def set_index_version(connection: Connection, version: IndexVersion) -> None:
    named = {"index_version": version.name, "index_sha256": version.sha256, "high_water": str(version.high_water)}
    set_meta(connection, named)


def indexing(meta: Mapping[str, str]) -> Indexing:
    return Indexing(meta.get("embedding", ""), meta.get("chunking", ""))


def advance_publication(connection: Connection) -> None:
    """Make every process look again; ``publish`` also says that the documents have changed."""
    connection.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'publication'")


def publish(connection: Connection) -> None:
    """Announce that what a search can find has changed; every process sees it when the transaction commits."""
    advance_publication(connection)
    set_meta(connection, {"changed_at": now()})


def require_chunking(connection: Connection, chunking: str) -> None:
    stored = get_meta(connection).get("chunking")
    if stored is None:
        set_meta(connection, {"chunking": chunking})
    elif stored != chunking:
        raise IndexingMismatch(
            f"The documents are cut by {stored} (tokens and tokenizer), and now were to be cut by {chunking}",
            where="ingest.chunk_tokens",
            remedy="Start again: the documents are then indexed anew.",
        )


def require_embedding(connection: Connection, embedding: str) -> None:
    stored = get_meta(connection).get("embedding")
    if stored is None:
        set_meta(connection, {"embedding": embedding})
    elif stored != embedding:
        raise other_embedding(stored, embedding)


def other_embedding(stored: str, wanted: str) -> IndexingMismatch:
    return IndexingMismatch(
        f"The knowledge base was embedded with {stored}, the settings now say {wanted}",
        where="embedding.model",
        remedy="Run `refdesk verify --repair` to embed it again, or set the former model.",
    )


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
