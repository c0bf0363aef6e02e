"""The reading column: the turns of a conversation, kept fresh while one of them is being answered."""

import json

import streamlit as st

from rag.conversations.types import Conversation, Turn
from rag.desk.protocols import Desk
from ui.chat.components import draw
from ui.chat.pages.ask import sources
from ui.chat.pages.ask.asking import ask, shorten
from ui.chat.pages.ask.views import turn_view
from ui.chat.session import get_desk, reader

POLL_SECONDS = 0.3
UNFINISHED = ("waiting", "working")


def draw_turns(desk: Desk, conversation: Conversation) -> None:
    """Draw every turn; only those still being answered ask the desk again, and only for as long as they are."""
    for turn in conversation.turns:
        if turn.state in UNFINISHED:
            st.fragment(_follow, run_every=POLL_SECONDS)(conversation.id, turn.id)
        else:
            # A fragment draws into a container of its own. With the same container here a turn keeps its place on the
            # page when it is finished, and the browser changes what changed instead of building it anew: no flicker.
            with st.container():
                _draw_turn(desk, conversation.id, turn)


def _follow(conversation_id: str, turn_id: int) -> None:
    """One look at an unfinished turn; runs every POLL_SECONDS without the rest of the page."""
    desk = get_desk()
    conversation = desk.conversations.get(reader(), conversation_id)
    turn = next((turn for turn in conversation.turns if turn.id == turn_id), None) if conversation else None
    if turn is None or turn.state not in UNFINISHED:
        st.rerun()  # the whole page, which then draws this turn as finished and stops the clock
    _draw_turn(desk, conversation_id, turn)


def _draw_turn(desk: Desk, conversation_id: str, turn: Turn) -> None:
    active = sources.open_key(conversation_id, turn.id)
    done = draw(
        "turn",
        f"turn-{conversation_id}-{turn.id}",
        turn_view(turn, active, can_write=desk.questions.can_write(reader())),
    )
    if key := done.get("open"):
        sources.toggle(conversation_id, turn.id, key)
        st.rerun()
    if done.get("stop"):
        desk.conversations.stop(reader(), conversation_id)
        st.rerun()
    if done.get("shorter"):
        shorten(desk, conversation_id, turn.id)
    if done.get("again"):
        ask(desk, conversation_id, turn.question)
    if sent := done.get("rate"):
        given = json.loads(sent)
        verdict = {"right_answer": given["rightAnswer"], "note": given["note"]}
        desk.conversations.rate(reader(), conversation_id, turn.id, given["rating"], **verdict)
        st.rerun()
