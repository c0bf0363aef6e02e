"""What a face (chat page, API) may ask of the desk."""

from dataclasses import dataclass
from typing import Protocol

from rag.conversations.types import Conversation, Rating
from rag.types import Citation


@dataclass(frozen=True, slots=True)
class SourceView:
    """A cited passage in its surroundings: ``before + marked + after`` is a contiguous piece of the stored text."""

    document: int
    title: str
    path: str
    page: int | None
    heading: str
    before: str
    marked: str
    after: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the knowledge base holds now. ``changed_at`` is ISO 8601 in UTC, empty when nothing was ever ingested."""

    documents: int
    chunks: int
    collections: tuple[str, ...]
    changed_at: str


class DeskFace(Protocol):
    """The service behind every face. All methods are thread-safe and return quickly; work happens in workers."""

    def holdings(self) -> Holdings: ...

    def suggestions(self) -> tuple[str, ...]:
        """Up to four questions that the documents answer."""
        ...

    def engine_name(self) -> str:
        """For the status line, for example "llama.cpp · SmolLM2-135M-Instruct"."""
        ...

    def conversations(self) -> tuple[Conversation, ...]:
        """Newest first, without their turns."""
        ...

    def conversation(self, conversation_id: str) -> Conversation | None:
        """With its turns, those being answered included."""
        ...

    def ask(self, conversation_id: str | None, question: str) -> str:
        """Queue a question; returns the conversation's id. Raises RefdeskError for an empty or over-long question or
        a full queue.
        """
        ...

    def stop(self, conversation_id: str) -> None:
        """Stop the answer in the making; what is checked so far is kept."""
        ...

    def delete(self, conversation_id: str) -> None: ...

    def rate(
        self, conversation_id: str, turn: int, rating: Rating | None, *, right_answer: str = "", note: str = ""
    ) -> None:
        """Keep the reader's verdict on a finished answer in place of the one before; None takes it back."""
        ...

    def source(self, citation: Citation) -> SourceView:
        """The cited words in their surroundings; raises RefdeskError when the document does not hold them any more."""
        ...
