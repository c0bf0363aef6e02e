"""``refdesk serve``: the chat in the browser."""

from typing import Annotated

import typer

from rag.settings import load_settings
from ui.cli.output import HomeOption, confirm_download, errors, say


def serve(
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; 127.0.0.1 is this machine only.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen on.", min=1, max=65535)] = 8501,
    home: HomeOption = None,
) -> None:
    """Serve the chat page."""
    settings = load_settings(home)

    from ui.server import bind
    from ui.server import serve as run

    listening = bind(host, port)  # before anything slow begins
    with errors.status("Loading the models") as loading:
        from rag.desk import open_desk  # the models take seconds to import

        desk = open_desk(settings, confirm_download(loading))
    with desk:
        run(desk, host, listening, ready=say)
