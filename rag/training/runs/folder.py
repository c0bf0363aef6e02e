"""The folder of one training run: what was asked for, how it goes, and what came of it."""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.files import explained, write_json, write_text
from rag.settings.renamed import renamed
from vectorstore.errors import UsageError

FOLDER = "runs"
"""Where a home keeps the folders of its runs."""

_locks: dict[Path, int] = {}
"""What this process keeps others out of: the open files by their paths."""


class RunFolder:
    """Files of one run. ``log`` holds a row a training step, and one an evaluation (with ``score``)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoint = path / "checkpoint"
        self.best = path / "best"
        self.log: list[dict[str, Any]] = []
        self._log_file = path / "log.jsonl"
        self._settings_file = path / "settings.json"

    def claim(self, settings: Mapping[str, Any], *, resume: bool) -> None:
        """Begin a run with ``settings`` (as JSON takes them), or go on with the one that was begun with the same.

        Raises UsageError when the folder holds something else than that or another process works on it, RefdeskError
        when it cannot be written.
        """
        settings = json.loads(json.dumps(settings))
        begun = self._settings_file.exists()
        if begun and not resume:
            raise UsageError(
                "This folder holds a run already", where=str(self.path), remedy="Go on with --resume, or name another."
            )
        if begun:
            self._compare(settings)
            self._lock()
            return
        with explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            if any(not entry.name.startswith(".") for entry in self.path.iterdir()):
                raise UsageError(
                    "This folder holds other files", where=str(self.path), remedy="Name a new or an empty folder."
                )
        self._lock()
        write_json(self._settings_file, settings)

    def _lock(self) -> None:
        """Keep other processes out for as long as this one lives."""
        file = self.path.resolve() / ".lock"
        if file in _locks:
            return
        with explained(self.path):
            lock = os.open(file, os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise UsageError(
                "Another process is at work on this run", where=str(self.path), remedy="Wait for its end, or stop it."
            ) from error
        _locks[file] = lock

    def _compare(self, settings: Mapping[str, Any]) -> None:
        before = _of_today(json.loads(self._settings_file.read_text(encoding="utf-8")))
        for name in {**before, **settings}:
            if before.get(name) != settings.get(name):
                raise UsageError(
                    f"The run was begun with {name} = {before.get(name)}, not {settings.get(name)}",
                    where=str(self.path),
                    remedy="Resume with the same call, or begin another run with another --output.",
                )

    def rewind(self, step: int) -> None:
        """Forget what was logged after ``step``: it will be done again."""
        self.log = [row for row in self.read_log() if row["step"] <= step]
        write_text(self._log_file, "".join(json.dumps(row) + "\n" for row in self.log))

    def read_log(self) -> list[dict[str, Any]]:
        """The rows that are on disk, by whichever process."""
        rows = []
        if self._log_file.exists():
            for line in self._log_file.read_text(encoding="utf-8").splitlines():
                try:
                    rows.append(json.loads(line))
                except json.JSONDecodeError:  # cut off when the run was killed, or being written
                    break
        return rows

    def record(self, row: dict[str, Any]) -> None:
        """Append to the log. Raises RefdeskError."""
        self.log.append(row)
        with explained(self.path), self._log_file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def _of_today(stored: dict[str, Any]) -> dict[str, Any]:
    """Settings under the names of today, where a comparison was begun under others."""
    training = stored.get("training")
    if isinstance(training, dict) and isinstance(training.get("settings"), dict):
        stored["training"] = {**training, **training["settings"]}
        del stored["training"]["settings"]
    if isinstance(stored.get("settings"), dict):
        stored["settings"] = renamed(stored["settings"])
    return stored
