"""Making a schema from an example: its values are clicked on the page, and what a field is like is proposed."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import streamlit as st

from ingest.readers.registry import SUFFIXES
from rag.desk.curator_protocols import Forms
from rag.extraction.types import FieldDraft, FieldType, Form, WordPlace
from ui import texts
from ui.chat.components import draw, draw_upload
from ui.chat.pages.forms.corrections import show_page, shown_page
from ui.chat.pages.forms.views import example_view, progress_view
from ui.chat.session import get_desk, reader
from ui.chat.views import notice_view
from vectorstore.errors import RefdeskError

_POLL_SECONDS = 1.0
_LEAD = (
    "A schema says which values are read from a kind of document. Drop an example of it, or choose one that was read, "
    "and click the values on its page: what each field is like is proposed, and can be changed."
)
_TYPES: dict[FieldType, str] = {
    "text": "Text",
    "identifier": "Number or code",
    "organisation": "Organisation",
    "date": "Date",
    "amount": "Amount of money",
    "currency": "Currency",
    "iban": "IBAN",
    "vat_number": "VAT number",
    "email": "E-mail address",
}
"""A choice has words of its own, which only a file can hold."""
_DRAFT = "schema-draft"
_SAVED = "schema-saved"


@dataclass
class _Draft:
    """The schema in the making, of this browser tab: its example and its fields by number."""

    example: int
    fields: dict[int, tuple[FieldDraft, WordPlace]] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)


def draw_schemas(desk_forms: Forms, longest: int) -> str | None:
    """Returns the name of a schema that is to be tried now."""
    st.caption(_LEAD)
    if draw_upload("upload-", "form-files", SUFFIXES, longest, query={"schema": ""}):
        st.rerun()
    forms = desk_forms.list(reader())
    coming = [form for form in forms if not form.schema and form.unfinished]
    if coming:
        st.fragment(_follow, run_every=_POLL_SECONDS)([form.id for form in coming])
    _draw_failed(desk_forms, forms)
    examples = [form for form in reversed(forms) if form.is_read and not form.is_refused]
    if not examples:
        return None
    names = {form.id: form.name for form in examples}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Example", list(names), format_func=names.__getitem__)
        form = desk_forms.get(reader(), chosen)
        # One that was read by a schema is removed where it is listed.
        if form and not form.schema and st.button("Remove", key="remove-example", icon=":material/delete:"):
            desk_forms.remove(reader(), [chosen])
            st.rerun()
    if form is None or form.extraction is None or form.extraction.layout is None:
        return None
    draft = _draft_for(form)
    left, right = st.columns([3, 2], gap="large")
    with left, st.container(key="schema-example"):
        _draw_example(desk_forms, form, draft)
    with right:
        return _draw_fields(desk_forms, form, draft)


def _follow(coming: Sequence[int]) -> None:
    desk_forms = get_desk().forms
    desk_forms.see_to(reader())
    forms = [form for form in desk_forms.list(reader()) if form.id in coming]
    if not any(form.unfinished for form in forms):
        st.rerun()
    draw("progress", "examples-progress", progress_view(forms))


def _draw_failed(desk_forms: Forms, forms: Sequence[Form]) -> None:
    """Examples that could not be read: said until the next one, as they are good for nothing else."""
    for form in forms:
        if not form.schema and form.state == "failed":
            draw(
                "notice",
                f"example-{form.id}",
                {"what": "The example cannot be read.", "where": form.name, "remedy": texts.ended(form.error)},
            )
            if st.button("Remove it", key=f"remove-example-{form.id}"):
                desk_forms.remove(reader(), [form.id])
                st.rerun()


def _draft_for(form: Form) -> _Draft:
    draft = st.session_state.get(_DRAFT)
    if not isinstance(draft, _Draft) or draft.example != form.id:
        draft = st.session_state[_DRAFT] = _Draft(form.id)
    return draft


def _draw_example(desk_forms: Forms, form: Form, draft: _Draft) -> None:
    done = draw("example", f"example-{form.id}", example_view(form, shown_page(form), list(draft.fields.values())))
    if turned := done.get("page"):
        show_page(form, int(turned))
    elif sent := done.get("correct"):
        assert form.extraction is not None
        assert form.extraction.layout is not None
        said = json.loads(sent)
        place = WordPlace(int(said["page"]), tuple(map(int, said["words"])))
        proposed = desk_forms.draft_field(reader(), form.extraction.layout, place)
        taken = {known.name for known, _ in draft.fields.values()}
        numbered = (f"{proposed.name}_{number}" for number in itertools.count(2))
        name = next(one for one in itertools.chain([proposed.name], numbered) if one not in taken)
        draft.fields[next(draft.numbers)] = replace(proposed, name=name), place
    if done:
        st.rerun()


def _draw_fields(desk_forms: Forms, form: Form, draft: _Draft) -> str | None:
    """The fields so far, to be changed and saved; the name of the schema when it is to be tried."""
    if not draft.fields:
        st.markdown("Click a value on the page, or drag over several words, to make it the first field.")
        return None
    for number, (proposed, place) in list(draft.fields.items()):
        draft.fields[number] = _draw_field(form, number, proposed, place), place
        if st.session_state.get(f"field-{number}-remove"):
            del draft.fields[number]
            st.rerun()
    name = st.text_input("Name of the schema", key="schema-name", placeholder="delivery-note", max_chars=60).strip()
    about = st.text_input(
        "What it is for", key="schema-about", placeholder="Notes that come with parcels.", max_chars=300
    )
    if st.button("Save the schema", type="primary", disabled=not name):
        try:
            saved = desk_forms.save_schema(reader(), name, about.strip(), [one for one, _ in draft.fields.values()])
            st.session_state[_SAVED] = saved.name
        except RefdeskError as error:
            draw("notice", "schema-trouble", notice_view(error))
    saved_name = st.session_state.get(_SAVED)
    return _draw_saved(desk_forms, form, saved_name) if saved_name and saved_name == name else None


def _draw_field(form: Form, number: int, draft: FieldDraft, place: WordPlace) -> FieldDraft:
    """The field as the person wants it."""
    with st.container(border=True, gap="small"):
        top, side = st.columns([3, 2], vertical_alignment="center")
        top.text(f"“{_value(form, place)}”")
        side.button("Remove", key=f"field-{number}-remove", icon=":material/delete:", type="tertiary")
        left, right = st.columns(2)
        name = left.text_input("Name", draft.name, key=f"field-{number}-name", max_chars=60)
        kinds = list(_TYPES)
        kind = right.selectbox(
            "Type", kinds, kinds.index(draft.type), format_func=_TYPES.__getitem__, key=f"field-{number}-type"
        )
        with st.expander("Labels and question"):
            labels = st.text_input(
                "Labels: the words that announce it, with commas between",
                ", ".join(draft.labels),
                key=f"field-{number}-labels",
            )
            question = st.text_input("Question that it answers", draft.question, key=f"field-{number}-question")
            about = st.text_input("What it is", draft.description, key=f"field-{number}-about")
        required = st.checkbox("Every document has it", draft.required, key=f"field-{number}-required")
        repeated = st.checkbox("There may be several", draft.repeated, key=f"field-{number}-repeated")
    given = tuple(part.strip() for part in labels.split(",") if part.strip())
    return FieldDraft(name.strip(), kind, given, question.strip(), about.strip(), required, repeated)


def _value(form: Form, place: WordPlace) -> str:
    layout = form.extraction.layout if form.extraction else None
    assert layout is not None
    return " ".join(layout.pages[place.page].words[word].text for word in place.words)


def _draw_saved(desk_forms: Forms, form: Form, name: str) -> str | None:
    """The saved schema to read, to take along, and to try on the example."""
    text = desk_forms.schema_text(reader(), name)
    with st.container(horizontal=True):
        tried = st.button("Try it on the example", icon=":material/play_arrow:")
        st.download_button("Download", text, f"{name}.toml", on_click="ignore", icon=":material/download:")
    st.caption("The schema as it was saved. `refdesk extract FILE --schema NAME` reads by it too.")
    st.code(text, language="toml", wrap_lines=True)
    if not tried:
        return None
    desk_forms.try_on(reader(), form, name)
    return name
