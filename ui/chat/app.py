"""The chat as an ASGI application."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from streamlit import config

# Streamlit puts the folder of its script on sys.path, so that folder holds the script and its settings alone.
SCRIPT = Path(__file__).parent / "entry" / "refdesk.py"


def chat_app(*, routes: Sequence[BaseRoute], middleware: Sequence[Middleware]) -> ASGIApp:
    """The page with routes of our own beside it and `middleware` around both."""
    app = st.App(SCRIPT, routes=routes, middleware=middleware)
    # The settings beside the script count from here on, even where an import has read Streamlit's settings before.
    config.get_config_options(force_reparse=True)
    return app
