"""Which desk the page speaks to.

Streamlit runs the page's script in a thread of the server process, on every interaction anew, and passes it no
arguments. So the server leaves the desk here before it starts, and the script picks it up.
"""

from rag.desk.curator_protocol import CuratorDesk

_desk: CuratorDesk | None = None


def set_desk(desk: CuratorDesk) -> None:
    """Give the page its desk; called once, before the server starts."""
    global _desk
    _desk = desk


def get_desk() -> CuratorDesk:
    """The desk that the server was started with. Raises RuntimeError where there is none."""
    if _desk is None:
        raise RuntimeError("The page was started without a desk: start it with `refdesk serve`")
    return _desk
