"""The form store keeps forms, what was read and what was said, until they are removed."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.types import DocumentLayout, PageLayout, Word
from rag.extraction.form_store import FormStore, repair_forms
from rag.extraction.types import Extraction, Form, FoundValue, WordPlace
from vectorstore.errors import UsageError
from vectorstore.sqlite.forms import verify_forms

WORDS = (Word("INV-7", (10.0, 10.0, 60.0, 20.0)), Word("9.50", (10.0, 30.0, 40.0, 40.0), recognised=True))
LAYOUT = DocumentLayout("Invoice", (PageLayout(1, 595.0, 842.0, WORDS),), 2, 1, ("Page 2 was not read.",))
FOUND = FoundValue("INV-7", "INV-7", 0.95, 1, (10.0, 10.0, 60.0, 20.0), ("INV-7",), WordPlace(0, (0,)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FormStore]:
    with closing(FormStore(tmp_path)) as store:
        yield store


def put_in(store: FormStore, name: str = "a.pdf", schema: str = "invoice", content: bytes = b"%PDF") -> int:
    path = store.place_for(name, schema)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return store.add(path)


def read(form: Form) -> Extraction:
    return Extraction(
        form.path, form.schema, "complete", {"number": FOUND}, "Look at it.", {"number": (FOUND,)}, LAYOUT
    )


def known(store: FormStore, form: int) -> Form:
    found = store.get(form)
    assert found is not None
    return found


def test_what_was_read_comes_back_as_it_was(store: FormStore) -> None:
    number = put_in(store)
    form = known(store, number)
    assert (form.id, form.name, form.state) == (number, "a.pdf", "waiting")
    store.put(number, read(form))
    assert known(store, number).extraction == read(form)
    listed = store.forms("invoice")[0]
    assert listed.is_read
    assert listed.extraction is not None
    assert listed.extraction.layout is None  # lists are long, and layouts large
    assert store.forms("receipt") == []


def test_two_files_of_one_name_are_two_forms(store: FormStore) -> None:
    first, second = put_in(store, content=b"one"), put_in(store, content=b"two")
    assert known(store, first).path.read_bytes() == b"one"
    assert known(store, second).path.read_bytes() == b"two"


def test_a_removed_form_leaves_nothing_and_its_number_is_not_used_again(store: FormStore, tmp_path: Path) -> None:
    number = put_in(store)
    form = known(store, number)
    store.remove([number])
    store.put(number, read(form))  # the reading of it ends later
    assert store.get(number) is None
    assert store.path(number) is None
    assert [path for path in (tmp_path / "form-files").rglob("*") if path.is_file()] == []
    assert put_in(store) > number


def test_a_form_is_to_be_queued_until_it_was(store: FormStore) -> None:
    first, second = put_in(store), put_in(store)
    assert store.added() == [first, second]
    store.queued(first)
    assert store.added() == [second]
    assert known(store, first).state == "stopped"
    store.put(first, read(known(store, first)))
    store.queued(first)  # said late
    assert known(store, first).state == "done"


def test_reading_again_forgets_that_it_was_accepted_and_why_it_failed(store: FormStore) -> None:
    number = put_in(store)
    store.put(number, read(known(store, number)))
    store.accept(number, True)
    assert known(store, number).accepted
    store.fail(number, "No room.")
    store.add_again([number])
    form = known(store, number)
    assert (form.state, form.accepted, form.error) == ("waiting", False, "")
    assert form.extraction is not None  # of the earlier reading
    assert not form.is_read


@pytest.mark.parametrize("name", ["", "..", "a\nb.pdf", "x" * 300, "a.part"])
def test_a_name_that_no_file_may_have_is_refused(store: FormStore, name: str) -> None:
    with pytest.raises(UsageError):
        store.place_for(name, "invoice")


def test_a_path_counts_by_its_last_part_and_never_leads_elsewhere(store: FormStore, tmp_path: Path) -> None:
    path = store.place_for("../../../etc/passwd", "invoice")
    assert path.name == "passwd"
    assert path.is_relative_to(tmp_path / "form-files")


def test_a_damaged_list_is_found_and_made_anew_from_the_files(tmp_path: Path) -> None:
    assert verify_forms(tmp_path) == []
    with closing(FormStore(tmp_path)) as store:
        put_in(store, "a.pdf", "invoice", b"one")
        put_in(store, "b.pdf", "", b"two")
    assert verify_forms(tmp_path) == []
    database = tmp_path / "form-files.db"
    content = bytearray(database.read_bytes())
    content[4_200:4_400] = b"x" * 200
    database.write_bytes(content)
    assert [finding.repairable for finding in verify_forms(tmp_path)] == [True]
    repair_forms(tmp_path)
    assert verify_forms(tmp_path) == []
    with closing(FormStore(tmp_path)) as store:
        assert {form.schema: form.path.read_bytes() for form in store.forms()} == {"invoice": b"one", "": b"two"}
