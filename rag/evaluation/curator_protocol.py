"""What the pages for curators ask of the desk, beside what every face may ask."""

from pathlib import Path
from typing import Protocol

from rag.answering.desk_protocol import DeskFace
from rag.evaluation.whatif import Try


class CuratorDesk(DeskFace, Protocol):
    """A desk that can be examined."""

    @property
    def home(self) -> Path:
        """The folder in which evaluations are kept; see ``rag.evaluation.runs``."""
        ...

    @property
    def attempt(self) -> Try:
        """Takes as long as searching and reading do, in the thread of the caller."""
        ...
