"""Handing a question to the desk, and saying in place what happened where the desk would not take it."""

import streamlit as st

from rag.desk.protocols import Desk
from ui.chat.components import draw
from ui.chat.session import reader
from ui.chat.views import notice_view
from vectorstore.errors import RefdeskError
from vectorstore.types import EVERYTHING

_NOTICE = "notice"
_DRAFT = "draft"
_INPUT = "question"


def ask(desk: Desk, conversation_id: str | None, question: str) -> None:
    """Queue a question and show its conversation; a refused one comes back into the input, so nothing typed is lost."""
    st.session_state.pop(_NOTICE, None)
    try:
        st.query_params["c"] = desk.conversations.ask(reader(), EVERYTHING, question, conversation_id)
    except RefdeskError as error:
        st.session_state[_NOTICE] = notice_view(error)
        st.session_state[_DRAFT] = question
    st.rerun()


def shorten(desk: Desk, conversation_id: str, turn: int) -> None:
    """Have an answer said in fewer words."""
    st.session_state.pop(_NOTICE, None)
    try:
        desk.conversations.shorten(reader(), EVERYTHING, conversation_id, turn)
    except RefdeskError as error:
        st.session_state[_NOTICE] = notice_view(error)
    st.rerun()


def draw_input(desk: Desk, conversation_id: str | None) -> None:
    """The input at the foot of the page and, above it until the next question, why the last one was refused."""
    # The container is there with and without a notice, so that the input under it keeps its place and its focus.
    with st.bottom, st.container():
        if notice := st.session_state.get(_NOTICE):
            draw("notice", "notice", notice)
    if draft := st.session_state.pop(_DRAFT, None):
        st.session_state[_INPUT] = draft
    if question := st.chat_input("Ask a question", key=_INPUT):
        ask(desk, conversation_id, question)
