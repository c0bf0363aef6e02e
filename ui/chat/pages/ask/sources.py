"""The source panel: which passage is open, and showing it. Only this browser tab knows; a reload closes the panel."""

from dataclasses import dataclass

import streamlit as st

from rag.conversations.types import Conversation
from rag.desk.protocols import Desk
from rag.types import Citation
from ui.chat.components import draw
from ui.chat.pages.ask.views import citations_of, source_view, steps_view
from ui.chat.session import reader
from ui.chat.views import View, notice_view
from vectorstore.errors import RefdeskError
from vectorstore.types import EVERYTHING

_STATE = "open_source"


@dataclass(frozen=True, slots=True)
class _Open:
    conversation: str
    turn: int
    key: str


def open_key(conversation_id: str, turn_id: int) -> str:
    """The key of the passage open in this turn, empty where there is none."""
    chosen = _chosen()
    return chosen.key if chosen and (chosen.conversation, chosen.turn) == (conversation_id, turn_id) else ""


def toggle(conversation_id: str, turn_id: int, key: str) -> None:
    """Open a passage; choosing the open one again closes it."""
    chosen = _Open(conversation_id, turn_id, key)
    st.session_state[_STATE] = None if chosen == _chosen() else chosen


def _chosen() -> _Open | None:
    chosen = st.session_state.get(_STATE)
    return chosen if isinstance(chosen, _Open) else None


def draw_source(desk: Desk, conversation: Conversation) -> None:
    """Draw the panel if a passage of this conversation is open and still belongs to an answer."""
    chosen = _chosen()
    if chosen is None or chosen.conversation != conversation.id:
        return
    turn = next((turn for turn in conversation.turns if turn.id == chosen.turn), None)
    citations = citations_of(turn) if turn else {}
    citation = citations.get(chosen.key)
    if citation is None:
        return
    # The steps go through the sources of the answer or through the closest passages, never from one to the other.
    keys = [key for key in citations if key[0] == chosen.key[0]]
    with st.container(key="source-panel"):
        done = draw("source", "source", steps_view(chosen.key, keys) | _passage_view(desk, citation))
    if key := done.get("open"):
        st.session_state[_STATE] = _Open(chosen.conversation, chosen.turn, key)
        st.rerun()
    if done.get("close"):
        st.session_state[_STATE] = None
        st.rerun()


def _passage_view(desk: Desk, citation: Citation) -> View:
    try:
        return source_view(desk.documents.source(reader(), EVERYTHING, citation), citation)
    except RefdeskError as error:  # the document was removed since; the answer with its quotes stays
        return {"missing": notice_view(error)}
