"""Forms, their values and their pages as the plain data that the components draw. Pure functions, no Streamlit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingest.types import DocumentLayout
from rag.extraction.types import Extraction, FieldDraft, FieldInfo, Form, FoundValue, SchemaInfo, WordPlace
from ui import texts
from ui.chat import views
from ui.chat.views import View

CHECK_BELOW = 0.9
"""A value that is less sure than this is to be looked at."""

_ABBREVIATIONS = frozenset({"iban", "vat"})
_AT_A_GLANCE = 3
_LINE = 2.0
"""Height of a line of a text without pages, in widths of a character; see ``ingest.layout.grid``."""
_ALL_THE_SAME = "If it is one all the same, choose a field and show where its value stands."
_NO_FURTHER = FoundValue(None, None, 1.0)
"""In place of a further value of a repeated field that may be added."""
_WAITING = {"waiting": "Waiting", "working": "Reading", "stopped": "Not read yet", "failed": "Not read"}


def field_label(name: str) -> str:
    """A field's name for people.

    >>> field_label("vat_number")
    'VAT number'
    """
    spelt = [word.upper() if word in _ABBREVIATIONS else word for word in name.split("_")]
    return views.label(" ".join(spelt))


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a correction: ``trouble`` says why it was not taken.

    ``places`` are all at which the words stand that were typed, and ``at`` says which of them was taken.
    """

    form: int
    field: str
    trouble: str = ""
    places: tuple[WordPlace, ...] = ()
    at: int = 0
    number: int = 0
    """Which of a repeated field's values was put right."""


def to_check(extraction: Extraction, schema: SchemaInfo) -> list[str]:
    """The fields that a person should look at: unsure ones, and required ones that were not found."""
    return [field.name for field in schema.fields if _needs_a_look(field, extraction)]


def _needs_a_look(field: FieldInfo, extraction: Extraction) -> bool:
    values = extraction.repeated.get(field.name, ()) or (extraction.fields.get(field.name),)
    return any(found is not None and _is_unsure(field, found, extraction) for found in values)


def _is_unsure(field: FieldInfo, found: FoundValue, extraction: Extraction) -> bool:
    if found.corrected or extraction.outcome == "other":
        return False
    if found.value is None:
        return field.required
    return found.confidence < CHECK_BELOW


def outcome(form: Form, schema: SchemaInfo) -> tuple[str, str]:
    """What became of a form, in a word or two, and how that is to be taken: good, check, bad or waiting."""
    if form.state != "done" or form.extraction is None:
        return _WAITING.get(form.state, ""), "bad" if form.state == "failed" else "waiting"
    if form.accepted:
        return "Accepted", "accepted"
    if form.extraction.outcome == "refused":
        return "Not read", "bad"
    if form.extraction.outcome == "other":
        return "Another kind", "bad"
    unsure = len(to_check(form.extraction, schema))
    return (f"{unsure} to check", "check") if unsure else ("Found", "good")


def schema_line(schema: SchemaInfo) -> str:
    """What a schema is for, and what is read by it."""
    names = [field_label(field.name) for field in schema.fields]
    spoken = [name if name[:2].isupper() else name[:1].lower() + name[1:] for name in names]
    said = [texts.ended(schema.description), f"Read are: {', '.join(spoken)}." if names else ""]
    return " ".join(filter(None, said))


def list_view(forms: Sequence[Form], schema: SchemaInfo, current: int | None) -> View:
    """The forms of a schema, each with its outcome."""
    rows = []
    for form in forms:
        said, tone = outcome(form, schema)
        rows.append(
            {
                "id": str(form.id),
                "name": form.name,
                "said": said,
                "tone": tone,
                "note": _note(form),
                "current": form.id == current,
                "opens": form.ended,
            }
        )
    return {"rows": rows, "label": "Documents and what was found in them"}


def _note(form: Form) -> str:
    """The first values, or why there are none."""
    if form.state == "failed":
        return texts.ended(form.error)
    if form.state != "done" or form.extraction is None:
        return ""
    if form.extraction.outcome in ("refused", "other"):
        return texts.ended(form.extraction.detail)
    values = [found.value for found in form.extraction.fields.values() if found.value]
    return " · ".join(values[:_AT_A_GLANCE])


def summary(forms: Sequence[Form], schema: SchemaInfo) -> str:
    """``"5 documents · 3 found · 1 to check · 1 not read"``."""
    tones = [outcome(form, schema)[1] for form in forms]
    counts = (("accepted", "accepted"), ("good", "found"), ("check", "to check"), ("bad", "not read or another kind"))
    said = [f"{tones.count(tone):,} {name}" for tone, name in counts if tone in tones]
    waiting = tones.count("waiting")
    return " · ".join([texts.counted(len(forms), "document"), *said, *([f"{waiting:,} waiting"] if waiting else [])])


def progress_view(forms: Sequence[Form]) -> View:
    """How far reading is."""
    waiting = [form for form in forms if form.unfinished]
    done = len(forms) - len(waiting)
    now = next((form.name for form in waiting if form.state == "working"), "")
    line = f"{done:,} of {texts.counted(len(forms), 'document')} read"
    return {"line": f"{line} · {now}" if now else line, "share": done / len(forms) if forms else 0.0}


def form_view(form: Form, schema: SchemaInfo, page: int, beside: Sequence[int], reply: Reply | None = None) -> View:
    """A form that was read: its values, and one page (from 0) of it.

    ``beside`` are the ids of all forms in the list, to step through.
    """
    extraction = _outcome_of(form)
    place = beside.index(form.id)
    said, tone = outcome(form, schema)
    steps = {
        "previous": beside[place - 1] if place else None,
        "next": beside[place + 1] if place + 1 < len(beside) else None,
    }
    return {
        "id": str(form.id),
        "name": form.name,
        "position": f"{place + 1:,} of {len(beside):,}",
        **{name: None if to is None else str(to) for name, to in steps.items()},
        "said": _headline(said, tone),
        "tone": tone,
        "detail": _detail(extraction),
        "accepted": form.accepted,
        "fields": [
            row
            for field in schema.fields
            if field.name in extraction.fields and extraction.layout
            for row in field_rows(field, extraction, reply if reply and reply.field == field.name else None)
        ],
        "page": page_view(form, extraction.layout, page) if extraction.layout else None,
    }


def _headline(said: str, tone: str) -> str:
    return {"good": "Nothing is left to check", "check": f"{said}: look at what is marked"}.get(tone, said)


def _outcome_of(form: Form) -> Extraction:
    """What was read; a form that could not be read through no fault of its own is shown as refused too."""
    if form.state == "failed" or form.extraction is None:
        return Extraction(form.path, form.schema, "refused", {}, form.error)
    return form.extraction


def _detail(extraction: Extraction) -> str:
    """What is to be said of the whole document; what is missing is said at each field."""
    if extraction.outcome == "refused":
        return texts.ended(extraction.detail)
    return f"{texts.ended(extraction.detail)} {_ALL_THE_SAME}" if extraction.outcome == "other" else ""


def field_rows(field: FieldInfo, extraction: Extraction, reply: Reply | None = None) -> list[View]:
    """The field's value; of a repeated field all, and a row to add another one."""
    values = extraction.repeated.get(field.name, ()) or (extraction.fields[field.name],)
    rows = [_row(field, extraction, found, number, reply) for number, found in enumerate(values)]
    if field.repeated and values[0].value:
        rows.append(_row(field, extraction, _NO_FURTHER, len(values), reply) | {"said": "", "absent": "Add another"})
    return rows


def _row(
    field: FieldInfo, extraction: Extraction, found: FoundValue, number: int, reply: Reply | None
) -> dict[str, Any]:
    reply = reply if reply and reply.number == number else None
    label = field_label(field.name)
    return {
        "key": f"{field.name} {number}",
        "name": field.name,
        "number": number,
        "label": f"{label} {number + 1}" if number else label,
        "hint": field.description,
        "value": found.value or "",
        "meaning": found.normalised if found.normalised and found.normalised != found.value else "",
        "none": "" if found is _NO_FURTHER else "Remove this value" if number else "Not in the document",
        "absent": ""
        if found.value
        else "Not in the document"
        if found.corrected or not field.required
        else "Not found",
        "sure": found.confidence,
        "said": _how_sure(found, extraction),
        "corrected": found.corrected,
        "check": found is not _NO_FURTHER and _is_unsure(field, found, extraction),
        "marks": [mark] if (mark := _mark(found)) else [],
        "trouble": reply.trouble if reply else "",
        "others": f"These words stand in {len(reply.places):,} places." if reply and len(reply.places) > 1 else "",
    }


def _how_sure(found: FoundValue, extraction: Extraction) -> str:
    """Nothing where no values were looked for, as the document is of another kind."""
    if found.corrected:
        return "You said so"
    return "" if extraction.outcome == "other" else sure(found.confidence)


def sure(confidence: float) -> str:
    """A probability for people; never more than 99 of 100.

    >>> sure(0.934)
    '93 of 100 sure'
    """
    return f"{min(99, round(100 * confidence))} of 100 sure"


def _mark(found: FoundValue) -> View | None:
    """Which words of which page a value stands in."""
    return {"page": found.place.page, "words": list(found.place.words)} if found.place else None


def page_view(form: Form, layout: DocumentLayout, page: int) -> View:
    """A page (from 0) and its words, each as text, left, top, width and height in shares of the page.

    A document without pages has no picture: its words are set as text, ``columns`` wide and ``lines`` high.
    """
    shown = layout.pages[page]
    width, height = max(shown.width, 1.0), max(shown.height, 1.0)
    boxes = [
        [
            word.text,
            *(
                round(share, 5)
                for share in (left / width, top / height, (right - left) / width, (bottom - top) / height)
            ),
        ]
        for word in shown.words
        for left, top, right, bottom in [word.box]
    ]
    count = len(layout.pages)
    number = shown.number
    return {
        "id": str(form.id),
        "index": page,
        "count": count,
        "label": "" if number is None or layout.page_count == 1 else f"Page {number:,} of {layout.page_count:,}",
        "source": "" if number is None else f"form-files/{form.id}/pages/{number}",
        "ratio": width / height,
        "columns": width,
        "lines": height / _LINE,
        "words": boxes,
        "notes": [texts.ended(note) for note in layout.notes],
        "alt": f"{texts.place(form.name, number)}",
    }


def example_view(form: Form, page: int, drafts: Sequence[tuple[FieldDraft, WordPlace]]) -> View:
    """A page of the example for a schema, with the fields that it has so far."""
    layout = form.extraction.layout if form.extraction else None
    assert layout is not None
    marks = [
        {"label": field_label(draft.name), "page": place.page, "words": list(place.words)} for draft, place in drafts
    ]
    return {"page": page_view(form, layout, page), "marks": marks}
