"""Forms out as a table, reading them again, and what becomes of the corrections."""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from rag.desk.curator_protocols import Forms
from rag.extraction.output import as_json, write_csv, write_xlsx
from rag.extraction.types import Extraction, Form, SchemaInfo
from rag.files import write_json
from ui import texts
from ui.chat.session import reader

Write = Callable[[Path, Sequence[Extraction]], None]

_ALL, _ACCEPTED = "Export all", "Export accepted ones"
_KEPT = (
    "What you put right is kept as an example for this schema, and the next documents of the same sender or layout are "
    "read by it."
)


def draw_output(desk_forms: Forms, schema: SchemaInfo, forms: Sequence[Form]) -> None:
    """The values as files, and what can be done with all forms at once."""
    with st.container(horizontal=True, vertical_alignment="center"):
        which = st.selectbox(
            "What to export", [_ALL, _ACCEPTED], width=220, key="forms-export", label_visibility="collapsed"
        )
        chosen = [form for form in forms if form.is_read and (form.accepted or which == _ALL)]
        for kind, write in _WRITERS.items():
            st.download_button(
                kind.upper(),
                _contents(chosen, write),
                f"{schema.name}.{kind}",
                key=f"forms-export-{kind}",
                on_click="ignore",
                icon=":material/download:",
                type="tertiary",
                disabled=not chosen,
            )
        rest = [form.id for form in forms if form.state == "stopped"]
        again = rest or [form.id for form in forms if not form.accepted and not form.unfinished]
        if st.button(
            "Read the rest" if rest else "Read again",
            key="forms-again",
            icon=":material/refresh:",
            type="tertiary",
            help=None if rest else "Those not accepted yet.",
            disabled=not again,
        ):
            desk_forms.read_again(reader(), again)
            st.rerun()
        with st.popover("Remove all", icon=":material/delete:", type="tertiary"):
            st.markdown(f"{texts.counted(len(forms), 'document')}, and all that was read from them.")
            if st.button("Remove", key="forms-remove-all"):
                desk_forms.remove(reader(), [form.id for form in forms])
                st.rerun()


def _contents(forms: Sequence[Form], write: Write) -> Callable[[], bytes]:
    """Made when it is asked for. A document goes out by its name: where it lies is nobody's business."""
    read = [replace(form.extraction, document=Path(form.name)) for form in forms if form.extraction]

    def contents() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "fields"
            write(file, read)
            return file.read_bytes()

    return contents


def _write_json(file: Path, extractions: Sequence[Extraction]) -> None:
    write_json(file, [as_json(one) for one in extractions])


_WRITERS: dict[str, Write] = {"csv": write_csv, "xlsx": write_xlsx, "json": _write_json}


def draw_corrections(desk_forms: Forms, schema: SchemaInfo) -> None:
    """How many corrections are kept, taking them along as training data, and forgetting them."""
    kept = desk_forms.corrections(reader(), schema.name)
    if not kept:
        return
    st.subheader("Corrections", anchor=False)
    st.caption(f"{texts.counted(kept, 'correction')} {'is' if kept == 1 else 'are'} kept. {_KEPT}")
    with st.container(horizontal=True):
        st.download_button(
            "As training data",
            lambda: json.dumps(desk_forms.squad(reader(), schema.name), indent=2, ensure_ascii=False),
            f"{schema.name}-squad.json",
            key="forms-squad",
            on_click="ignore",
            icon=":material/download:",
            help="Questions and answers in the form of SQuAD 2, for `refdesk finetune reader`.",
        )
        with st.popover("Forget them", icon=":material/delete:"):
            st.markdown("What was put right in the documents above stays; the next ones are read without it.")
            if st.button("Forget", key="forms-forget"):
                desk_forms.forget_corrections(reader(), schema.name)
                st.rerun()
