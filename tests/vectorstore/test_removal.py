"""Soft-deleted documents in the embedded store; what any store does with them is in test_store_contract.py."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import Put
from tests.vectorstore.formats import NEW_IN_FORMAT_4, written_in_format_1
from vectorstore.embedded import open_store, repair, verify
from vectorstore.library import status
from vectorstore.sqlite.schema import DATABASE_FILE
from vectorstore.sqlite.store import SqliteStore
from vectorstore.store import RESTORABLE_FOR
from vectorstore.types import EVERYTHING, Indexing

SETTINGS = Indexing(HashEmbedder().fingerprint, "")


def soft_delete(knowledge: SqliteStore, *documents: int) -> None:
    with knowledge.change() as change:
        for document in documents:
            change.soft_delete(document)


def restore(knowledge: SqliteStore, document: int) -> bool:
    with knowledge.change() as change:
        return change.restore(document)


def deleted(knowledge: SqliteStore) -> list[int]:
    with knowledge.view() as view:
        return [one.id for one in view.soft_deleted(EVERYTHING)]


def found(knowledge: SqliteStore, words: str) -> list[int]:
    return [passage.chunk.document for passage in knowledge.search(words, EVERYTHING)]


def test_a_soft_deleted_document_comes_back_as_it_was_and_all_is_whole(knowledge: SqliteStore, put: Put) -> None:
    document = put(knowledge, "a.txt", "amber light\n\namber dust")
    other = put(knowledge, "b.txt", "birch bark")
    knowledge.compact(force=True)
    before = knowledge.search("amber", EVERYTHING)
    soft_delete(knowledge, document)
    assert found(knowledge, "amber") == [other]
    assert status(knowledge.home, EVERYTHING)["documents"] == status(knowledge.home, EVERYTHING)["contents"] == 1
    assert verify(knowledge.home, SETTINGS) == []
    assert restore(knowledge, document)
    after = knowledge.search("amber", EVERYTHING)
    assert [(p.chunk.document, p.chunk.text, p.score) for p in after] == [
        (p.chunk.document, p.chunk.text, p.score) for p in before
    ]
    assert not restore(knowledge, document)
    assert verify(knowledge.home, SETTINGS) == []


def test_a_soft_deleted_document_can_be_restored_after_a_repair(knowledge: SqliteStore, put: Put) -> None:
    document = put(knowledge, "a.txt", "amber light")
    soft_delete(knowledge, document)
    repair(knowledge.home, knowledge.embedder)
    assert found(knowledge, "amber") == []
    assert restore(knowledge, document)
    assert found(knowledge, "amber") == [document]


def test_a_copy_keeps_the_text_when_the_other_is_removed(knowledge: SqliteStore, put: Put) -> None:
    first, second = put(knowledge, "a.txt", "amber light"), put(knowledge, "b.txt", "amber light")
    soft_delete(knowledge, first)
    assert found(knowledge, "amber") == [second]
    soft_delete(knowledge, second)
    assert found(knowledge, "amber") == []
    assert restore(knowledge, first)
    assert found(knowledge, "amber") == [first]


def test_after_a_week_it_is_gone_for_good_with_its_text(
    knowledge: SqliteStore, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, other = put(knowledge, "a.txt", "amber light"), put(knowledge, "b.txt", "birch bark")
    soft_delete(knowledge, document)
    with knowledge.database.write() as connection:
        long_ago = (datetime.now(UTC) - RESTORABLE_FOR - timedelta(minutes=1)).isoformat()
        connection.execute("UPDATE soft_deleted_documents SET deleted_at = ?", (long_ago,))
    soft_delete(knowledge, other)
    assert deleted(knowledge) == [other]
    with knowledge.database.read() as connection:
        assert connection.execute("SELECT text FROM pages").fetchall() == [("birch bark",)]
    assert not restore(knowledge, document)


def test_a_home_of_the_format_before_is_migrated(tmp_path: Path, knowledge: SqliteStore, put: Put) -> None:
    document = put(knowledge, "a.txt", "amber light")
    knowledge.close()
    written_in_format_1(tmp_path / DATABASE_FILE, without=NEW_IN_FORMAT_4, version=3)
    again = open_store(tmp_path, HashEmbedder())
    assert found(again, "amber") == [document]
    soft_delete(again, document)
    assert restore(again, document)
    again.close()
