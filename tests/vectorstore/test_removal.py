"""Documents that were removed and can be put back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import Put
from tests.vectorstore.formats import NEW_IN_FORMAT_4, written_in_format_1
from vectorstore.admin.library import DATABASE_FILE, status
from vectorstore.admin.verification import repair, verify
from vectorstore.sqlite import catalogue
from vectorstore.sqlite.knowledge import KEPT_AFTER_REMOVAL, KnowledgeBase
from vectorstore.types import Indexing

SETTINGS = Indexing(HashEmbedder().fingerprint, "")


def remove(knowledge: KnowledgeBase, *documents: int) -> None:
    with knowledge.change() as connection:
        for document in documents:
            catalogue.remove_document(connection, document, can_be_put_back=True)


def put_back(knowledge: KnowledgeBase, document: int) -> bool:
    with knowledge.change() as connection:
        return catalogue.put_back(connection, document)


def found(knowledge: KnowledgeBase, words: str) -> list[int]:
    return [passage.chunk.document for passage in knowledge.search(words)]


def test_a_removed_document_is_found_by_no_search_and_comes_back_as_it_was(knowledge: KnowledgeBase, put: Put) -> None:
    document = put(knowledge, "a.txt", "amber light\n\namber dust")
    other = put(knowledge, "b.txt", "birch bark")
    knowledge.fold(force=True)
    before = knowledge.search("amber")
    remove(knowledge, document)
    assert found(knowledge, "amber") == [other]
    assert status(knowledge.home)["documents"] == status(knowledge.home)["contents"] == 1
    assert verify(knowledge.home, SETTINGS) == []
    assert put_back(knowledge, document)
    after = knowledge.search("amber")
    assert [(p.chunk.document, p.chunk.text, p.score) for p in after] == [
        (p.chunk.document, p.chunk.text, p.score) for p in before
    ]
    assert not put_back(knowledge, document)
    assert verify(knowledge.home, SETTINGS) == []


def test_a_removed_document_can_be_put_back_after_a_repair(knowledge: KnowledgeBase, put: Put) -> None:
    document = put(knowledge, "a.txt", "amber light")
    remove(knowledge, document)
    repair(knowledge.home, knowledge.embedder)
    assert found(knowledge, "amber") == []
    assert put_back(knowledge, document)
    assert found(knowledge, "amber") == [document]


def test_the_same_file_added_again_has_its_former_id_and_is_embedded_no_second_time(
    knowledge: KnowledgeBase, put: Put
) -> None:
    document = put(knowledge, "a.txt", "amber light")
    remove(knowledge, document)
    assert isinstance(knowledge.embedder, HashEmbedder)
    embedded = knowledge.embedder.embedded
    assert put(knowledge, "a.txt", "amber light") == document
    assert knowledge.embedder.embedded == embedded
    assert found(knowledge, "amber") == [document]
    with knowledge.database.read() as connection:
        assert catalogue.removed_documents(connection) == []


def test_a_copy_keeps_the_text_when_the_other_is_removed(knowledge: KnowledgeBase, put: Put) -> None:
    first, second = put(knowledge, "a.txt", "amber light"), put(knowledge, "b.txt", "amber light")
    remove(knowledge, first)
    assert found(knowledge, "amber") == [second]
    remove(knowledge, second)
    assert found(knowledge, "amber") == []
    assert put_back(knowledge, first)
    assert found(knowledge, "amber") == [first]


def test_after_a_week_it_is_gone_for_good_with_its_text(
    knowledge: KnowledgeBase, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, other = put(knowledge, "a.txt", "amber light"), put(knowledge, "b.txt", "birch bark")
    remove(knowledge, document)
    with knowledge.database.write() as connection:
        long_ago = (datetime.now(UTC) - KEPT_AFTER_REMOVAL - timedelta(minutes=1)).isoformat()
        connection.execute("UPDATE removed_documents SET removed_at = ?", (long_ago,))
    remove(knowledge, other)
    with knowledge.database.read() as connection:
        assert [one.id for one in catalogue.removed_documents(connection)] == [other]
        assert connection.execute("SELECT text FROM pages").fetchall() == [("birch bark",)]
    assert not put_back(knowledge, document)


def test_a_home_of_the_format_before_is_migrated(tmp_path: Path, knowledge: KnowledgeBase, put: Put) -> None:
    document = put(knowledge, "a.txt", "amber light")
    knowledge.close()
    written_in_format_1(tmp_path / DATABASE_FILE, without=NEW_IN_FORMAT_4, version=3)
    again = KnowledgeBase(tmp_path, HashEmbedder())
    assert found(again, "amber") == [document]
    remove(again, document)
    assert put_back(again, document)
    again.close()


def test_documents_are_found_by_words_of_title_and_path_in_any_case(knowledge: KnowledgeBase, put: Put) -> None:
    put(knowledge, "/eyes/glaukom.txt", "one", title="ÄRZTE am Auge")
    put(knowledge, "/ears/otitis.txt", "two", collection="public", title="Ohren")
    with knowledge.database.read() as connection:

        def titles(*words: str, collection: str | None = None, limit: int = -1) -> tuple[int, list[str]]:
            total, documents = catalogue.find_documents(connection, words, collection, limit)
            return total, [document.title for document in documents]

        assert titles() == (2, ["Ohren", "ÄRZTE am Auge"])
        assert titles("ärzte", "eyes") == (1, ["ÄRZTE am Auge"])
        assert titles(collection="public") == (1, ["Ohren"])
        assert titles(limit=1) == (2, ["Ohren"])
        assert titles("%") == (0, [])


def test_a_notice_belongs_to_the_documents_of_its_collection(knowledge: KnowledgeBase, put: Put) -> None:
    staff, public = put(knowledge, "a.txt", "one", collection="staff"), put(knowledge, "b.txt", "two")
    with knowledge.change() as connection:
        catalogue.set_notice(connection, "staff", "For staff only.")
    with knowledge.database.read() as connection:
        assert catalogue.notices_of(connection, [staff, public]) == ("For staff only.",)
        assert catalogue.notices_of(connection, [public]) == ()
        listed = {one.name: (one.documents, one.notice) for one in catalogue.list_collections(connection)}
    assert listed == {"default": (1, ""), "staff": (1, "For staff only.")}
