"""Conversations in a SQLite file of their own, written while answers are made, so that a reload loses nothing."""

import dataclasses
import json
import secrets
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apsw import Connection

from rag.conversations.types import Conversation, Feedback, Rating, State, Turn
from rag.types import Answer, Citation, Dropped, Sentence, Timings
from vectorstore.errors import StoreError, UsageError
from vectorstore.sqlite.database import Database, LostCommits
from vectorstore.types import Finding

_SCHEMA = """
CREATE TABLE conversations (id TEXT PRIMARY KEY, title TEXT NOT NULL, updated_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    question TEXT NOT NULL,
    state TEXT NOT NULL,
    answer TEXT,
    error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX turns_of_conversation ON turns (conversation_id, id);
CREATE TABLE feedback (
    turn_id INTEGER PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE,
    rating TEXT NOT NULL CHECK (rating IN ('up', 'down')),
    right_answer TEXT NOT NULL,
    note TEXT NOT NULL,
    given_at TEXT NOT NULL
);
"""
_FILE = "conversations.db"
_TABLES = ("conversations", "turns", "feedback")
_VERSION = 2
_TITLE_CHARACTERS = 80
LONGEST_REMARK = 1_000
"""Characters of a right answer or a note."""


class ConversationStore:
    """All conversations under ``home``."""

    def __init__(self, home: Path) -> None:
        # The chat goes on without conversations that were lost; the warning and `refdesk verify` say so.
        self._database = _open(home, accept_loss=True)

    def stop_unfinished(self) -> None:
        """Mark turns that a stopped program left unfinished as stopped; for whoever answers, before they begin."""
        with self._database.write() as connection:
            connection.execute("UPDATE turns SET state = 'stopped' WHERE state IN ('waiting', 'working')")

    def add_turn(self, conversation_id: str | None, question: str) -> tuple[str, int]:
        """Append a waiting turn, to a new conversation if none is named or the named one is gone; ids of both."""
        with self._database.write() as connection:
            known = connection.execute("SELECT 1 FROM conversations WHERE id = ?", (conversation_id,)).fetchone()
            if conversation_id is None or known is None:
                conversation_id = secrets.token_urlsafe(9)
                title = " ".join(question.split())
                if len(title) > _TITLE_CHARACTERS:
                    title = title[: _TITLE_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"
                connection.execute("INSERT INTO conversations VALUES (?, ?, ?)", (conversation_id, title, _now()))
            connection.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (_now(), conversation_id))
            connection.execute(
                "INSERT INTO turns (conversation_id, question, state) VALUES (?, ?, 'waiting')",
                (conversation_id, question),
            )
            return conversation_id, connection.last_insert_rowid()

    def set_turn(self, turn: int, state: State, answer: Answer | None = None, error: str = "") -> None:
        """Change a turn's state; an ``answer`` of None keeps the one that is stored."""
        encoded = json.dumps(dataclasses.asdict(answer)) if answer else None
        with self._database.write() as connection:
            connection.execute(
                "UPDATE turns SET state = ?, answer = coalesce(?, answer), error = ? WHERE id = ?",
                (state, encoded, error, turn),
            )

    def rate(
        self, conversation_id: str, turn: int, rating: Rating | None, *, right_answer: str = "", note: str = ""
    ) -> None:
        """Keep a verdict on a finished answer in place of the one before; a ``rating`` of None takes it back.

        Raises UsageError where ``right_answer`` or ``note`` is longer than ``LONGEST_REMARK``.
        """
        if max(len(right_answer), len(note)) > LONGEST_REMARK:
            raise UsageError("The remark is too long", remedy=f"Use at most {LONGEST_REMARK:,} characters.")
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM feedback WHERE turn_id IN (SELECT id FROM turns WHERE id = ? AND conversation_id = ?)",
                (turn, conversation_id),
            )
            if rating is not None:
                connection.execute(
                    "INSERT INTO feedback SELECT id, ?, ?, ?, ? FROM turns WHERE id = ? AND conversation_id = ? "
                    "AND answer IS NOT NULL AND state NOT IN ('waiting', 'working')",
                    (rating, right_answer.strip(), note.strip(), _now(), turn, conversation_id),
                )

    def get(self, conversation_id: str) -> Conversation | None:
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM conversations WHERE id = ?", (conversation_id,)).fetchone()
            turns = connection.execute(
                "SELECT id, question, state, answer, error, rating, right_answer, note, given_at "
                "FROM turns LEFT JOIN feedback ON turn_id = id WHERE conversation_id = ? ORDER BY id",
                (conversation_id,),
            ).fetchall()
        return Conversation(row[0], row[1], row[2], tuple(map(_turn, turns))) if row else None

    def judged(self) -> tuple[Conversation, ...]:
        """The conversations in which an answer was judged, with all their turns, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT conversation_id FROM turns JOIN feedback ON turn_id = id GROUP BY 1 ORDER BY min(id)"
            ).fetchall()
        return tuple(conversation for row in rows if (conversation := self.get(str(row[0]))))

    def list(self) -> tuple[Conversation, ...]:
        """Newest first, without their turns."""
        with self._database.read() as connection:
            rows: Iterable[Any] = connection.execute("SELECT * FROM conversations ORDER BY updated_at DESC, id")
            return tuple(Conversation(*row) for row in rows)

    def delete(self, conversation_id: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))

    def close(self) -> None:
        self._database.close()


def verify_conversations(home: Path) -> list[Finding]:
    """Check the file of the conversations, if there is one."""
    path = home / _FILE
    if not any(home.glob(f"{_FILE}*")):
        return []
    try:
        with closing(_open(home, accept_loss=False)) as database:
            whole = database.is_whole()
            database.read_all(_TABLES)
    except StoreError as error:
        return [Finding(error.what, str(path), repairable=isinstance(error, LostCommits))]
    return [] if whole else [Finding("A part of the conversations that can be made again is damaged", str(path), True)]


def repair_conversations(home: Path) -> None:
    """Write anew a file whose rows are whole, and give up changes that are lost."""
    with closing(_open(home, accept_loss=True)) as database:
        if not database.is_whole():
            database.rewrite(_copy_rows, backup=f"{_FILE}.damaged")
        with database.write():
            pass  # the next commit counts from what there is


def _open(home: Path, *, accept_loss: bool) -> Database:
    return Database(home / _FILE, _SCHEMA, _VERSION, {1: _copy_rows}, accept_loss=accept_loss)


def _copy_rows(connection: Connection) -> None:
    """The rows of a file of format 1, the oldest of which had no verdicts."""
    tables = [row[0] for row in connection.execute("SELECT name FROM old.sqlite_master WHERE type = 'table'")]
    for table in _TABLES:
        if table in tables:
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table} WHERE true")


def _turn(row: Sequence[Any]) -> Turn:
    number, question, state, answer, error, *feedback = row
    decoded = _decode(json.loads(answer)) if answer else None
    return Turn(number, question, state, decoded, error=error, feedback=Feedback(*feedback) if feedback[0] else None)


def _decode(stored: dict[str, Any]) -> Answer:
    return Answer(
        kind=stored["kind"],
        engine=stored["engine"],
        sentences=tuple(Sentence(s["text"], tuple(s["citations"])) for s in stored["sentences"]),
        citations=tuple(Citation(**c) for c in stored["citations"]),
        related=tuple(Citation(**c) for c in stored["related"]),
        short_answer=stored["short_answer"],
        probability=stored.get("probability"),  # answers of older versions have none, nor what follows
        timings=Timings(**stored["timings"]),
        dropped=tuple(Dropped(**d) for d in stored.get("dropped", ())),
        withheld=stored.get("withheld"),
        notices=tuple(stored.get("notices", ())),
        looked_up=stored.get("looked_up"),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
