"""Reading the forms of the tray, in a thread of its own: whoever added them may go and come back.

A thread of the server, and no process as for documents: the reader is loaded there already, and a page takes a fraction
of a second. What reads the files themselves is a process, which the desk guards.
"""

import logging
import threading

from rag.extraction.form_store import Form, Tray
from rag.extraction.protocol import FormDesk
from rag.extraction.types import Extraction, WordPlace
from vectorstore.errors import RefdeskError, UsageError

logger = logging.getLogger(__name__)

_GOODBYE_SECONDS = 3.0


class FormService:
    """The tray, and the desk that reads it. For several threads."""

    def __init__(self, tray: Tray, desk: FormDesk) -> None:
        self.tray = tray
        self.desk = desk
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        tray.resume()
        self.see_to()

    def see_to(self) -> None:
        """See that what waits in the tray is read."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._read, name="forms", daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Until nothing is read any more."""
        if self._thread:
            self._thread.join()

    def correct(self, form: Form, field: str, place: WordPlace | None, at: int = 0) -> None:
        """Keep what a person says of a field, as ``FormDesk.correct`` does, which also says what it refuses."""
        if form.extraction is None:
            raise UsageError("This document has not been read", where=form.name, remedy="Wait until it is.")
        self.tray.put(form.id, self.desk.correct(form.extraction, field, place, at))

    def close(self) -> None:
        """Begin no further form; what waits is read at the next start."""
        self._closing.set()
        if self._thread:
            self._thread.join(_GOODBYE_SECONDS)
            if self._thread.is_alive():  # it is reading a long document, and ends with the process
                return
        self.desk.close()
        self.tray.close()

    def _read(self) -> None:
        while not self._closing.is_set() and (form := self.tray.begin()):
            try:
                self.tray.put(form.id, self._extraction(form))
            except RefdeskError as error:
                self.tray.fail(form.id, str(error))
            except Exception:
                logger.exception("a form could not be read")
                self.tray.fail(form.id, "Something went wrong. The terminal in which Refdesk was started says what.")

    def _extraction(self, form: Form) -> Extraction:
        if form.schema:
            (extraction,) = self.desk.extract([form.path], form.schema)
            return extraction
        return Extraction(form.path, "", "complete", {}, layout=self.desk.layout(form.path))
