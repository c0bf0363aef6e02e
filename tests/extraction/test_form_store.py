"""The tray keeps forms, what was read and what was said, until they are removed."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.layout.types import DocumentLayout, PageLayout, Word
from rag.extraction.form_store import Form, Tray, repair_tray, verify_tray
from rag.extraction.types import Extraction, FoundValue, WordPlace
from vectorstore.errors import UsageError

WORDS = (Word("INV-7", (10.0, 10.0, 60.0, 20.0)), Word("9.50", (10.0, 30.0, 40.0, 40.0), recognised=True))
LAYOUT = DocumentLayout("Invoice", (PageLayout(1, 595.0, 842.0, WORDS),), 2, 1, ("Page 2 was not read.",))
FOUND = FoundValue("INV-7", "INV-7", 0.95, 1, (10.0, 10.0, 60.0, 20.0), ("INV-7",), WordPlace(0, (0,)))


@pytest.fixture
def tray(tmp_path: Path) -> Iterator[Tray]:
    tray = Tray(tmp_path)
    yield tray
    tray.close()


def put_in(tray: Tray, name: str = "a.pdf", schema: str = "invoice", content: bytes = b"%PDF") -> int:
    path = tray.place_for(name, schema)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return tray.add(path)


def read(form: Form) -> Extraction:
    return Extraction(
        form.path, form.schema, "complete", {"number": FOUND}, "Look at it.", {"number": (FOUND,)}, LAYOUT
    )


def known(tray: Tray, form: int) -> Form:
    found = tray.get(form)
    assert found is not None
    return found


def test_what_was_read_comes_back_as_it_was(tray: Tray) -> None:
    number = put_in(tray)
    form = tray.begin()
    assert form is not None
    assert (form.id, form.name, tray.forms()[0].state) == (number, "a.pdf", "reading")
    tray.put(number, read(form))
    assert known(tray, number).extraction == read(form)
    listed = tray.forms("invoice")[0]
    assert listed.is_read
    assert listed.extraction is not None
    assert listed.extraction.layout is None  # lists are long, and layouts large
    assert tray.forms("receipt") == []


def test_two_files_of_one_name_are_two_forms(tray: Tray) -> None:
    first, second = put_in(tray, content=b"one"), put_in(tray, content=b"two")
    assert known(tray, first).path.read_bytes() == b"one"
    assert known(tray, second).path.read_bytes() == b"two"


def test_a_removed_form_leaves_nothing_and_its_number_is_not_used_again(tray: Tray, tmp_path: Path) -> None:
    number = put_in(tray)
    form = tray.begin()
    assert form is not None
    tray.remove([number])
    tray.put(number, read(form))  # the reading of it ends later
    assert tray.get(number) is None
    assert tray.path(number) is None
    assert [path for path in (tmp_path / "form-files").rglob("*") if path.is_file()] == []
    assert put_in(tray) > number


def test_what_was_being_read_when_the_process_ended_is_read_again_but_not_for_ever(tray: Tray) -> None:
    number = put_in(tray)
    for _ in range(3):
        assert tray.begin() is not None
        assert tray.begin() is None
        tray.resume()
    assert tray.begin() is None
    assert known(tray, number).state == "failed"
    assert "Remove it" in known(tray, number).error
    tray.read_again([number])
    assert tray.begin() is not None


def test_stopping_leaves_what_waits_unread_and_it_can_be_read_later(tray: Tray) -> None:
    first, second = put_in(tray), put_in(tray)
    tray.begin()
    tray.stop()
    assert [known(tray, form).state for form in (first, second)] == ["reading", "stopped"]
    tray.read_again([first, second])
    assert [known(tray, form).state for form in (first, second)] == ["reading", "waiting"]


def test_read_again_forgets_that_it_was_accepted(tray: Tray) -> None:
    number = put_in(tray)
    tray.accept(number, True)
    assert known(tray, number).accepted
    tray.read_again([number])
    assert not known(tray, number).accepted


def test_trying_another_schema_leaves_the_form_and_is_tried_once(tray: Tray) -> None:
    number = put_in(tray)
    tray.try_on(known(tray, number), "own")
    tray.try_on(known(tray, number), "own")
    assert [form.path.read_bytes() for form in tray.forms("own")] == [b"%PDF"]
    tray.remove([form.id for form in tray.forms("own")])
    assert known(tray, number).path.exists()
    assert tray.schemas() == ["invoice"]


@pytest.mark.parametrize("name", ["", "..", "a\nb.pdf", "x" * 300, "a.part"])
def test_a_name_that_no_file_may_have_is_refused(tray: Tray, name: str) -> None:
    with pytest.raises(UsageError):
        tray.place_for(name, "invoice")


def test_a_path_counts_by_its_last_part_and_never_leads_out_of_the_tray(tray: Tray, tmp_path: Path) -> None:
    path = tray.place_for("../../../etc/passwd", "invoice")
    assert path.name == "passwd"
    assert path.is_relative_to(tmp_path / "form-files")


def test_a_damaged_list_is_found_and_made_anew_from_the_files(tmp_path: Path) -> None:
    assert verify_tray(tmp_path) == []
    with closing(Tray(tmp_path)) as tray:
        put_in(tray, "a.pdf", "invoice", b"one")
        put_in(tray, "b.pdf", "", b"two")
    assert verify_tray(tmp_path) == []
    database = tmp_path / "form-files.db"
    content = bytearray(database.read_bytes())
    content[4_200:4_400] = b"x" * 200
    database.write_bytes(content)
    assert [finding.repairable for finding in verify_tray(tmp_path)] == [True]
    repair_tray(tmp_path)
    assert verify_tray(tmp_path) == []
    with closing(Tray(tmp_path)) as tray:
        assert {form.schema: form.path.read_bytes() for form in tray.forms()} == {"invoice": b"one", "": b"two"}
