"""The page's own elements, drawn in the browser by `assets/*.js`: no iframe, no markup from outside, nothing remote.

Streamlit's markdown renders remote images and diagrams, so no text of a person, document or model goes through it.
Each function returns what the reader did since the last run, by name, and nothing where they did nothing.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

import streamlit as st

from ui.chat.pages.ask.views import View

Done = Mapping[str, str]
_SENT = ("open", "stop", "again", "close", "fresh", "remove", "ask", "rate", "added", "page", "correct", "accept")
_PARTS = {"form": ("sheet",), "example": ("sheet",)}
"""Components that have a part in common with others."""


def asset(name: str) -> str:
    """The text of a file in `assets/`."""
    return files("ui.chat").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _component(name: str) -> Callable[..., Mapping[str, object]]:
    parts = ("common", *_PARTS.get(name, ()), name)
    scripts = "".join(asset(f"{part}.js") for part in parts)
    styles = "".join(asset(f"{part}.css") for part in parts)
    return st.components.v2.component(f"refdesk_{name}", js=scripts, css=styles)


def draw(name: str, key: str, data: View) -> Done:
    """Draw the component of `assets/{name}.js` under a key that is its identity across runs.

    >>> if question := draw("welcome", "welcome", data).get("ask"):
    ...     ask(question)
    """
    result = _component(name)(key=key, data=data, **{f"on_{sent}_change": _nothing for sent in _SENT})
    return {sent: str(result[sent]) for sent in _SENT if result.get(sent)}


def _nothing() -> None:
    """Streamlit reports only those triggers that have a callback; what was sent is read from the result."""
