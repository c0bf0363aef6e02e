"""Signs of life: whoever has leased work says in a thread of its own that it is still at it."""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from typing import Self

from vectorstore.errors import RefdeskError

logger = logging.getLogger(__name__)

RENEW_SECONDS = 5.0
"""Between signs of life: several may fail before a lease of ``rag.jobs.types.LEASE_SECONDS`` has run out."""


def new_owner() -> str:
    """A name for whoever works, that nobody else has."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class Heartbeat:
    """Calls ``renew`` every so many seconds from its start to its end; one that fails is said, and tried again."""

    def __init__(self, renew: Callable[[], None], seconds: float = RENEW_SECONDS) -> None:
        self._renew = renew
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _beat(self) -> None:
        while not self._over.wait(self._seconds):
            try:
                self._renew()
            except RefdeskError as error:
                logger.warning("%s", error)
