"""The page of forms: files in, their values beside their pages, put right and accepted, and out as a table."""

import json
from collections.abc import Sequence

import streamlit as st

from ingest.readers.registry import SUFFIXES
from rag.desk.curator_protocols import Forms
from rag.extraction.types import Form, SchemaInfo
from ui import texts
from ui.chat.components import draw, draw_upload
from ui.chat.pages.forms.corrections import correct, reply_to, show_page, shown_page
from ui.chat.pages.forms.output import draw_corrections, draw_output
from ui.chat.pages.forms.schemas import draw_schemas
from ui.chat.pages.forms.views import form_view, list_view, progress_view, schema_line, summary
from ui.chat.session import get_desk, reader
from ui.chat.views import label, notice_view
from vectorstore.errors import RefdeskError

_READ, _MAKE = "Read forms", "Make a schema"
_POLL_SECONDS = 1.0
_PART, _SCHEMA, _FORM = "part", "schema", "form"
_OPEN = "forms-open"
_NEXT = "forms-next"
"""What the widgets are set to in the next run: they cannot be set once they are drawn."""
_LEAD = (
    "Drop invoices, receipts or other forms: Refdesk finds the same few values in each and shows where they stand. "
    "The files stay on this machine, in a folder of their own, until you remove them. No answer in the chat uses them."
)

_GONE = "This schema is no longer there; what was read by it can be removed."


def draw_forms() -> None:
    """The page, in a container of its own width."""
    desk = get_desk()
    with st.container(key="curators"):
        st.title("Forms", anchor=False)
        st.caption(_LEAD)
        st.session_state.update(st.session_state.pop(_NEXT, {}))
        try:
            schemas = _schemas(desk.forms)
            st.session_state.setdefault(_PART, _READ)
            part = st.segmented_control("Part", [_READ, _MAKE], required=True, key=_PART, label_visibility="collapsed")
            if part == _MAKE:
                if tried := draw_schemas(desk.forms, desk.documents.longest_file):
                    st.session_state[_NEXT] = {_PART: _READ, _SCHEMA: tried}
                    st.rerun()
            else:
                _draw_reading(desk.forms, schemas, desk.documents.longest_file)
        except RefdeskError as error:
            draw("notice", "forms-trouble", notice_view(error))


def _schemas(desk_forms: Forms) -> dict[str, SchemaInfo]:
    """All there are, and those that are gone while forms that were read by them are still here."""
    known = {schema.name: schema for schema in desk_forms.schemas(reader())}
    gone = [name for name in desk_forms.used_schemas(reader()) if name not in known]
    return known | {name: SchemaInfo(name, _GONE, (), builtin=False) for name in gone}


def _draw_reading(desk_forms: Forms, schemas: dict[str, SchemaInfo], longest: int) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "What the files are", list(schemas), format_func=label, key=_SCHEMA, bind="query-params", width=320
        )
        schema = schemas[chosen]
        if schema.fields and not schema.builtin:
            _draw_deletion(desk_forms, schema)
    draw("line", "forms-schema", {"text": schema_line(schema)})
    if schema.fields:
        key, query = f"upload-{schema.name}", {"schema": schema.name}
        if draw_upload(key, "form-files", SUFFIXES, longest, query=query):
            st.rerun()
    forms = desk_forms.list(reader(), schema.name)
    if forms:
        current = _current(forms)
        _draw_forms(desk_forms, schema, forms, current)
        draw_output(desk_forms, schema, forms)
        if current:
            _draw_form(desk_forms, schema, current, [form.id for form in forms if form.ended])
    if schema.fields:
        draw_corrections(desk_forms, schema)


def _draw_deletion(desk_forms: Forms, schema: SchemaInfo) -> None:
    kept = desk_forms.corrections(reader(), schema.name)
    with st.popover("Delete the schema", icon=":material/delete:", type="tertiary"):
        lost = f"The schema and the {texts.counted(kept, 'correction')} kept for it" if kept else "The schema"
        st.markdown(f"{lost} will be gone. What was read by it stays until you remove it.")
        if st.button("Delete", key="forms-delete-schema"):
            desk_forms.delete_schema(reader(), schema.name)
            st.session_state[_NEXT] = {_SCHEMA: desk_forms.schemas(reader())[0].name}
            st.rerun()


def _current(forms: Sequence[Form]) -> Form | None:
    """The form that is open: the one that was chosen, else the first that is to be looked at."""
    wanted = st.session_state.get(_OPEN) or st.query_params.get(_FORM)
    ended = [form for form in forms if form.ended]
    chosen = [form for form in ended if str(form.id) == wanted]
    left = [form for form in ended if form.is_read and not form.accepted and not form.is_refused]
    return next(iter([*chosen, *left, *ended]), None)


def _open(form: int | str) -> None:
    """Open a form now, and after a reload.

    The address alone would not do: a look at the list that was sent before the new address has come brings the old one.
    """
    st.session_state[_OPEN] = st.query_params[_FORM] = str(form)


def _draw_forms(desk_forms: Forms, schema: SchemaInfo, forms: Sequence[Form], current: Form | None) -> None:
    """The forms and how far reading is; looked at again, without the rest of the page, while there is some to read."""
    number = current.id if current else None
    if any(form.unfinished for form in forms):
        st.fragment(_follow, run_every=_POLL_SECONDS)(schema, number)
    else:
        with st.container():  # as a fragment has one: the list keeps its place
            _draw_list(desk_forms, schema, forms, number)


def _follow(schema: SchemaInfo, current: int | None) -> None:
    desk_forms = get_desk().forms
    desk_forms.see_to(reader())
    forms = desk_forms.list(reader(), schema.name)
    if not any(form.unfinished for form in forms) or (current is None and any(form.ended for form in forms)):
        st.rerun()  # the whole page: there is a form to show, or nothing more to wait for
    if draw("progress", "forms-progress", progress_view(forms)).get("stop"):
        desk_forms.stop(reader())
        st.rerun()
    _draw_list(desk_forms, schema, forms, current)


def _draw_list(desk_forms: Forms, schema: SchemaInfo, forms: Sequence[Form], current: int | None) -> None:
    st.caption(summary(forms, schema))
    done = draw("forms", "forms", list_view(forms, schema, current))
    if opened := done.get("open"):
        _open(opened)
    elif removed := done.get("remove"):
        desk_forms.remove(reader(), [int(removed)])
    if done:
        st.rerun()


def _draw_form(desk_forms: Forms, schema: SchemaInfo, listed: Form, beside: Sequence[int]) -> None:
    form = desk_forms.get(reader(), listed.id)
    if form is None:  # removed in this moment, by another reader
        return
    done = draw("form", "form", form_view(form, schema, shown_page(form), beside, reply_to(form)))
    if done:
        _open(form.id)  # it stays open, whatever becomes of the others
    if opened := done.get("open"):
        _open(opened)
    elif turned := done.get("page"):
        show_page(form, int(turned))
    elif (sent := done.get("correct")) and (said := json.loads(sent))["form"] == str(form.id):
        correct(desk_forms, form, said)
    elif (sent := done.get("accept")) and (said := json.loads(sent))["form"] == str(form.id):
        desk_forms.accept(reader(), form.id, said["accepted"])
        if said["accepted"]:
            _open(_after(desk_forms, schema, form))
    if done:
        st.rerun()


def _after(desk_forms: Forms, schema: SchemaInfo, form: Form) -> int:
    """The next form that is to be looked at; the present one where there is none."""
    left = [
        one.id
        for one in desk_forms.list(reader(), schema.name)
        if one.is_read and not one.accepted and not one.is_refused
    ]
    return next((one for one in left if one > form.id), left[0] if left else form.id)
