"""The pages' own elements, drawn in the browser by `NAME.js`: no iframe, no markup from outside, nothing remote.

What belongs to a page lies in its folder, what several share in `assets/`. Streamlit's markdown renders remote images
and diagrams, so no text of a person, document or model goes through it. Each function returns what the reader did since
the last run, by name, and nothing where they did nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import streamlit as st

from ui.chat.views import View

Done = Mapping[str, str]
_SENT = (
    "open",
    "stop",
    "again",
    "shorter",
    "close",
    "fresh",
    "remove",
    "ask",
    "rate",
    "added",
    "page",
    "correct",
    "accept",
)
_PARTS = {"form": ("sheet",), "example": ("sheet",), "turn": ("blocks",)}
"""Components that have a part in common with others."""


@cache
def asset(name: str) -> str:
    """The text of a file in `assets/` or in the folder of a page; no two have the same name."""
    chat = files("ui.chat")
    folders = [chat.joinpath("assets"), *chat.joinpath("pages").iterdir()]
    return next(file for folder in folders if (file := folder.joinpath(name)).is_file()).read_text(encoding="utf-8")


@cache
def _component(name: str) -> Callable[..., Mapping[str, object]]:
    parts = ("common", *_PARTS.get(name, ()), name)
    scripts = "".join(asset(f"{part}.js") for part in parts)
    styles = "".join(asset(f"{part}.css") for part in parts)
    return st.components.v2.component(f"refdesk_{name}", js=scripts, css=styles)


def draw(name: str, key: str, data: View) -> Done:
    """Draw the component of `NAME.js` under a key that is its identity across runs.

    >>> if question := draw("welcome", "welcome", data).get("ask"):  # doctest: +SKIP
    ...     ask(question)
    """
    result = _component(name)(key=key, data=data, **{f"on_{sent}_change": _nothing for sent in _SENT})
    return {sent: str(result[sent]) for sent in _SENT if result.get(sent)}


def draw_upload(
    key: str,
    route: str,
    suffixes: Sequence[str],
    longest: int,
    *,
    query: Mapping[str, str],
    kinds: str = "",
    queued: bool = True,
    mapping: str = "",
) -> str:
    """Where files are dropped that go to ``route`` with this ``query``; how many have come, empty where none has.

    ``longest`` is in bytes. Each is ``queued`` as it comes, or all of them together; a file called ``mapping`` is taken
    whatever its suffix.
    """
    named = kinds or " ".join(suffix.removeprefix(".") for suffix in suffixes)
    data: View = {
        "route": route,
        "query": dict(query),
        "queued": queued,
        "suffixes": list(suffixes),
        "mapping": mapping,
        "longest": longest,
        "hint": f"{named}; up to {longest // 1024**2:,} MB each",
    }
    return draw("upload", key, data).get("added", "")


def _nothing() -> None:
    """Streamlit reports only those triggers that have a callback; what was sent is read from the result."""
