"""Where the desk of a home is being served: a file in the home, by which a command finds it and asks it.

Its models are loaded, so a question takes there what the question takes. The file holds the address and a token that
only the home's owner can read; it is gone when the server ends. The server keeps it locked, so it counts for nothing
where the server was killed, whatever has its process number or its port since.
"""

import fcntl
import hashlib
import http.client
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.settings.model import Settings
from vectorstore.errors import RefdeskError, UsageError

FILE = "serving.json"
ROUTE = "/api/ask"
_CONNECT_SECONDS = 1.0
_ANSWER_SECONDS = 900.0
"""As long as the slowest answer on a busy machine takes."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A desk that is being served. ``settings`` tells whether it would answer as another one does."""

    address: str
    token: str
    settings: str


class Announcement:
    """Tells the commands of a home, while it is published, where its desk is served."""

    def __init__(self, settings: Settings) -> None:
        self.token = secrets.token_urlsafe(32)
        self._file = settings.home / FILE
        self._settings = fingerprint(settings)
        self._held: int | None = None

    def publish(self, address: str) -> None:
        coming = self._file.with_name(f"{FILE}.{os.getpid()}")
        coming.unlink(missing_ok=True)
        self._held = os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._held, fcntl.LOCK_EX)
        os.write(self._held, json.dumps(asdict(Serving(address, self.token, self._settings))).encode())
        coming.replace(self._file)

    def withdraw(self) -> None:
        """Unless another server has taken the place meanwhile."""
        known = read_serving(self._file)
        if known and known.token == self.token:
            self._file.unlink(missing_ok=True)
        if self._held is not None:
            os.close(self._held)
            self._held = None


def fingerprint(settings: Settings) -> str:
    """Equal for settings by which the same answers are given."""
    return hashlib.sha256(settings.model_dump_json().encode()).hexdigest()


def ask_served(settings: Settings, question: str, collections: Sequence[str]) -> dict[str, Any] | None:
    """The answer, as ``refdesk ask --json`` prints it, of the desk that is served on this home by these settings.

    None where there is none. Raises UsageError or RefdeskError with what it says of the question.
    """
    serving = read_serving(settings.home / FILE)
    if serving is None or serving.settings != fingerprint(settings):
        return None
    address = urlsplit(serving.address)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_CONNECT_SECONDS)
    try:
        connection.connect()
        connection.sock.settimeout(_ANSWER_SECONDS)
        body = json.dumps({"question": question, "collections": list(collections)})
        headers = {"Authorization": f"Bearer {serving.token}", "Content-Type": "application/json"}
        connection.request("POST", ROUTE, body, headers)
        response = connection.getresponse()
        said: dict[str, Any] = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None  # it has just ended, or something else answers there
    finally:
        connection.close()
    if response.status == http.client.OK:
        return said
    if response.status in (http.client.BAD_REQUEST, http.client.INTERNAL_SERVER_ERROR) and "what" in said:
        kind = UsageError if response.status == http.client.BAD_REQUEST else RefdeskError
        raise kind(said["what"], where=said["where"], remedy=said["remedy"])
    return None


def read_serving(file: Path) -> Serving | None:
    """Who serves, as ``file`` tells; None where nobody does, or somebody else has written it."""
    try:
        with file.open(encoding="utf-8") as told:
            if os.fstat(told.fileno()).st_uid != os.getuid() or not _is_locked(told.fileno()):
                return None
            return Serving(**json.load(told))
    except (OSError, ValueError, TypeError):
        return None


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
