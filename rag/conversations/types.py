"""A conversation as it is stored and shown."""

from dataclasses import dataclass
from typing import Literal

from rag.access.types import LOCAL_OWNER
from rag.types import Answer, Event

State = Literal["waiting", "working", "done", "stopped", "failed"]
Rating = Literal["up", "down"]

LONGEST_REMARK = 1_000
"""Characters of a right answer or a note."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's verdict on an answer: right ("up") or wrong ("down").

    Of a wrong one ``right_answer`` may say what would be right, and ``note`` what is wrong. ``given_at`` is ISO 8601 in
    UTC.
    """

    rating: Rating
    right_answer: str
    note: str
    given_at: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what is known of its answer.

    ``answer`` is the answer to show now: the quoted one while a written one is in the making, at the end the final one.
    ``beside`` is its other version: the quoted one that a written answer came after, or the shorter one that was asked
    for, an abstention where none stood up to the check. ``progress`` is the latest event while ``state`` is "working";
    ``error`` is set when ``state`` is "failed".
    """

    id: int
    question: str
    state: State
    answer: Answer | None = None
    progress: Event | None = None
    error: str = ""
    feedback: Feedback | None = None
    beside: Answer | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """``id`` is a random URL-safe string; ``title`` is the first question; ``principal`` is the id of whose it is."""

    id: str
    title: str
    updated_at: str
    turns: tuple[Turn, ...] = ()
    principal: str = LOCAL_OWNER.id
