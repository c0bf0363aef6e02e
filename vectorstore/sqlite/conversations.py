"""The file of the conversations: their turns, with answers as JSON, and readers' verdicts on them.

A turn that is being answered is leased: whoever answers says in time that it still does, else the turn counts as
stopped. Leases are seconds since 1970; all other times are text.
"""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from apsw import Connection

from vectorstore.sqlite.database import Database, find_damage
from vectorstore.types import Finding

_SCHEMA = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    principal TEXT NOT NULL DEFAULT 'owner'
) WITHOUT ROWID;
CREATE INDEX conversations_of_principal ON conversations (principal, updated_at);
CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    question TEXT NOT NULL,
    state TEXT NOT NULL,
    answer TEXT,
    error TEXT NOT NULL DEFAULT '',
    beside TEXT,
    stop_wanted INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT NOT NULL DEFAULT '',
    lease_until REAL NOT NULL DEFAULT 0
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
_COLUMNS = {
    "conversations": "id, title, updated_at",
    "turns": "id, conversation_id, question, state, answer, error",
    "feedback": "turn_id, rating, right_answer, note, given_at",
}
"""What every format has. A turn loses its lease with a copy: nobody answers while the file is written anew."""
_SINCE = {"conversations": "principal", "turns": "beside"}
"""What formats 4 and 5 have brought. Conversations of older formats belong to the machine's owner."""
_VERSION = 5
_LIVE = "state IN ('waiting', 'working')"
_STATE = f"iif({_LIVE} AND lease_until < :now, 'stopped', state)"


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation without its turns; ``updated_at`` is ISO 8601 in UTC, and ``principal`` is whose it is."""

    id: str
    title: str
    updated_at: str
    principal: str


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A turn with its verdict, whose fields are None where there is none. ``answer`` and ``beside`` are JSON."""

    id: int
    question: str
    state: str
    answer: str | None
    error: str
    rating: str | None
    right_answer: str | None
    note: str | None
    given_at: str | None
    beside: str | None


class ConversationsFile:
    """The conversations under ``home``. Safe to use from many threads and processes; a method is a transaction."""

    def __init__(self, home: Path) -> None:
        # The chat goes on without conversations that were lost; the warning and `refdesk verify` say so.
        self._database = _open(home, accept_loss=True)

    def add_turn(
        self, conversation: str | None, fresh: ConversationRow, question: str, owner: str, until: float
    ) -> tuple[str, int]:
        """Append a waiting turn that ``owner`` has leased, to ``fresh`` where its principal has no such other; ids of
        both.
        """
        with self._database.write() as connection:
            connection.execute(
                "UPDATE conversations SET updated_at = ? WHERE id = ? AND principal = ?",
                (fresh.updated_at, conversation, fresh.principal),
            )
            if conversation is None or not connection.changes():
                conversation = fresh.id
                connection.execute("INSERT INTO conversations VALUES (?, ?, ?, ?)", astuple(fresh))
            connection.execute(
                "INSERT INTO turns (conversation_id, question, state, lease_owner, lease_until) "
                "VALUES (?, ?, 'waiting', ?, ?)",
                (conversation, question, owner, until),
            )
            return conversation, connection.last_insert_rowid()

    def set_turn(self, turn: int, state: str, answer: str | None, beside: str | None, error: str) -> None:
        """Change a turn's state; an ``answer`` or ``beside`` of None keeps the one that is stored."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE turns SET state = ?, answer = coalesce(?, answer), beside = coalesce(?, beside), error = ? "
                "WHERE id = ?",
                (state, answer, beside, error, turn),
            )

    def reopen(self, turn: int, owner: str, until: float, now: float) -> bool:
        """Have an answered turn wait again, leased by ``owner``; False where it is none, or is being answered."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE turns SET state = 'waiting', stop_wanted = 0, lease_owner = :owner, lease_until = :until "
                f"WHERE id = :turn AND answer IS NOT NULL AND {_STATE} NOT IN ('waiting', 'working')",
                {"turn": turn, "owner": owner, "until": until, "now": now},
            )
            return connection.changes() > 0

    def stop(self, conversation: str) -> None:
        """Note that the unfinished turns of a conversation are to be stopped, whoever answers them."""
        with self._database.write() as connection:
            connection.execute(
                f"UPDATE turns SET stop_wanted = 1 WHERE {_LIVE} AND conversation_id = ?", (conversation,)
            )

    def renew(self, owner: str, until: float) -> list[int]:
        """Lease the turns that ``owner`` has not finished until then; the ids of those that are to be stopped."""
        with self._database.write() as connection:
            rows: list[Any] = connection.execute(
                f"UPDATE turns SET lease_until = ? WHERE {_LIVE} AND lease_owner = ? RETURNING id, stop_wanted",
                (until, owner),
            ).fetchall()
        return [turn for turn, stop in rows if stop]

    def rate(self, conversation: str, turn: int, verdict: tuple[str, str, str, str] | None, now: float) -> None:
        """Keep a verdict (rating, right answer, note, moment) on a finished answer in place of the one before."""
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM feedback WHERE turn_id IN (SELECT id FROM turns WHERE id = ? AND conversation_id = ?)",
                (turn, conversation),
            )
            if verdict is not None:
                rating, right_answer, note, given_at = verdict
                connection.execute(
                    "INSERT INTO feedback SELECT id, :rating, :right_answer, :note, :given_at FROM turns WHERE "
                    "id = :turn AND conversation_id = :conversation AND answer IS NOT NULL "
                    f"AND {_STATE} NOT IN ('waiting', 'working')",
                    {
                        "rating": rating,
                        "right_answer": right_answer,
                        "note": note,
                        "given_at": given_at,
                        "turn": turn,
                        "conversation": conversation,
                        "now": now,
                    },
                )

    def get(self, conversation: str, now: float) -> tuple[ConversationRow, list[TurnRow]] | None:
        with self._database.read() as connection:
            row: Any = connection.execute("SELECT * FROM conversations WHERE id = ?", (conversation,)).fetchone()
            turns: list[Any] = connection.execute(
                f"SELECT id, question, {_STATE}, answer, error, rating, right_answer, note, given_at, beside "
                "FROM turns LEFT JOIN feedback ON turn_id = id WHERE conversation_id = :conversation ORDER BY id",
                {"conversation": conversation, "now": now},
            ).fetchall()
        return (ConversationRow(*row), [TurnRow(*turn) for turn in turns]) if row else None

    def judged(self) -> list[str]:
        """The ids of the conversations in which an answer was judged, oldest first."""
        with self._database.read() as connection:
            rows: list[Any] = connection.execute(
                "SELECT conversation_id FROM turns JOIN feedback ON turn_id = id GROUP BY 1 ORDER BY min(id)"
            ).fetchall()
        return [conversation for (conversation,) in rows]

    def list(self, principal: str) -> list[ConversationRow]:
        """Those of a principal, newest first."""
        with self._database.read() as connection:
            rows: Iterable[Any] = connection.execute(
                "SELECT * FROM conversations WHERE principal = ? ORDER BY updated_at DESC, id", (principal,)
            )
            return [ConversationRow(*row) for row in rows]

    def delete(self, conversation: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def close(self) -> None:
        self._database.close()


def verify_conversations(home: Path) -> list[Finding]:
    """Check the file of the conversations, if there is one."""
    return find_damage(lambda: _open(home, accept_loss=False), home / _FILE, _COLUMNS, replaceable=False)


def repair_conversations(home: Path) -> None:
    """Write anew a file whose rows are whole, and give up changes that are lost."""
    with closing(_open(home, accept_loss=True)) as database:
        if not database.is_whole():
            database.rewrite(_copy_rows, backup=f"{_FILE}.damaged")
        with database.write():
            pass  # the next commit counts from what there is


def _open(home: Path, *, accept_loss: bool) -> Database:
    migrations = dict.fromkeys(range(1, _VERSION), _copy_rows)
    return Database(home / _FILE, _SCHEMA, _VERSION, migrations, accept_loss=accept_loss)


def _copy_rows(connection: Connection) -> None:
    """The rows of a file of any format, the oldest of which had no verdicts."""
    tables = [row[0] for row in connection.execute("SELECT name FROM old.sqlite_master WHERE type = 'table'")]
    for table, columns in _COLUMNS.items():
        if table in tables:
            known = {row[1] for row in connection.execute(f"PRAGMA old.table_info({table})")}
            if (newer := _SINCE.get(table)) in known:
                columns = f"{columns}, {newer}"
            connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM old.{table} WHERE true")
