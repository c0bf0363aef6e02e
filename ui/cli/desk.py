"""The desk that a command speaks to."""

from typing import Protocol

import typer

from rag.desk.protocols import Desk
from rag.settings.model import Settings
from vectorstore.models import Confirm


class OpenDesk(Protocol):
    """Opens the desk of a home: ``rag.desk.service.open_desk``, or a stand-in that ``main`` was given."""

    def __call__(self, settings: Settings, confirm: Confirm | None = None, *, retrieval: bool = True) -> Desk: ...


def open_desk(
    context: typer.Context, settings: Settings, confirm: Confirm | None = None, *, retrieval: bool = True
) -> Desk:
    """The desk of these settings; use it as a context manager."""
    from rag.desk.service import open_desk as open_local  # brings libraries that a wrong call need not wait for

    given: OpenDesk | None = context.obj
    return (given or open_local)(settings, confirm, retrieval=retrieval)
