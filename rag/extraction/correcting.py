"""From the words that a person chose to an example: what they mean for the field's type, and what announces them."""

from collections.abc import Sequence
from dataclasses import replace

from ingest.layout.grid import layout_of_text
from ingest.types import DocumentLayout
from rag.extraction.examples import Example
from rag.extraction.learned import fingerprint, label_of, place_of
from rag.extraction.page import FormText, read_form
from rag.extraction.schema import FormField
from rag.extraction.types import Extraction, FieldDraft, FieldType, WordPlace
from rag.extraction.values.amounts import find_amounts, parse_amount
from rag.extraction.values.codes import find_emails, find_ibans, find_identifiers, find_vat_numbers
from rag.extraction.values.currencies import meant_by
from rag.extraction.values.dates import find_dates, parse_date
from rag.extraction.values.organisations import plain_name
from rag.extraction.values.origin import Origin, find_origin
from rag.extraction.values.texts import text_candidate
from vectorstore.errors import UsageError


def corrected_places(
    extraction: Extraction, name: str, field: FormField, place: WordPlace | None, at: int
) -> list[WordPlace]:
    """Where all values of a field stand once the one ``at`` a number from 0 is put right, or without a place removed.

    Raises UsageError where there are not so many.
    """
    found = extraction.repeated.get(name, ()) if field.repeated else ()
    known = [one.place for one in found if one.place]
    if not 0 <= at <= len(known):
        raise UsageError("The field has no such value", where=f"{name}, {at + 1}", remedy="Choose one of the others.")
    return [*known[:at], *([place] if place else []), *known[at + 1 :]]


def make_examples(
    extraction: Extraction, name: str, field: FormField, places: Sequence[WordPlace]
) -> tuple[Example, ...]:
    """An example a value; one that says that there is none without ``places``. Raises UsageError as below."""
    numbered = enumerate(places or [None])
    return tuple(replace(_example(extraction, name, field, place), number=number) for number, place in numbered)


def _example(extraction: Extraction, name: str, field: FormField, place: WordPlace | None) -> Example:
    """Raises UsageError where the words are nothing that the field may hold."""
    assert extraction.layout is not None
    form = read_form(extraction.layout)
    shared = (fingerprint(form), form.text)
    if place is None:
        return Example(extraction.document.name, name, None, None, field.questions, shared[1], 0, shared[0])
    tokens = _tokens(form, place)
    candidate = text_candidate(form, tokens)
    if candidate is None:
        raise UsageError("The chosen words are no value", where=name, remedy="Choose other words.")
    normalised = normalise(candidate.value, field, find_origin(form))
    if normalised is None:
        kind = field.type.replace("_", " ")
        raise UsageError(f"The chosen words are not of the type {kind}", where=name, remedy="Choose other words.")
    start = form.text.index(candidate.value, form.tokens[candidate.tokens.start].start)
    return Example(
        extraction.document.name,
        name,
        candidate.value,
        normalised,
        field.questions,
        form.text,
        start,
        shared[0],
        label_of(form, candidate.tokens),
        place_of(form, candidate.tokens),
    )


def normalise(value: str, field: FormField, origin: Origin) -> str | None:
    """What the words mean for the field's type; None where they mean nothing of that type."""
    match field.type:
        case "date":
            return parse_date(value, origin)
        case "amount":
            return parse_amount(value)
        case "currency":
            return meant_by(value.strip(" .,:"), origin) or None
        case "choice":
            wanted = value.casefold()
            named = [name for name, words in field.choices.items() if wanted in map(str.casefold, (name, *words))]
            return named[0] if named else None
        case "iban" | "vat_number" | "email":
            finders = {"iban": find_ibans, "vat_number": find_vat_numbers, "email": find_emails}
            return next((found.normalised for found in finders[field.type](_form_of(value))), None)
        case "organisation":
            return " ".join(value.split()) if plain_name(value) else None
        case _:
            return " ".join(value.split())


def draft_field(layout: DocumentLayout, place: WordPlace) -> FieldDraft:
    """A field whose value is these words, by what they look like and what stands beside them."""
    form = read_form(layout)
    tokens = _tokens(form, place)
    label = label_of(form, tokens)
    kind = _type_of(form, tokens)
    name = "".join(character if character.isascii() and character.isalnum() else "_" for character in label.lower())
    name = "_".join(filter(None, name.split("_"))) or kind
    name = name if name[0].isalpha() else f"field_{name}"
    question = f"What is the {label.lower()}?" if label else ""
    return FieldDraft(name[:40], kind, (label,) if label else (), question)


def _type_of(form: FormText, tokens: range) -> FieldType:
    origin = find_origin(form)
    kinds: list[tuple[FieldType, list[range]]] = [
        ("email", [found.tokens for found in find_emails(form)]),
        ("iban", [found.tokens for found in find_ibans(form)]),
        ("vat_number", [found.tokens for found in find_vat_numbers(form)]),
        ("date", [found.tokens for found in find_dates(form, origin)]),
        ("amount", [a.candidate.tokens for a in find_amounts(form) if not a.candidate.traits["plain_number"]]),
        ("identifier", [found.tokens for found in find_identifiers(form)]),
    ]
    chosen = set(tokens)
    for kind, spans in kinds:
        for span in spans:
            if len(chosen.intersection(span)) >= 0.6 * max(len(chosen), len(span)):
                return kind
    return "text"


def _tokens(form: FormText, place: WordPlace) -> range:
    pages = form.layout.pages
    if not place.words or not 0 <= place.page < len(pages) or max(place.words) >= len(pages[place.page].words):
        raise UsageError("There are no such words on the page", where=str(place), remedy="Choose words of the page.")
    return form.words_at(place)


def _form_of(text: str) -> FormText:
    return read_form(layout_of_text("", text))
