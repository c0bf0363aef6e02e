"""Asking for a new training run: what it learns from, and how."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rag.desk.protocols import Desk
from rag.training.generator.settings import METHODS
from rag.training.presets import PRESETS, READER, settings_class
from rag.training.runs.types import Request
from rag.training.settings import SettingField, fields_of
from ui import texts
from ui.chat.components import draw_upload
from ui.chat.session import reader

_UPLOAD, _PATHS, _JUDGED = "Upload files", "Files on this machine", "Judged answers"
_CHOSEN = "training-files"
_KINDS = """
For the model that writes, CSV, JSONL or Parquet, with one of these sets of columns:

- `prompt` and `answer`, and `context` where the answer stands on a passage: it learns to answer so
- `messages`, a chat as a list of `role` and `content`: the same, over several turns
- `text`: it learns to write such text
- `prompt`, `chosen` and `rejected`: it learns which of two answers people like better

For the reader, questions in the form of SQuAD (JSON), or JSONL with one of these, packed with xz or not:

- `question`, `passages`, `supporting` (the numbers of the passages that answer, from 0) and `answerable`
- `sentence`, `passage` and `label`: supported, contradicted or not_enough
- `document`, `subject`, `kind`, `question` and `text`: a section of a document, and a question that it answers
"""
_OFFERED = {
    False: ("method", "epochs", "max_steps", "learning_rate", "model", "convert_markup"),
    True: ("epochs", "max_steps", "learning_rate", "held_out", "near_misses", "altered", "model"),
}
"""The settings that the page asks for, by whether they are the reader's; the command line knows them all."""


def draw_new_run(desk: Desk) -> str | None:
    """The name of the run, once one was asked for. Raises RefdeskError."""
    st.subheader("What it learns from", anchor=False)
    source = st.segmented_control(
        "Where the data are", [_UPLOAD, _PATHS, _JUDGED], default=_UPLOAD, required=True, label_visibility="collapsed"
    )
    if source == _UPLOAD:
        data = _draw_uploads(desk)
    elif source == _PATHS:
        data = _draw_paths()
    else:
        data = _draw_judged(desk)
    if source != _JUDGED:
        with st.expander("What the files have to hold"):
            st.markdown(_KINDS)
    st.subheader("How it learns", anchor=False)
    preset = st.selectbox("Preset", list(PRESETS), format_func=lambda name: PRESETS[name].summary)
    documents = _draw_documents() if preset == READER else []
    values = _draw_values(preset)
    st.caption("The data are looked at first. Nothing is trained before you have seen what was found, and start it.")
    if not st.button("Check the data", disabled=not data):
        return None
    if source == _JUDGED:
        data = [str(desk.training.write_judged(reader()))]
    return desk.training.add(reader(), Request(tuple(data), preset, values, tuple(documents)))


def _draw_uploads(desk: Desk) -> list[str]:
    kinds, longest = "CSV, JSONL, Parquet or JSON", desk.documents.longest_file
    sent = draw_upload("upload-training", "training-files", desk.training.data_suffixes, longest, query={}, kinds=kinds)
    kept = desk.training.data_files(reader())
    if sent:
        st.session_state[_CHOSEN] = kept[: int(sent)]
    if not kept:
        st.caption("Nothing at hand? Questions to a bicycle shop, answered as they do there, show how it goes.")
        if st.button("Take these examples", icon=":material/pedal_bike:"):
            st.session_state[_CHOSEN] = [desk.training.add_sample(reader())]
            st.rerun()
        return []
    root = desk.training.place_for(reader(), "x").parent
    st.session_state[_CHOSEN] = [path for path in st.session_state.get(_CHOSEN, kept[:1]) if path in kept]
    chosen = st.multiselect(
        "Train on", kept, format_func=lambda path: str(path.relative_to(root)), key=_CHOSEN, placeholder="Choose files"
    )
    if chosen and st.button("Delete these files", icon=":material/delete:", type="tertiary"):
        for path in chosen:
            desk.training.remove_file(reader(), path)
        st.rerun()
    return [str(path) for path in chosen]


def _draw_paths() -> list[str]:
    typed = st.text_area(
        "Files or folders, one a line",
        height=80,
        placeholder="/home/me/answers.csv",
        help="Paths on the machine that Refdesk runs on. Of a folder all files of these kinds are read.",
    )
    return _paths(typed)


def _draw_documents() -> list[str]:
    typed = st.text_area(
        "Documents to learn from as well, one folder or file a line",
        height=68,
        placeholder="/home/me/manuals",
        help="Paths on the machine that Refdesk runs on. The headings and entries of English documents become "
        "questions; leave it empty to learn from the data alone.",
    )
    return _paths(typed)


def _paths(typed: str) -> list[str]:
    return [str(Path(line.strip()).expanduser()) for line in typed.splitlines() if line.strip()]


def _draw_judged(desk: Desk) -> list[str]:
    judged, pairs = desk.training.judged(reader())
    st.markdown(
        f"{texts.counted(judged, 'answer')} judged in the chat make "
        f"{texts.counted(pairs, 'pair')} of a better and a worse answer."
    )
    if not pairs:
        st.caption(
            "A pair is an answer that was judged wrong, and the right answer that was given for it, or one to the same "
            "question that was judged right. Judge some answers in the chat first."
        )
    return ["pairs"] if pairs else []


def _draw_values(preset: str) -> dict[str, Any]:
    """What a person sets otherwise than the preset."""
    with st.expander("More settings"):
        st.caption("What is left empty is as the preset has it.")
        columns = itertools.cycle(st.columns(2))
        known = {field.name: field for field in fields_of(settings_class(preset))}
        offered = _OFFERED[preset == READER]
        drawn = {name: _draw_field(columns, known[name], PRESETS[preset].values) for name in offered}
    return {name: value for name, value in drawn.items() if value}


def _draw_field(columns: Iterator[DeltaGenerator], field: SettingField, preset: Mapping[str, Any]) -> Any:
    """What is set; nothing where it is to be as the ``preset`` has it. Texts and boxes to tick take the whole width."""
    usual = str(preset.get(field.name, field.default_text))
    if field.kind is bool:
        return st.checkbox(field.title, help=field.help)
    if field.choices:
        shown: Mapping[str, str] = {choice: METHODS.get(choice, choice) for choice in field.choices}
        return next(columns).selectbox(
            field.title,
            field.choices,
            index=None,
            format_func=shown.__getitem__,
            placeholder=shown.get(usual, usual),
            help=field.help,
        )
    if field.kind is str:
        return st.text_input(field.title, placeholder=usual, help=field.help).strip()
    if field.kind is int:
        least = int(field.minimum or 0)
        return next(columns).number_input(field.title, min_value=least, value=None, placeholder=usual, help=field.help)
    return next(columns).number_input(
        field.title,
        min_value=field.minimum,
        value=None,
        format="%.6f",
        step=0.0001,
        placeholder=usual,
        help=field.help,
    )
