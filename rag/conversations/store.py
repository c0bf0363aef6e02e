"""Conversations in the home's own file, written while answers are made, so that a reload loses nothing."""

import dataclasses
import json
import secrets
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from rag.access.types import LOCAL_OWNER, Principal
from rag.conversations.types import LONGEST_REMARK, Conversation, Feedback, Rating, State, Turn
from rag.jobs.leases import new_owner
from rag.jobs.types import LEASE_SECONDS
from rag.types import Answer, answer_of
from vectorstore.errors import UsageError
from vectorstore.sqlite.conversations import ConversationRow, ConversationsFile, TurnRow

_TITLE_CHARACTERS = 80


class ConversationStore:
    """All conversations under ``home``; ``clock`` is as ``time.time``.

    The turns that are added here are leased: without ``renew`` within ``LEASE_SECONDS`` they count as stopped, as they
    do where the program that answered them has ended.
    """

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self._rows = ConversationsFile(home)
        self._clock = clock
        self._owner = new_owner()

    def add_turn(
        self, conversation_id: str | None, question: str, principal: Principal = LOCAL_OWNER
    ) -> tuple[str, int]:
        """Append a waiting turn, to a new conversation if none of the principal's is named, or it is gone; ids of
        both.
        """
        fresh = ConversationRow(secrets.token_urlsafe(9), _title(question), self._moment(), principal.id)
        return self._rows.add_turn(conversation_id, fresh, question, self._owner, self._lease())

    def set_turn(
        self,
        turn: int,
        state: State,
        answer: Answer | None = None,
        *,
        beside: Answer | None = None,
        error: str = "",
    ) -> None:
        """Change a turn's state; an ``answer`` or ``beside`` of None keeps the one that is stored."""
        self._rows.set_turn(turn, state, _encode(answer), _encode(beside), error)

    def reopen(self, turn: int) -> bool:
        """Have an answered turn wait again; False where it is none, or is being answered."""
        return self._rows.reopen(turn, self._owner, self._lease(), self._clock())

    def stop(self, conversation_id: str) -> None:
        """Note that what is being answered in a conversation is to be stopped, by whichever program answers it."""
        self._rows.stop(conversation_id)

    def renew(self) -> list[int]:
        """Say that the unfinished turns that were added here are still being answered; those to be stopped."""
        return self._rows.renew(self._owner, self._lease())

    def rate(
        self, conversation_id: str, turn: int, rating: Rating | None, *, right_answer: str = "", note: str = ""
    ) -> None:
        """Keep a verdict on a finished answer in place of the one before; a ``rating`` of None takes it back.

        Raises UsageError where ``right_answer`` or ``note`` is longer than ``LONGEST_REMARK``.
        """
        if max(len(right_answer), len(note)) > LONGEST_REMARK:
            raise UsageError("The remark is too long", remedy=f"Use at most {LONGEST_REMARK:,} characters.")
        verdict = (rating, right_answer.strip(), note.strip(), self._moment()) if rating else None
        self._rows.rate(conversation_id, turn, verdict, self._clock())

    def get(self, conversation_id: str) -> Conversation | None:
        found = self._rows.get(conversation_id, self._clock())
        return _conversation(*found) if found else None

    def judged(self) -> tuple[Conversation, ...]:
        """The conversations in which an answer was judged, with all their turns, oldest first."""
        return tuple(found for conversation in self._rows.judged() if (found := self.get(conversation)))

    def list(self, principal: Principal) -> tuple[Conversation, ...]:
        """Those of a principal, newest first, without their turns."""
        return tuple(_conversation(row) for row in self._rows.list(principal.id))

    def delete(self, conversation_id: str) -> None:
        self._rows.delete(conversation_id)

    def close(self) -> None:
        self._rows.close()

    def _lease(self) -> float:
        return self._clock() + LEASE_SECONDS

    def _moment(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")


def _title(question: str) -> str:
    title = " ".join(question.split())
    return title if len(title) <= _TITLE_CHARACTERS else title[: _TITLE_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"


def _conversation(row: ConversationRow, turns: Iterable[TurnRow] = ()) -> Conversation:
    return Conversation(row.id, row.title, row.updated_at, tuple(map(_turn, turns)), row.principal)


def _turn(row: TurnRow) -> Turn:
    answer, beside = (answer_of(json.loads(stored)) if stored else None for stored in (row.answer, row.beside))
    feedback = None
    if row.rating:
        feedback = Feedback(cast(Rating, row.rating), row.right_answer or "", row.note or "", row.given_at or "")
    return Turn(row.id, row.question, cast(State, row.state), answer, error=row.error, feedback=feedback, beside=beside)


def _encode(answer: Answer | None) -> str | None:
    return json.dumps(dataclasses.asdict(answer)) if answer else None
