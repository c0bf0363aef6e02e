"""Asking for a new training run: what it learns from, and how."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from rag.desk.protocols import Desk
from rag.training.data.tables import SUFFIXES
from rag.training.generator.presets import PRESETS
from rag.training.generator.settings import Method
from rag.training.runs.types import Request
from ui import texts
from ui.chat.components import draw
from ui.chat.session import reader

_UPLOAD, _PATHS, _JUDGED = "Upload files", "Files on this machine", "Judged answers"
_CHOSEN = "training-files"
_KINDS = """
CSV, JSONL or Parquet, with one of these sets of columns:

- `prompt` and `answer`, and `context` where the answer stands on a passage: it learns to answer so
- `messages`, a chat as a list of `role` and `content`: the same, over several turns
- `text`: it learns to write such text
- `prompt`, `chosen` and `rejected`: it learns which of two answers people like better
"""
_PRESETS = {
    "laptop": "Laptop: a small adapter for the packaged model, on any machine",
    "qlora-13gb": "GPU with 13 GB: an adapter for Llama 3.1 8B, held in 4 bits",
}
_METHODS: Mapping[Method, str] = {
    "lora": "LoRA: a small adapter beside the weights",
    "qlora": "QLoRA: the same, with the model in 4 bits",
    "dora": "DoRA: LoRA that learns sizes and directions apart",
    "adapters": "Bottleneck adapters between the layers",
    "ia3": "IA3: a factor for each channel, very few weights",
    "prompt": "Prompt tuning: a few tokens before the text",
    "prefix": "Prefix tuning: a few tokens before the text in each layer",
    "bitfit": "BitFit: biases and norms alone",
    "full": "All weights: slow, needs the most memory",
}


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
    preset = st.selectbox("Preset", list(PRESETS), format_func=lambda name: _PRESETS.get(name, name))
    values = _draw_values(PRESETS[preset])
    st.caption("The data are looked at first. Nothing is trained before you have seen what was found, and start it.")
    if not st.button("Check the data", disabled=not data):
        return None
    if source == _JUDGED:
        data = [str(desk.training.write_judged(reader()))]
    return desk.training.add(reader(), Request(tuple(data), preset, values))


def _draw_uploads(desk: Desk) -> list[str]:
    sent = draw(
        "upload",
        "upload-training",
        {
            "route": "training-files",
            "query": {},
            "queued": True,
            "suffixes": list(SUFFIXES),
            "mapping": "",
            "longest": desk.documents.longest_file,
            "hint": f"CSV, JSONL or Parquet; up to {desk.documents.longest_file // 1024**2:,} MB each",
        },
    ).get("added")
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
        help="Paths on the machine that Refdesk runs on. Of a folder all CSV, JSONL and Parquet files are read.",
    )
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


def _draw_values(preset: Mapping[str, Any]) -> dict[str, Any]:
    """What a person sets otherwise than the preset."""
    with st.expander("More settings"):
        st.caption("What is left empty is as the preset has it.")
        left, right = st.columns(2)
        method = left.selectbox(
            "Method",
            list(_METHODS),
            index=None,
            format_func=_METHODS.__getitem__,
            placeholder=_METHODS[preset.get("method", "lora")],
            help="What of the model is trained.",
        )
        epochs = right.number_input(
            "Epochs",
            min_value=1,
            value=None,
            placeholder=str(preset.get("epochs", 3)),
            help="So many times all samples are gone through.",
        )
        steps = left.number_input(
            "Steps at most",
            min_value=1,
            value=None,
            placeholder="no limit",
            help="A step is one change of the weights, from a few samples.",
        )
        rate = right.number_input(
            "Learning rate",
            min_value=0.0,
            value=None,
            format="%.6f",
            step=0.0001,
            placeholder=str(preset.get("learning_rate", "as is usual for the method")),
            help="How far a step goes. Too high, and the model forgets how to write.",
        )
        model = st.text_input(
            "Model",
            placeholder=preset.get("model", "the packaged one"),
            help="A name, or a folder on this machine, in Hugging Face's layout.",
        ).strip()
        convert = st.checkbox("Make chats of texts that carry another model's chat marks, such as [INST]")
    named = {
        "method": method,
        "epochs": epochs,
        "max_steps": steps,
        "learning_rate": rate or None,
        "model": model or None,
    }
    return {name: value for name, value in named.items() if value is not None} | (
        {"convert_markup": True} if convert else {}
    )
