"""Documents that were removed and can be put back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import Put
from tests.vectorstore.formats import NEW_IN_FORMAT_4, written_in_format_1
from vectorstore.admin.library import status
from vectorstore.embedded import open_store, repair, verify
from vectorstore.sqlite.schema import DATABASE_FILE
from vectorstore.sqlite.store import SqliteStore
from vectorstore.store import RESTORABLE_FOR
from vectorstore.types import EVERYTHING, Indexing, Scope

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


def test_a_removed_document_is_found_by_no_search_and_comes_back_as_it_was(knowledge: SqliteStore, put: Put) -> None:
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


def test_a_removed_document_can_be_put_back_after_a_repair(knowledge: SqliteStore, put: Put) -> None:
    document = put(knowledge, "a.txt", "amber light")
    soft_delete(knowledge, document)
    repair(knowledge.home, knowledge.embedder)
    assert found(knowledge, "amber") == []
    assert restore(knowledge, document)
    assert found(knowledge, "amber") == [document]


def test_the_same_file_added_again_has_its_former_id_and_is_embedded_no_second_time(
    knowledge: SqliteStore, put: Put
) -> None:
    document = put(knowledge, "a.txt", "amber light")
    soft_delete(knowledge, document)
    assert isinstance(knowledge.embedder, HashEmbedder)
    embedded = knowledge.embedder.embedded
    assert put(knowledge, "a.txt", "amber light") == document
    assert knowledge.embedder.embedded == embedded
    assert found(knowledge, "amber") == [document]
    assert deleted(knowledge) == []


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


def test_documents_are_found_by_words_of_title_and_path_in_any_case(knowledge: SqliteStore, put: Put) -> None:
    put(knowledge, "/eyes/glaukom.txt", "one", title="ÄRZTE am Auge")
    put(knowledge, "/ears/otitis.txt", "two", collection="public", title="Ohren")
    with knowledge.view() as view:

        def titles(*words: str, scope: Scope = EVERYTHING, limit: int | None = None) -> tuple[int, list[str]]:
            total, documents = view.documents(scope, words, limit=limit)
            return total, [document.title for document in documents]

        assert titles() == (2, ["Ohren", "ÄRZTE am Auge"])
        assert titles("ärzte", "eyes") == (1, ["ÄRZTE am Auge"])
        assert titles(scope=Scope(frozenset({"public"}))) == (1, ["Ohren"])
        assert titles(limit=1) == (2, ["Ohren"])
        assert titles("%") == (0, [])


def test_a_notice_belongs_to_the_documents_of_its_collection(knowledge: SqliteStore, put: Put) -> None:
    staff, public = put(knowledge, "a.txt", "one", collection="staff"), put(knowledge, "b.txt", "two")
    with knowledge.change() as change:
        change.set_notice("staff", "For staff only.")
    with knowledge.view() as view:
        assert view.notices([staff, public], EVERYTHING) == ("For staff only.",)
        assert view.notices([public], EVERYTHING) == ()
        assert view.notices([staff], Scope(frozenset({"default"}))) == ()
        listed = {one.name: (one.documents, one.notice) for one in view.collections(EVERYTHING)}
    assert listed == {"default": (1, ""), "staff": (1, "For staff only.")}
