"""The sidebar: a new conversation, and the earlier ones."""

from datetime import UTC, datetime

import streamlit as st

from rag.desk.protocols import Desk
from ui.chat.components import draw
from ui.chat.pages.ask.views import shelf_groups
from ui.chat.session import reader, reader_zone


def draw_sidebar(desk: Desk, current: str | None) -> None:
    """Draw the list with the current conversation marked, and follow what the reader chooses in it."""
    groups = shelf_groups(desk.conversations.list(reader()), current, zone=reader_zone(), now=datetime.now(UTC))
    with st.sidebar:
        done = draw("shelf", "shelf", {"groups": groups, "foot": desk.questions.engine_name(reader())})
    if chosen := done.get("open"):
        st.query_params["c"] = chosen
        st.rerun()
    if removed := done.get("remove"):
        desk.conversations.delete(reader(), removed)
        if removed == current:
            st.query_params.pop("c", None)
        st.rerun()
    if done.get("fresh"):
        st.query_params.pop("c", None)
        st.rerun()
