"""``refdesk serve``: the chat in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from rag.settings.model import load_settings
from ui.cli.desk import open_desk
from ui.cli.output import HomeOption, confirm_download, errors, say


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; 127.0.0.1 is this machine only.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen on.", min=1, max=65535)] = 8501,
    model: Annotated[str | None, typer.Option("--model", help="The generator's model.")] = None,
    adapter: Annotated[
        Path | None, typer.Option("--adapter", help="A trained adapter for the generator, or the folder of its run.")
    ] = None,
    retrieval: Annotated[
        bool, typer.Option("--retrieval/--no-retrieval", help="Without: the generator alone, unchecked.")
    ] = True,
    home: HomeOption = None,
) -> None:
    """Serve the chat page."""
    chosen = {"model": model, "adapter": adapter}
    settings = load_settings(home, generator={key: value for key, value in chosen.items() if value is not None})

    from ui.server import bind
    from ui.server import serve as run
    from ui.serving import Announcement

    listening = bind(host, port)  # before anything slow begins
    loading = errors.status("Loading the models")
    with open_desk(context, settings, confirm_download(loading), retrieval=retrieval) as desk:
        with loading:
            desk.start()
        run(desk, host, listening, ready=say, announcement=Announcement(settings) if retrieval else None)
