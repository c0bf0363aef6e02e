"""What any knowledge base must do: the embedded one, and the one in memory."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import HashEmbedder
from tests.vectorstore.conftest import put_text, put_text_in
from tests.vectorstore.memory_store import MemoryStore
from vectorstore.embedded import open_store
from vectorstore.errors import IndexingMismatch, StoreError
from vectorstore.store import KnowledgeStore
from vectorstore.types import (
    EVERYTHING,
    Block,
    BlockKind,
    FileState,
    Indexing,
    Page,
    ParsedDocument,
    Refusal,
    Scope,
    Span,
    Unit,
)

OTHER = HashEmbedder("other", dimension=32)
MODELS = {"hash": HashEmbedder(), "other": OTHER}
STAFF, PUBLIC = Scope(frozenset({"staff"})), Scope(frozenset({"public"}))
NOTHING = Scope(frozenset())


STORES: dict[str, Callable[[Path], KnowledgeStore]] = {
    "sqlite": lambda home: open_store(home, HashEmbedder(), MODELS.__getitem__),
    "memory": lambda _: MemoryStore(HashEmbedder(), MODELS.__getitem__),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KnowledgeStore]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def both(store: KnowledgeStore) -> dict[str, int]:
    """A document of the staff's and one of the public's, and their ids."""
    return {
        "staff": put_text(store, "/staff/safe.txt", "The safe opens with a code.", "staff", "Where is the safe?"),
        "public": put_text(store, "/public/hours.txt", "The office opens at nine.", "public", "Hours"),
    }


def paths(store: KnowledgeStore, query: str, scope: Scope = EVERYTHING) -> list[str]:
    return [passage.chunk.path for passage in store.search(query, scope)]


def test_a_passage_stands_in_the_stored_text_where_it_says(store: KnowledgeStore) -> None:
    put_text(store, "eyes.txt", "Cats sleep a lot.\n\nGlaucoma damages the optic nerve.", title="Eyes")
    put_text(store, "bones.txt", "Osteoporosis makes bones weak.")
    passage = store.search("what damages the optic nerve", EVERYTHING)[0]
    chunk = passage.chunk
    assert (chunk.text, chunk.heading, chunk.opens) == ("Glaucoma damages the optic nerve.", "Eyes", False)
    assert 0 <= passage.score <= 1
    assert passage.lexical > 0
    with store.view() as view:
        (page,) = view.pages(chunk.document, EVERYTHING)
        assert page.text[chunk.start : chunk.end] == chunk.text
        assert view.passage_with(chunk.document, "optic nerve", EVERYTHING) == chunk.text
        assert view.heading_at(chunk.document, chunk.start, EVERYTHING) == "Eyes"
        assert [one.text for one in view.chunks(chunk.document, EVERYTHING)] == ["Cats sleep a lot.", chunk.text]


def test_what_is_not_in_scope_does_not_exist_for_any_read(store: KnowledgeStore, both: dict[str, int]) -> None:
    secret = both["staff"]
    with store.change() as change:
        change.set_notice("staff", "For staff only.")
        change.put_refusals("staff", [Refusal("/staff/bad.pdf", FileState(1, 2), "pdf", "damaged", "It is damaged.")])
        change.soft_delete(put_text_in(change, store.embedder, "/staff/old.txt", "An old code.", "staff"))
    only_public = Scope(documents=frozenset({both["public"]}))
    with store.view() as view:
        for scope in (PUBLIC, only_public):
            assert [one.chunk.path for one in view.search("safe opens code", scope)] == ["/public/hours.txt"]
            assert view.count(scope) == 1
            assert view.frequencies(["safe", "opens"], scope) == {"safe": 0, "opens": 1}
            assert not view.holds_form("safe", scope)
            assert view.document(secret, scope) is None
            assert [one.path for one in view.documents(scope)[1]] == ["/public/hours.txt"]
            assert view.documents_at("/staff/safe.txt", scope) == []
            assert view.pages(secret, scope) == ()
            assert view.blocks(secret, scope) == ()
            assert view.chunks(secret, scope) == []
            assert view.passage_with(secret, "safe", scope) is None
            assert view.heading_at(secret, 0, scope) == ""
            assert view.questions(scope) == []
            assert [one.name for one in view.collections(scope)] == ["public"]
            assert view.totals(scope).documents == view.totals(scope).chunks == 1
            assert view.refusals(scope) == {}
            assert view.soft_deleted(scope) == []
            assert view.notices([secret], scope) == ()
        assert view.search("safe opens code", NOTHING) == []
        assert view.count(NOTHING) == view.totals(NOTHING).contents == 0
        assert view.count(STAFF) == 1
        assert view.frequencies(["safe"], STAFF) == {"safe": 1}
        assert view.questions(STAFF) == [("Where is the safe?", secret)]
        assert [one.path for one in view.refusals(STAFF)["staff"]] == ["/staff/bad.pdf"]
        assert [one.path for one in view.soft_deleted(STAFF)] == ["/staff/old.txt"]
        assert view.notices([secret, both["public"]], EVERYTHING) == ("For staff only.",)


def test_the_same_content_under_two_names_is_stored_once_and_found_in_each_scope(store: KnowledgeStore) -> None:
    first = put_text(store, "a/copy.txt", "The very same words.", "staff")
    second = put_text(store, "b/copy.txt", "The very same words.", "public")
    with store.view() as view:
        totals = view.totals(EVERYTHING)
        assert (totals.documents, totals.contents, totals.chunks, view.count(EVERYTHING)) == (2, 1, 1, 1)
    assert paths(store, "same words") == ["a/copy.txt"]
    assert paths(store, "same words", PUBLIC) == ["b/copy.txt"]
    with store.change() as change:
        change.remove_document(first)
    assert paths(store, "same words") == ["b/copy.txt"]
    assert paths(store, "same words", STAFF) == []
    with store.change() as change:
        change.soft_delete(second)
    assert store.count(EVERYTHING) == store.count(PUBLIC) == 0


def test_ids_are_never_used_again(store: KnowledgeStore) -> None:
    first = put_text(store, "a.txt", "Alpha beta.")
    chunk = store.search("alpha", EVERYTHING)[0].chunk.id
    with store.change() as change:
        change.remove_document(first)
    assert put_text(store, "a.txt", "Alpha beta.") > first
    assert store.search("alpha", EVERYTHING)[0].chunk.id > chunk


def test_a_changed_document_keeps_its_id_and_its_former_text_is_gone(store: KnowledgeStore) -> None:
    document = put_text(store, "a.txt", "The old opening hours.", "public")
    assert store.count(PUBLIC) == 1
    assert put_text(store, "a.txt", "We are closed.\n\nFor good.", "public") == document
    assert {one.chunk.text for one in store.search("old opening hours", PUBLIC)} == {"We are closed.", "For good."}
    assert store.count(PUBLIC) == 2
    with store.view() as view:
        assert view.frequencies(["opening"], EVERYTHING) == {"opening": 0}


def test_a_soft_deleted_document_is_found_by_nothing_and_comes_back_as_it_was(store: KnowledgeStore) -> None:
    document, other = put_text(store, "a.txt", "amber light\n\namber dust"), put_text(store, "b.txt", "birch bark")
    before = store.search("amber", EVERYTHING)
    with store.change() as change:
        change.soft_delete(document)
    with store.view() as view:
        assert [one.chunk.document for one in view.search("amber", EVERYTHING)] == [other]
        assert view.document(document, EVERYTHING) is None
        assert [one.id for one in view.soft_deleted(EVERYTHING)] == [document]
        assert view.totals(EVERYTHING).contents == view.count(EVERYTHING) == 1
        assert "a.txt" in view.known_paths()
    with store.change() as change:
        assert change.restore(document)
        assert not change.restore(document)
    after = store.search("amber", EVERYTHING)
    assert [(one.chunk.document, one.chunk.text) for one in after] == [
        (one.chunk.document, one.chunk.text) for one in before
    ]


def test_the_same_file_added_again_restores_the_document_and_embeds_nothing(store: KnowledgeStore) -> None:
    document = put_text(store, "a.txt", "amber light")
    with store.change() as change:
        change.soft_delete(document)
    assert isinstance(store.embedder, HashEmbedder)
    embedded = store.embedder.embedded
    assert put_text(store, "a.txt", "amber light") == document
    assert store.embedder.embedded == embedded
    assert paths(store, "amber") == ["a.txt"]
    with store.view() as view:
        assert view.soft_deleted(EVERYTHING) == []


def test_a_change_that_fails_leaves_no_trace(store: KnowledgeStore, both: dict[str, int]) -> None:
    with store.view() as view:
        before = (view.publication, view.changed_at, view.totals(EVERYTHING))

    def fail_half_way() -> None:
        with store.change() as change:
            change.remove_document(both["staff"])
            change.set_notice("public", "Half done.")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with store.view() as view:
        assert (view.publication, view.changed_at, view.totals(EVERYTHING)) == before
        assert view.notices([both["public"]], EVERYTHING) == ()
    assert len(paths(store, "opens")) == 2


def test_a_view_stays_as_it_is_while_others_publish(store: KnowledgeStore, both: dict[str, int]) -> None:
    store.search("opens", PUBLIC)
    with store.view() as view:
        new = put_text(store, "new.txt", "The gate opens at ten.", "public")
        with store.change() as change:
            change.remove_document(both["public"])
        assert paths(store, "opens", PUBLIC) == ["new.txt"]
        assert [one.chunk.path for one in view.search("opens", PUBLIC)] == ["/public/hours.txt"]
        assert view.count(PUBLIC) == 1
        assert view.frequencies(["gate", "office"], PUBLIC) == {"gate": 0, "office": 1}
        assert view.document(new, EVERYTHING) is None
        assert view.pages(both["public"], EVERYTHING)
    with store.view() as view:
        assert [one.chunk.path for one in view.search("opens", PUBLIC)] == ["new.txt"]


def test_only_what_a_search_can_see_is_a_publication(store: KnowledgeStore, both: dict[str, int]) -> None:
    with store.view() as view:
        before = view.publication
        assert view.changed_at
    with store.change() as change:
        change.touch_document(both["staff"], FileState(1, 2))
        change.put_refusals("staff", [Refusal("bad.pdf", FileState(1, 2), "pdf", "damaged", "")])
        change.set_synced("staff", [Path("/staff")])
        change.drop_refusals("staff", ["bad.pdf"])
    with store.view() as view:
        assert view.publication == before
        assert view.refusals(EVERYTHING) == {}
        known = view.find_file("staff", "/staff/safe.txt")
        assert known
        assert (known.document, known.state) == (both["staff"], FileState(1, 2))
    put_text(store, "new.txt", "New.")
    with store.view() as view:
        assert view.publication > before


def test_words_are_counted_in_any_form_and_told_in_their_own(store: KnowledgeStore) -> None:
    put_text(store, "a.txt", "He wanders.\n\nShe wandered far.\n\nHigh means high.")
    with store.view() as view:
        counts = view.frequencies(["wandering", "high", "low"], EVERYTHING)
        assert counts == {"wandering": 2, "high": 1, "low": 0}
        assert view.holds_form("wandered", EVERYTHING)
        assert not view.holds_form("wandering", EVERYTHING)
        assert view.frequencies(['"', "()", "AND"], EVERYTHING) == {'"': 0, "()": 0, "AND": 0}


def test_a_word_of_several_parts_is_told_by_all_of_them_in_a_row(store: KnowledgeStore) -> None:
    for number in range(60):
        put_text(store, f"{number}.txt", f"Version {number + 3}.{number + 2}.")
    put_text(store, "last.txt", "It needs Python 3.13 and part AB-204.")
    with store.view() as view:
        told = {word: view.holds_form(word, EVERYTHING) for word in ("3.13", "AB-204", "3.14", "AB-13")}
    assert told == {"3.13": True, "AB-204": True, "3.14": False, "AB-13": False}


def test_documents_are_found_by_words_of_title_and_path_in_any_case(store: KnowledgeStore) -> None:
    put_text(store, "/eyes/glaukom.txt", "one", title="ÄRZTE am Auge")
    put_text(store, "/ears/otitis.txt", "two", "public", title="Ohren")
    with store.view() as view:
        found = [
            (total, [one.title for one in listed])
            for total, listed in (
                view.documents(EVERYTHING),
                view.documents(EVERYTHING, ["ärzte", "eyes"]),
                view.documents(PUBLIC),
                view.documents(EVERYTHING, limit=1),
                view.documents(EVERYTHING, ["%"]),
            )
        ]
    assert found == [
        (2, ["Ohren", "ÄRZTE am Auge"]),
        (1, ["ÄRZTE am Auge"]),
        (1, ["Ohren"]),
        (2, ["Ohren"]),
        (0, []),
    ]


def test_a_moved_file_keeps_its_document_and_a_title_that_was_its_name_follows(store: KnowledgeStore) -> None:
    document = put_text(store, "/old/pear.txt", "A pear.", title="pear")
    with store.view() as view:
        (known,) = view.documents_at("/old/pear.txt", EVERYTHING)
    with store.change() as change:
        change.move_document(known, Path("/new/fruit.txt"))
    with store.view() as view:
        moved = view.document(document, EVERYTHING)
        assert moved
        assert (moved.path, moved.title) == ("/new/fruit.txt", "fruit")
        assert view.documents_at("/old/pear.txt", EVERYTHING) == []


def test_collections_say_what_they_hold_and_where_it_comes_from(store: KnowledgeStore, both: dict[str, int]) -> None:
    with store.change() as change:
        change.set_notice("public", "No advice.")
        change.set_synced("public", [Path("/one"), Path("/two")])
        change.remove_document(both["staff"])
    with store.view() as view:
        (public,) = view.collections(EVERYTHING)
    assert (public.name, public.documents, public.notice, public.synced_from) == (
        "public",
        1,
        "No advice.",
        "/one\n/two",
    )
    assert public.size > 0
    assert public.synced_at


def test_vectors_of_another_model_or_chunking_are_refused(store: KnowledgeStore) -> None:
    put_text(store, "a.txt", "Alpha.")
    parsed = ParsedDocument("", (Page(None, 0, "Beta."),), (Unit(0, 5),), (Span(0, 5, ""),))
    with store.change() as change:
        change.require_chunking("200-words")

    def add(embedding: str, chunking: str) -> None:
        with store.change() as change:
            change.require_chunking(chunking)
            change.add_content("beta", "test", parsed, np.zeros((1, 64), np.float32), embedding)

    for embedding, chunking in ((OTHER.fingerprint, "200-words"), (HashEmbedder().fingerprint, "100-words")):
        with pytest.raises(IndexingMismatch):
            add(embedding, chunking)
    with store.view() as view:
        assert view.indexing == Indexing(HashEmbedder().fingerprint, "200-words")
        assert view.find_content("beta", "test") is None


def test_a_content_tells_what_was_embedded_of_it(store: KnowledgeStore) -> None:
    put_text(store, "a.txt", "Alpha.\n\nBeta.", title="Letters")
    with store.view() as view:
        content = view.find_content("Alpha.\n\nBeta.", "test")
        assert content
        assert view.title_of(content) == "Letters"
        texts = view.embedded_texts(content)
    assert list(texts) == ["Letters\nAlpha.", "Letters\nBeta."]
    assert np.allclose(texts["Letters\nBeta."], store.embedder.embed(["Letters\nBeta."])[0])


def test_compaction_changes_nothing_that_is_found(store: KnowledgeStore) -> None:
    documents = [put_text(store, f"{number}.txt", f"This is about subject{number}.", "public") for number in range(20)]
    with store.change() as change:
        change.remove_document(documents[3])
    before = [[one.chunk.id for one in store.search(f"subject{number}", PUBLIC)] for number in range(20)]
    assert not store.compact()
    assert store.compact(force=True)
    with store.change() as change:
        change.remove_document(documents[4])
    put_text(store, "4.txt", "This is about subject4.", "public")
    after = [[one.chunk.id for one in store.search(f"subject{number}", PUBLIC)] for number in range(20)]
    assert [one[0] for place, one in enumerate(after) if place not in (3, 4)] == [
        one[0] for place, one in enumerate(before) if place not in (3, 4)
    ]
    assert store.count(PUBLIC) == 19


def test_it_is_verified_as_it_was_indexed(store: KnowledgeStore, both: dict[str, int]) -> None:
    with store.change() as change:
        change.require_chunking("200-words")
    store.compact(force=True)
    assert store.verify(Indexing(HashEmbedder().fingerprint, "200-words")) == []
    found = store.verify(Indexing(OTHER.fingerprint, "100-words"))
    assert [one.where for one in found] == ["embedding.model", "ingest.chunk_tokens"]
    assert all(one.repairable for one in found)


def test_the_former_index_serves_until_a_reindexing_is_complete(store: KnowledgeStore) -> None:
    texts = {f"{number}.txt": f"This is about subject{number}." for number in range(4)}
    for path, text in texts.items():
        put_text(store, path, text)
    target = Indexing(OTHER.fingerprint, "whole")
    assert store.reindexing(Indexing(HashEmbedder().fingerprint, "whole")) is None
    reindexing = store.reindexing(target)
    assert reindexing
    assert not reindexing.finish()
    for done, content in enumerate(reindexing.waiting()):
        assert reindexing.progress() == (done, 4)
        stored = reindexing.stored_text(content)
        assert reindexing.known_vectors(content) == {}
        assert paths(store, "subject2")[0] == "2.txt"
        vectors = OTHER.embed([stored.text[one.start : one.end] for one in stored.sections])
        reindexing.add([(content, stored.sections, vectors)])
    put_text(store, "late.txt", "Latecomers wait.")
    assert not reindexing.finish()
    (late,) = reindexing.waiting()
    stored = reindexing.stored_text(late)
    reindexing.add([(late, stored.sections, OTHER.embed([stored.text]))])
    assert store.embedder.fingerprint == HashEmbedder().fingerprint
    assert reindexing.finish()
    assert store.embedder.fingerprint == OTHER.fingerprint
    for path in texts:
        assert paths(store, f"subject{path[0]}")[0] == path
    assert paths(store, "latecomers wait")[0] == "late.txt"
    assert store.verify(target) == []
    assert store.reindexing(target) is None


def test_a_document_has_the_blocks_that_were_read_in_it(store: KnowledgeStore) -> None:
    text = "Taps\nThey close.\n\n- Left.\n  - Lefter.\n"
    blocks = (
        Block(0, 16, BlockKind.ENTRY, 1),
        Block(18, 25, BlockKind.ITEM, 2),
        Block(28, 37, BlockKind.ITEM, 2, depth=1),
    )
    span = Span(5, 37, "Taps")
    parsed = ParsedDocument("Taps", (Page(None, 0, text),), (Unit(0, 37),), (span,), blocks=blocks)
    with store.change() as change:
        vectors = store.embedder.embed(["Taps"])
        content = change.add_content("a", "test", parsed, vectors, store.embedder.fingerprint)
        document = change.put_document("public", "taps.txt", "Taps", content, FileState(1, 1))
    with store.view() as view:
        assert view.blocks(document, PUBLIC) == blocks
        assert view.blocks(document, STAFF) == ()


def test_the_blocks_of_a_document_that_was_stored_without_any_are_told_from_its_text(store: KnowledgeStore) -> None:
    text = (
        "Two lines\nof prose.\n\nTo open:\n\n1. Turn it.\n  - To the left.\n  - Not far.\n2. Pull\n  hard.\n\n"
        "Size: 4; Colour: red.\n\nSize: 5; Colour: blue.\n\nDay: 4; Month: 5.\n\n- Else ring."
    )
    document = put_text(store, "door.txt", text)
    with store.view() as view:
        told = [
            (text[one.start : one.end], one.kind.value, one.group, one.depth)
            for one in view.blocks(document, EVERYTHING)
        ]
    assert told == [
        ("Two lines\nof prose.", "prose", 1, 0),
        ("To open:", "prose", 2, 0),
        ("1. Turn it.", "step", 3, 0),
        ("- To the left.", "item", 3, 1),
        ("- Not far.", "item", 3, 1),
        ("2. Pull\n  hard.", "step", 3, 0),
        ("Size: 4; Colour: red.", "row", 4, 0),
        ("Size: 5; Colour: blue.", "row", 4, 0),
        ("Day: 4; Month: 5.", "row", 5, 0),
        ("- Else ring.", "item", 6, 0),
    ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("What does fault PPR-9087 mean?", "Fault PPR-9087: no water."),
        ("ppr-9807", "Fault PPR-9807: it shakes."),
        ("What is new in Python 3.13?", "Python 3.13 has a new prompt."),
        ("how do I use -N", "The option -N keeps names."),
        ("default of gc.auto", "Set gc.auto to 0."),
        ("What does core.crlf=input do?", "With core.crlf=input nothing is converted."),
        ("part 4021-77-B", "Part 4021-77-B is a drive belt."),
    ],
)
def test_a_passage_that_holds_an_identifier_whole_is_found_before_those_with_its_parts(
    store: KnowledgeStore, asked: str, found: str
) -> None:
    texts = [
        *("Fault PPR-9078: no sensor.", "Fault 9087 of the PPR: none.", "Fault PPR-9087: no water."),
        *("Fault PPR-9807: it shakes.", "Python 3.11 has 13 new things.", "Python 3.13.1 mends things of 3.1."),
        *("Python 3.13 has a new prompt.", "The option -n counts names.", "The option -N keeps names."),
        *("The auto of the gc: gc.autoDetach.", "Set gc.auto to 0.", "core.crlf is a setting; its input is text."),
        *("With core.crlf=input nothing is converted.", "Part 4021-77-A and part B, 77.", "Part 4012-77-B is a seal."),
        "Part 4021-77-B is a drive belt.",
    ]
    for number, text in enumerate(texts):
        put_text(store, f"{number}.txt", text)
    with store.view() as view:
        scores = {one.chunk.text: one.lexical for one in view.search(asked, EVERYTHING, limit=30)}
    assert max(scores, key=lambda text: scores[text]) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("水蒸发以后会怎样", "云是水蒸发形成的。"),
        ("ビザの申請はどこで", "ビザは大使館で申請する。"),
        ("ค่าธรรมเนียมเท่าไร", "ค่าธรรมเนียมสามสิบบาท"),
        ("Was kostet ビザ", "ビザは大使館で申請する。"),
    ],
)
def test_words_that_nothing_parts_are_found_within_what_is_written(
    store: KnowledgeStore, asked: str, found: str
) -> None:
    texts = ("云是水蒸发形成的。", "河流入海。", "ビザは大使館で申請する。", "電車は九時に出る。")
    for number, text in enumerate((*texts, "ค่าธรรมเนียมสามสิบบาท", "รถไฟออกเก้าโมง", "Fog is water.")):
        put_text(store, f"{number}.txt", text)
    with store.view() as view:
        scores = {one.chunk.text: one.lexical for one in view.search(asked, EVERYTHING, limit=30)}
    assert max(scores, key=lambda text: scores[text]) == found
    assert scores["Fog is water."] == 0.0


def test_an_identifier_is_counted_as_it_is_written(store: KnowledgeStore) -> None:
    put_text(store, "a.txt", "Fault PPR-9087 of version 3.13.")
    words = ["PPR-9087", "ppr-9087", "PPR-9088", "9087-PPR", "3.13", "3.1", "fault-9087", "fault-free"]
    with store.view() as view:
        assert view.frequencies(words, EVERYTHING) == dict(zip(words, (1, 1, 0, 0, 1, 0, 0, 1), strict=True))


@pytest.fixture
def mail(store: KnowledgeStore) -> tuple[int, int]:
    """A document with a part, and their ids."""
    file = put_text(store, "/post/note.eml", "The gate is shut.", title="note")
    with store.change() as change:
        content = put_text_in(change, store.embedder, "/menu", "Fish pie on Tuesday.", title="note › menu.txt")
        known = change.find_file("default", "/menu")
        assert known
        part = change.put_document(
            "default", "/post/note.eml/menu.txt", "note › menu.txt", known.content, FileState(20, 0), file
        )
        change.remove_document(content)
    return file, part


def test_a_part_is_a_document_that_goes_and_comes_back_with_its_file(
    store: KnowledgeStore, mail: tuple[int, int]
) -> None:
    file, part = mail
    assert paths(store, "fish pie")[0] == "/post/note.eml/menu.txt"
    with store.view() as view:
        assert view.totals(EVERYTHING).documents == 2
        assert [one.id for one in view.parts(file)] == [part]
        assert {one.id: one.part_of for one in view.documents(EVERYTHING)[1]} == {file: None, part: file}
    with store.change() as change:
        change.soft_delete(file)
    assert store.count(EVERYTHING) == 0
    with store.change() as change:
        assert change.restore(part)
    with store.view() as view:
        assert {one.id for one in view.documents(EVERYTHING)[1]} == {file, part}
        assert view.soft_deleted(EVERYTHING) == []
    with store.change() as change:
        change.soft_delete(part)
    assert paths(store, "gate pie") == ["/post/note.eml"]
    with store.change() as change:
        change.remove_document(file)
    with store.view() as view:
        assert view.known_paths() == set()
    assert store.verify(Indexing(HashEmbedder().fingerprint, "")) == []


def test_a_part_moves_with_its_file_and_is_as_old(store: KnowledgeStore, mail: tuple[int, int]) -> None:
    file, part = mail
    with store.change() as change:
        (known,) = [one for one in [change.find_file("default", "/post/note.eml")] if one]
        change.touch_document(known.document, FileState(17, 9))
    with store.view() as view:
        document = view.document(file, EVERYTHING)
        assert document
        kept = view.find_file("default", "/post/note.eml/menu.txt")
        assert kept
        assert kept.state == FileState(20, 9)
    with store.change() as change:
        change.move_document(document, Path("/old/letter.eml"))
    with store.view() as view:
        (moved,) = view.parts(file)
    assert (moved.id, moved.path, moved.title) == (part, "/old/letter.eml/menu.txt", "letter › menu.txt")


def test_what_was_not_read_of_a_document_is_kept_with_it(store: KnowledgeStore) -> None:
    text, note = "The office opens at nine.", "Not read: plan.dwg."
    parsed = ParsedDocument("", (Page(None, 0, text),), (Unit(0, 25),), (Span(0, 25, ""),), notes=(note,))
    vectors = store.embedder.embed([text])
    with store.change() as change:
        content = change.add_content("a", "test", parsed, vectors, store.embedder.fingerprint)
        document = change.put_document("public", "a.eml", "A", content, FileState(25, 0))
    put_text(store, "b.txt", "Whole.", "staff")
    with store.view() as view:
        found = view.document(document, EVERYTHING)
        known = view.find_file("public", "a.eml")
        assert found
        assert known
        assert found.notes == known.notes == (note,)
        assert (view.totals(EVERYTHING).incomplete, view.totals(STAFF).incomplete) == (1, 0)
        assert view.documents(EVERYTHING, incomplete=True) == (1, [found])
        assert view.documents(STAFF, incomplete=True) == (0, [])


def _stretch(start: int, text: str, title: str = "") -> ParsedDocument:
    chunk, unit = Span(start, start + len(text), "Log"), Unit(0, start + len(text))
    block = Block(start, start + len(text), BlockKind.PROSE, start + 1)
    return ParsedDocument(title, (Page(None, start, text),), (unit,) if title else (), (chunk,), {}, (block,))


def test_a_content_in_stretches_is_searched_when_it_is_complete(store: KnowledgeStore) -> None:
    embedder = store.embedder
    texts = ["The first pump ran.\n", "The second pump stopped.\n", "The third pump ran."]
    starts = [0, len(texts[0]), len(texts[0] + texts[1])]

    def add(number: int) -> None:
        with store.change() as change:
            vectors = embedder.embed([texts[number]])
            change.add_stretch("hash", "recipe", _stretch(starts[number], texts[number]), vectors, embedder.fingerprint)

    add(0)
    add(0)  # which is kept
    with pytest.raises(StoreError, match="again"):
        add(2)
    add(1)
    with store.view() as view:
        assert view.kept_characters("hash", "recipe") == starts[2]
        assert view.find_content("hash", "recipe") is None
        assert view.search("which pump stopped", EVERYTHING) == []
        assert view.totals(EVERYTHING).chunks == 0
    with store.change() as change:
        last, vectors = _stretch(starts[2], texts[2], "Log"), embedder.embed([texts[2]])
        content = change.add_content("hash", "recipe", last, vectors, embedder.fingerprint, begun="recipe")
        document = change.put_document("default", "a.log", "Log", content, FileState(1, 1))
        assert change.count_chunks(content) == 3
        assert change.kept_characters("hash", "recipe") == 0
    assert store.search("which pump stopped", EVERYTHING)[0].chunk.text == texts[1]
    with store.view() as view:
        assert [page.text for page in view.pages(document, EVERYTHING)] == ["".join(texts)]
        assert [chunk.text for chunk in view.chunks(document, EVERYTHING)] == texts
        assert [chunk.text for chunk in view.chunks(document, EVERYTHING, 1)] == texts[:1]
        assert [chunk.opens for chunk in view.chunks(document, EVERYTHING)] == [True, False, False]
        assert len(view.blocks(document, EVERYTHING)) == 3
        assert view.totals(EVERYTHING).units == 1
        within = (starts[1] + 4, starts[1] + 10)
        assert [(page.start, page.text) for page in view.pages(document, EVERYTHING, within)] == [(within[0], "second")]
        assert [block.start for block in view.blocks(document, EVERYTHING, within)] == [starts[1]]
        assert list(view.embedded_texts(content, (starts[1], starts[2]))) == [f"Log\n{texts[1]}"]


def test_stretches_that_will_not_be_complete_are_dropped(store: KnowledgeStore) -> None:
    with store.change() as change:
        change.add_stretch(
            "hash", "recipe", _stretch(0, "A text."), store.embedder.embed(["x"]), store.embedder.fingerprint
        )
        change.drop_stretches("hash", "recipe")
    with store.view() as view:
        assert view.kept_characters("hash", "recipe") == 0
