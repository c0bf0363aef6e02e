"""What the pages for curators ask of the desk, beside what every face may ask."""

from pathlib import Path
from typing import Protocol

from rag.desk.protocols import DeskFace
from rag.evaluation.types import Try
from rag.extraction.service import FormService
from rag.training.runs.store import Runs


class CuratorDesk(DeskFace, Protocol):
    """A desk that can be examined."""

    @property
    def home(self) -> Path:
        """The folder in which all is kept: documents, jobs, evaluations (see ``rag.evaluation.runs``)."""
        ...

    def see_to_jobs(self) -> None:
        """See that the jobs are done that are queued in ``home``; see ``rag.jobs.queue``. They are done elsewhere."""
        ...

    @property
    def runs(self) -> Runs:
        """The training runs. They are checked and done as jobs are."""
        ...

    def change_writer(self) -> None:
        """Have the questions to come answered by the generator that the settings in ``home`` name now.

        Takes as long as loading it does. Raises UsageError or RefdeskError where it cannot be; the old one then stays.
        """
        ...

    @property
    def longest_file(self) -> int:
        """Bytes of the largest file that is read."""
        ...

    @property
    def forms(self) -> FormService:
        """The forms that came through the browser, and what reads them."""
        ...

    @property
    def attempt(self) -> Try:
        """Takes as long as searching and reading do, in the thread of the caller."""
        ...
