"""Whose page it is: its desk, the principal who looks at it, their time zone and language.

Streamlit runs the page's script in a thread of the server process, on every interaction anew, and passes it no
arguments. So the server leaves the desk here before it starts, and the script picks it up.
"""

from datetime import tzinfo

import streamlit as st

from rag.access.types import LOCAL_OWNER, Principal
from rag.desk.protocols import Desk
from ui.texts import zone_named

_desk: Desk | None = None


def set_desk(desk: Desk) -> None:
    """Give the page its desk; called once, before the server starts."""
    global _desk
    _desk = desk


def get_desk() -> Desk:
    """The desk that the server was started with. Raises RuntimeError where there is none."""
    if _desk is None:
        raise RuntimeError("The page was started without a desk: start it with `refdesk serve`")
    return _desk


def reader() -> Principal:
    """Who looks at the page."""
    return LOCAL_OWNER


def reader_zone() -> tzinfo:
    """The time zone that the browser names."""
    return zone_named(st.context.timezone)


def reader_locale() -> str:
    """The language that the browser names, such as "en-GB"; empty where it names none."""
    return st.context.locale or ""
