"""What the page says of forms, of their values and of how sure they are."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.types import DocumentLayout, PageLayout, Word
from rag.extraction.types import Extraction, FieldDraft, FieldInfo, Form, FoundValue, WordPlace
from tests.ui.fake_forms import INVOICE, found_at
from ui.chat.pages.forms.views import (
    Reply,
    example_view,
    field_rows,
    form_view,
    list_view,
    outcome,
    progress_view,
    schema_line,
    summary,
    sure,
    to_check,
)

WORDS = (
    Word("Acme", (100, 50, 150, 60)),
    Word("Date:", (100, 100, 140, 110)),
    Word("4.", (150, 100, 160, 110)),
    Word("März", (165, 100, 190, 110)),
)
LAYOUT = DocumentLayout("", (PageLayout(1, 500, 1000, WORDS), PageLayout(2, 500, 1000, ())), 2, notes=("A note",))
MISSING = FoundValue(None, None, 0.8)
DATE = replace(found_at(LAYOUT, WordPlace(0, (2, 3)), 0.97), normalised="2026-03-04")
FIELDS = {
    "issuer": found_at(LAYOUT, WordPlace(0, (0,)), 0.5),
    "invoice_number": MISSING,
    "date": DATE,
    "amount": replace(MISSING, corrected=True),
    "vat_number": MISSING,
}
READ = Extraction(Path("/home/form-files/x/a.pdf"), "invoice", "incomplete", FIELDS, layout=LAYOUT)
FORM = Form(7, READ.document, "invoice", "done", READ, accepted=False, error="")


def rows(field: FieldInfo, extraction: Extraction = READ, reply: Reply | None = None) -> Any:
    return field_rows(field, extraction, reply)


def waiting(number: int, **changes: Any) -> Form:
    return replace(Form(number, Path("b.pdf"), "invoice", "waiting", None, accepted=False, error=""), **changes)


def test_only_what_is_unsure_or_missing_though_required_is_to_be_checked() -> None:
    fields: Any = form_view(FORM, INVOICE, 0, [7])["fields"]
    assert [field["check"] for field in fields] == [True, True, False, False, False]
    assert [field["absent"] for field in fields] == ["", "Not found", "", "Not in the document", "Not in the document"]
    assert [field["said"] for field in fields][1:4] == ["80 of 100 sure", "97 of 100 sure", "You said so"]
    assert outcome(FORM, INVOICE) == ("2 to check", "check")
    assert outcome(replace(FORM, accepted=True), INVOICE) == ("Accepted", "accepted")
    assert sure(0.9999) == "99 of 100 sure"


def test_a_value_says_what_it_means_and_where_it_stands() -> None:
    (date,) = rows(INVOICE.fields[2])
    assert (date["value"], date["meaning"], date["none"]) == ("4. März", "2026-03-04", "Not in the document")
    assert date["marks"] == [{"page": 0, "words": [2, 3]}]
    places = (WordPlace(0, (0,)), WordPlace(0, (1,)))
    (typed,) = rows(INVOICE.fields[2], reply=Reply(7, "date", places=places))
    assert typed["others"] == "These words stand in 2 places."
    (refused,) = rows(INVOICE.fields[2], reply=Reply(7, "date", "These words are no date."))
    assert refused["trouble"] == "These words are no date."


def test_each_value_of_a_repeated_field_can_be_put_right_and_one_added() -> None:
    field = replace(INVOICE.fields[2], repeated=True)
    unsure = replace(DATE, confidence=0.6)
    several = replace(READ, repeated={"date": (DATE, unsure)})
    reply = Reply(7, "date", "These words are no date.", number=1)
    first, second, add = rows(field, several, reply)
    assert [row["label"] for row in (first, second, add)] == ["Date", "Date 2", "Date 3"]
    assert [row["none"] for row in (first, second, add)] == ["Not in the document", "Remove this value", ""]
    assert [row["check"] for row in (first, second, add)] == [False, True, False]
    assert [row["trouble"] for row in (first, second, add)] == ["", "These words are no date.", ""]
    assert (add["value"], add["absent"], add["said"]) == ("", "Add another", "")
    assert to_check(several, replace(INVOICE, fields=(field,))) == ["date"]
    assert len(rows(field, replace(READ, fields={"date": MISSING}, repeated={"date": ()}))) == 1


def test_a_page_gives_its_words_in_shares_of_it() -> None:
    view: Any = form_view(FORM, INVOICE, 0, [3, 7, 9])
    page = view["page"]
    assert page["words"][0] == ["Acme", 0.2, 0.05, 0.1, 0.01]
    assert (page["source"], page["label"], page["notes"]) == ("form-files/7/pages/1", "Page 1 of 2", ["A note."])
    assert (view["previous"], view["next"], view["position"]) == ("3", "9", "2 of 3")


def test_a_text_without_pages_has_no_picture() -> None:
    text = DocumentLayout("", (PageLayout(None, 40, 20, (Word("No.:", (0, 2, 4, 3.6)),)),), 1)
    view: Any = form_view(replace(FORM, extraction=replace(READ, layout=text)), INVOICE, 0, [7])
    assert (view["page"]["source"], view["page"]["columns"], view["page"]["lines"]) == ("", 40, 10)
    assert view["page"]["label"] == ""


def test_the_list_says_what_became_of_each_and_why() -> None:
    refused = replace(FORM, id=1, extraction=Extraction(READ.document, "invoice", "refused", {}, "It is empty"))
    other = replace(FORM, id=2, extraction=replace(READ, outcome="other", detail="No invoice"))
    failed = waiting(3, state="failed", error="There is no such schema")
    forms = [FORM, refused, other, failed, waiting(4, state="working"), waiting(5)]
    rows: Any = list_view(forms, INVOICE, 7)["rows"]
    assert [(row["said"], row["note"]) for row in rows] == [
        ("2 to check", "Acme · 4. März"),
        ("Not read", "It is empty."),
        ("Another kind", "No invoice."),
        ("Not read", "There is no such schema."),
        ("Reading", ""),
        ("Waiting", ""),
    ]
    assert [row["current"] for row in rows] == [True, *[False] * 5]
    assert summary(forms, INVOICE) == "6 documents · 1 to check · 3 not read or another kind · 2 waiting"
    assert progress_view(forms) == {"line": "4 of 6 documents read · b.pdf", "share": 4 / 6}


def test_a_refused_form_has_a_reason_and_no_page() -> None:
    refused = replace(FORM, extraction=Extraction(READ.document, "invoice", "refused", {}, "It is empty"))
    view: Any = form_view(refused, INVOICE, 0, [7])
    assert (view["detail"], view["tone"], view["fields"], view["page"]) == ("It is empty.", "bad", [], None)


def test_a_form_of_another_kind_has_nothing_to_check_and_can_be_put_right_all_the_same() -> None:
    missing = {field.name: FoundValue(None, None, 1.0) for field in INVOICE.fields}
    other = replace(FORM, extraction=replace(READ, outcome="other", detail="No invoice", fields=missing))
    view: Any = form_view(other, INVOICE, 0, [7])
    assert view["detail"].startswith("No invoice. If it is one all the same")
    assert {(field["said"], field["check"], field["absent"]) for field in view["fields"][:4]} == {
        ("", False, "Not found")
    }
    assert view["page"] is not None


def test_an_example_names_the_fields_on_its_page() -> None:
    view: Any = example_view(FORM, 0, [(FieldDraft("vat_number", "vat_number"), WordPlace(0, (2, 3)))])
    assert view["marks"] == [{"label": "VAT number", "page": 0, "words": [2, 3]}]


def test_a_schema_is_described_in_a_line() -> None:
    assert schema_line(INVOICE) == (
        "What is to be paid, to whom, and when it was asked for. "
        "Read are: issuer, invoice number, date, amount, VAT number."
    )
