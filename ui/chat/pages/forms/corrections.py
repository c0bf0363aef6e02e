"""Putting a value of a form right: by words on its page, by words that were typed, or by saying that there are none."""

from typing import Any

import streamlit as st

from rag.desk.curator_protocols import Forms
from rag.extraction.locating import locate
from rag.extraction.types import Form, WordPlace
from ui import texts
from ui.chat.pages.forms.views import Reply
from ui.chat.session import reader
from vectorstore.errors import RefdeskError

_REPLY = "forms-reply"
_PAGE = "forms-page"
_NOT_THERE = "These words are not in the document. Type them as they stand there, or click them on the page."


def reply_to(form: Form) -> Reply | None:
    """What is to be said of the last correction, if it was one of this form."""
    reply = st.session_state.get(_REPLY)
    return reply if isinstance(reply, Reply) and reply.form == form.id else None


def shown_page(form: Form) -> int:
    """The page (from 0) that this reader looks at."""
    pages = len(form.extraction.layout.pages) if form.extraction and form.extraction.layout else 1
    pages_shown: dict[int, int] = st.session_state.setdefault(_PAGE, {})
    return min(max(pages_shown.get(form.id, 0), 0), pages - 1)


def show_page(form: Form, page: int) -> None:
    st.session_state.setdefault(_PAGE, {})[form.id] = page


def correct(desk_forms: Forms, form: Form, said: dict[str, Any]) -> None:
    """Take what the page sent; a reason against it is kept as a reply to the form."""
    field, number = str(said["field"]), int(said["number"])
    before = reply_to(form)
    st.session_state[_REPLY] = None
    found: tuple[WordPlace, ...] = ()
    at = 0
    if "text" in said and form.extraction and form.extraction.layout:
        found = locate(form.extraction.layout, str(said["text"]))
        if not found:
            st.session_state[_REPLY] = Reply(form.id, field, _NOT_THERE, number=number)
            return
        at = next((number for number, place in enumerate(found) if place.page == shown_page(form)), 0)
    elif "next" in said and before and before.places:
        found, at = before.places, (before.at + 1) % len(before.places)
    place = found[at] if found else _place(said)
    try:
        desk_forms.correct(reader(), form, field, place, number)
        st.session_state[_REPLY] = Reply(form.id, field, places=found, at=at, number=number)
    except RefdeskError as error:
        trouble = " ".join(texts.ended(text) for text in (error.what, error.remedy) if text)
        st.session_state[_REPLY] = Reply(form.id, field, trouble, number=number)
        return
    if place:
        show_page(form, place.page)


def _place(said: dict[str, Any]) -> WordPlace | None:
    """The words that were chosen on the page; None where it was said that there are none."""
    return WordPlace(int(said["page"]), tuple(map(int, said["words"]))) if "words" in said else None
