"""What a message is found to ask: its parts, the wordings to search for, and the kind of answer that is wanted."""

from dataclasses import dataclass
from enum import StrEnum

from rag.query.smalltalk.topics import Topic
from rag.retrieval.variants import QueryVariant
from rag.types import Exchange


class Shape(StrEnum):
    """The kind of answer that a question wants."""

    ONE = "one"
    """One fact: a name, a number, a place, a date."""
    SEVERAL = "several"
    """A list: "Which types are there?"."""
    COMPARISON = "comparison"
    OPEN = "open"
    """An explanation or steps: "What is ...?", "Tell me about ...", "How do I ...?"."""
    YES_NO = "yes_no"
    MENTIONS = "mentions"
    """Which documents tell of something."""
    SUMMARY = "summary"
    """A document in short."""
    METADATA = "metadata"
    """What the catalogue knows of a document: its file's name, dates, which is the newest."""


@dataclass(frozen=True, slots=True)
class QueryPart:
    """One of the things that a message asks, as a question of its own. ``label`` says whose or which it is ("cats");
    it is empty where there is one part. ``shape`` is that of the part alone.
    """

    label: str
    variants: tuple[QueryVariant, ...]
    shape: Shape = Shape.ONE


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked up. ``question`` is what a message asks, without what surrounds it, ``before`` the conversation
    without its small talk, ``variants`` the wordings to search for all of it with, and ``parts`` what it asks one by
    one, at least one. ``subject`` is what a question of the shape MENTIONS, SUMMARY or METADATA names, else empty.

    ``unnamed`` are the things that the question names and no passage within the scope does. ``topic`` is that of a
    message which is small talk too: the documents may tell more of Refdesk than its fixed reply.
    """

    question: str
    before: tuple[Exchange, ...]
    variants: tuple[QueryVariant, ...]
    parts: tuple[QueryPart, ...]
    shape: Shape = Shape.ONE
    subject: str = ""
    unnamed: tuple[str, ...] = ()
    topic: Topic | None = None
