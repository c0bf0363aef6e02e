"""Conversations in a SQLite file of their own, written while answers are made, so that a reload loses nothing."""

import dataclasses
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.answering.types import Answer, Citation, Dropped, Sentence, Timings
from rag.conversations.types import Conversation, State, Turn
from vectorstore.database import Database

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
"""
_VERSION = 1
_TITLE_CHARACTERS = 80


class ConversationStore:
    """All conversations under ``home``. Turns that a stopped program left unfinished are found as stopped."""

    def __init__(self, home: Path) -> None:
        self._database = Database(home / "conversations.db", _SCHEMA, _VERSION)
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
            turn = connection.execute(
                "INSERT INTO turns (conversation_id, question, state) VALUES (?, ?, 'waiting')",
                (conversation_id, question),
            ).lastrowid
        assert turn is not None
        return conversation_id, turn

    def set_turn(self, turn: int, state: State, answer: Answer | None = None, error: str = "") -> None:
        """Change a turn's state; an ``answer`` of None keeps the one that is stored."""
        encoded = json.dumps(dataclasses.asdict(answer)) if answer else None
        with self._database.write() as connection:
            connection.execute(
                "UPDATE turns SET state = ?, answer = coalesce(?, answer), error = ? WHERE id = ?",
                (state, encoded, error, turn),
            )

    def get(self, conversation_id: str) -> Conversation | None:
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM conversations WHERE id = ?", (conversation_id,)).fetchone()
            turns = connection.execute(
                "SELECT id, question, state, answer, error FROM turns WHERE conversation_id = ? ORDER BY id",
                (conversation_id,),
            ).fetchall()
        if row is None:
            return None
        decoded = (Turn(t[0], t[1], t[2], _decode(json.loads(t[3])) if t[3] else None, error=t[4]) for t in turns)
        return Conversation(row[0], row[1], row[2], tuple(decoded))

    def list(self) -> tuple[Conversation, ...]:
        """Newest first, without their turns."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT * FROM conversations ORDER BY updated_at DESC, id").fetchall()
        return tuple(Conversation(*row) for row in rows)

    def delete(self, conversation_id: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))

    def close(self) -> None:
        self._database.close()


def _decode(stored: dict[str, Any]) -> Answer:
    return Answer(
        kind=stored["kind"],
        engine=stored["engine"],
        sentences=tuple(Sentence(s["text"], tuple(s["citations"])) for s in stored["sentences"]),
        citations=tuple(Citation(**c) for c in stored["citations"]),
        related=tuple(Citation(**c) for c in stored["related"]),
        short_answer=stored["short_answer"],
        timings=Timings(**stored["timings"]),
        dropped=tuple(Dropped(**d) for d in stored.get("dropped", ())),  # answers of older versions have none
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
