"""What a person corrects is kept, helps with the next form of the sender, and becomes training data."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.limits import Limits
from rag.desk.forms import Forms
from rag.evaluation.squad import load_squad
from rag.extraction.protocol import FormDesk
from rag.extraction.types import Extraction, FieldDraft, WordPlace
from rag.files import write_json
from tests.extraction.forms import FIELDS, INVOICE, Placed, pdf
from vectorstore.errors import UsageError


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[FormDesk]:
    with Forms(tmp_path / "home", Limits(), lambda: None) as desk:
        yield desk


def odd(number: str, order: str, day: str, due: str) -> list[Placed]:
    """A sender whose labels nobody knows: the number is its "Aktenlauf", the date its "Stichtag"."""
    changed = {
        "Rechnungsnummer:": "Aktenlauf:",
        "RE-2024-0815": number,
        "Kundennummer:": "Vorfall:",
        "44170": order,
        "Rechnungsdatum:": "Stichtag:",
        "05.03.2024": day,
        "Zahlbar bis:": "Endlauf:",
        "19.03.2024": due,
        "Lieferdatum:": "Anlauf:",
    }
    return [(x, y, changed.get(text, text)) for x, y, text in INVOICE]


def read(desk: FormDesk, folder: Path, name: str, placed: list[Placed]) -> Extraction:
    file = folder / name
    file.write_bytes(pdf(placed))
    (found,) = desk.extract([file], "invoice")
    return found


def place_of(extraction: Extraction, *texts: str) -> WordPlace:
    assert extraction.layout
    words = extraction.layout.pages[0].words
    return WordPlace(0, tuple(n for n, word in enumerate(words) if word.text in texts))


def test_a_corrected_value_is_given_with_its_place_and_stays_for_that_document(desk: FormDesk, tmp_path: Path) -> None:
    found = read(desk, tmp_path, "a.pdf", list(INVOICE))
    assert {name: value.normalised for name, value in found.fields.items()} == FIELDS
    corrected = desk.correct(found, "date", place_of(found, "19.03.2024"))
    value = corrected.fields["date"]
    assert (value.normalised, value.confidence, value.corrected, value.page) == ("2024-03-19", 1.0, True, 1)
    assert value.words == ("19.03.2024",)
    assert corrected.fields["amount"] == found.fields["amount"]
    again = read(desk, tmp_path, "a.pdf", list(INVOICE))
    assert again.fields["date"] == value


def test_corrections_teach_the_labels_and_places_of_a_sender(desk: FormDesk, tmp_path: Path) -> None:
    first = read(desk, tmp_path, "first.pdf", odd("A-17/3", "B-99/2", "11.04.2024", "25.04.2024"))
    corrected = desk.correct(first, "invoice_number", place_of(first, "A-17/3"))
    desk.correct(corrected, "date", place_of(first, "11.04.2024"))
    second = read(desk, tmp_path, "second.pdf", odd("A-20/1", "B-11/9", "02.05.2024", "16.05.2024"))
    assert second.fields["invoice_number"].normalised == "A-20/1"
    assert second.fields["date"].normalised == "2024-05-02"
    assert not second.fields["date"].corrected
    assert desk.corrections("invoice") == 2


def test_a_field_may_be_corrected_to_be_missing(desk: FormDesk, tmp_path: Path) -> None:
    found = read(desk, tmp_path, "a.pdf", list(INVOICE))
    corrected = desk.correct(found, "date", None)
    assert (corrected.fields["date"].value, corrected.fields["date"].corrected) == (None, True)
    assert corrected.outcome == "incomplete"


def test_words_that_are_nothing_of_the_field_are_refused(desk: FormDesk, tmp_path: Path) -> None:
    found = read(desk, tmp_path, "a.pdf", list(INVOICE))
    for field, place in (
        ("date", place_of(found, "Schreibtisch")),
        ("amount", place_of(found, "Erika")),
        ("currency", place_of(found, "München")),
        ("date", WordPlace(0, ())),
        ("date", WordPlace(7, (1,))),
        ("colour", place_of(found, "EUR")),
    ):
        with pytest.raises(UsageError):
            desk.correct(found, field, place)
    assert desk.corrections("invoice") == 0


def test_corrections_become_questions_that_the_reader_learns_from(desk: FormDesk, tmp_path: Path) -> None:
    found = read(desk, tmp_path, "a.pdf", list(INVOICE))
    found = desk.correct(found, "issuer", place_of(found, "Nordwind", "Handel", "GmbH"))
    desk.correct(found, "date", None)
    file = tmp_path / "corrections.json"
    write_json(file, desk.squad("invoice"))
    questions = load_squad(file).questions
    assert {answer.text for question in questions for answer in question.answers} == {"Nordwind Handel GmbH"}
    assert all(answer.start is not None for question in questions for answer in question.answers)
    assert sum(1 for question in questions if not question.answers) == 2
    assert desk.forget_corrections("invoice") == 2
    assert desk.corrections("invoice") == 0


def test_a_damaged_example_is_left_out(desk: FormDesk, tmp_path: Path) -> None:
    found = read(desk, tmp_path, "a.pdf", list(INVOICE))
    desk.correct(found, "date", place_of(found, "19.03.2024"))
    (file,) = (tmp_path / "home").rglob("*.json")
    file.write_text("{half")
    assert desk.corrections("invoice") == 0
    assert read(desk, tmp_path, "a.pdf", list(INVOICE)).fields["date"].normalised == FIELDS["date"]


def test_a_field_is_drafted_from_its_value_in_an_example(desk: FormDesk, tmp_path: Path) -> None:
    found = read(desk, tmp_path, "a.pdf", list(INVOICE))
    assert found.layout
    draft = desk.draft_field(found.layout, place_of(found, "01.03.2024"))
    assert (draft.name, draft.type, draft.labels) == ("lieferdatum", "date", ("Lieferdatum",))
    info = desk.save_schema("notes", "Notes", [draft])
    assert [field.name for field in info.fields] == ["lieferdatum"]
    assert "notes" in [schema.name for schema in desk.schemas()]
    assert "Lieferdatum" in desk.schema_text("notes")
    (again,) = desk.extract([tmp_path / "a.pdf"], "notes")
    assert again.fields["lieferdatum"].normalised == "2024-03-01"


def test_a_page_can_be_shown_and_one_that_is_none_not(desk: FormDesk, tmp_path: Path) -> None:
    read(desk, tmp_path, "a.pdf", list(INVOICE))
    assert desk.page_picture(tmp_path / "a.pdf", 1, 300).startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="no page 9"):
        desk.page_picture(tmp_path / "a.pdf", 9, 300)


CONTACTS = """
[fields.contact]
type = "email"
repeated = true
labels = ["contact"]
"""


def test_each_value_of_a_repeated_field_can_be_replaced_added_and_removed(desk: FormDesk, tmp_path: Path) -> None:
    schema, file = tmp_path / "contacts.toml", tmp_path / "a.txt"
    schema.write_text(CONTACTS)
    file.write_text("Contact: a@example.com\nContact: b@example.com\n\nSee c@example.com and d@example.com\n")

    def read_again() -> list[str | None]:
        (found,) = desk.extract([file], str(schema))
        return [one.normalised for one in found.repeated["contact"]]

    (found,) = desk.extract([file], str(schema))
    assert [one.normalised for one in found.repeated["contact"]][:2] == ["a@example.com", "b@example.com"]
    found = replace(found, repeated={"contact": found.repeated["contact"][:2]})
    found = desk.correct(found, "contact", place_of(found, "c@example.com"), 1)
    found = desk.correct(found, "contact", place_of(found, "d@example.com"), 2)
    assert read_again() == ["a@example.com", "c@example.com", "d@example.com"]
    found = desk.correct(found, "contact", None, 0)
    assert found.fields["contact"].normalised == "c@example.com"
    assert read_again() == ["c@example.com", "d@example.com"]
    assert desk.corrections(str(schema)) == 2
    with pytest.raises(UsageError, match="no such value"):
        desk.correct(found, "contact", place_of(found, "b@example.com"), 7)


def test_a_saved_schema_is_deleted_with_its_corrections_and_no_other_is(desk: FormDesk, tmp_path: Path) -> None:
    desk.save_schema("notes", "", [FieldDraft("day", "date", ("on",))])
    file = tmp_path / "a.txt"
    file.write_text("On 2024-05-06")
    (found,) = desk.extract([file], "notes")
    desk.correct(found, "day", None)
    desk.delete_schema("notes")
    assert "notes" not in [schema.name for schema in desk.schemas()]
    desk.save_schema("notes", "", [FieldDraft("day", "date", ("on",))])
    assert desk.corrections("notes") == 0
    for name in ("invoice", "nothing", "../notes"):
        with pytest.raises(UsageError):
            desk.delete_schema(name)
