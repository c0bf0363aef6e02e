"""Where forms are dropped."""

import streamlit as st

from ingest.readers.registry import SUFFIXES
from ui.chat.components import draw


def draw_upload(schema: str, longest: int) -> None:
    """Files to be read by a schema, or as examples for a new one where ``schema`` is empty; ``longest`` in bytes."""
    kinds = " ".join(suffix.removeprefix(".") for suffix in SUFFIXES)
    data = {
        "route": "form-files",
        "query": {"schema": schema},
        "queued": True,
        "suffixes": list(SUFFIXES),
        "mapping": "",
        "longest": longest,
        "hint": f"{kinds}; up to {longest // 1024**2:,} MB each",
    }
    if draw("upload", f"upload-{schema}", data).get("added"):
        st.rerun()
