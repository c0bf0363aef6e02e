"""From a message to what the documents are searched for, in one pass.

Small talk is told apart; of the rest, courtesies are cut off, slips of the finger put right, a story before the
question left out but for what it is about, and the topic of the conversation carried along.
"""

from collections.abc import Sequence
from dataclasses import replace

from rag.query.follow_up import carry_topic, with_told_topic
from rag.query.naming import Naming
from rag.query.narrative import told_and_asked
from rag.query.parts import compares, parts_of
from rag.query.shapes.classifier import ABOUT_DOCUMENTS, shape_of, subject_in
from rag.query.smalltalk.topics import Recognise, Topic, without_courtesies
from rag.query.spelling import corrected
from rag.query.types import Query, Shape
from rag.query.unnamed import unnamed_in
from rag.retrieval.types import Retriever
from rag.types import Exchange
from vectorstore.store import PassageView
from vectorstore.types import Scope

_SUBJECTS = 3
"""Of so many passages the subject is looked for in what a message tells."""


def understand(
    message: str,
    before: Sequence[Exchange],
    view: PassageView,
    retriever: Retriever,
    scope: Scope,
    recognise: Recognise | None = None,
) -> Topic | Query:
    """What ``message`` is after the turns ``before``, oldest first: small talk about a topic, or a query.

    Without ``recognise`` nothing is taken for small talk. For the rest see ``query_of``.
    """
    topic = recognise(message) if recognise else None
    if topic and topic is not Topic.REFDESK:
        return topic
    return replace(query_of(message, before, view, retriever, scope, recognise), topic=topic)


def query_of(
    message: str,
    before: Sequence[Exchange],
    view: PassageView,
    retriever: Retriever,
    scope: Scope,
    recognise: Recognise | None = None,
) -> Query:
    """What to look up for ``message``, be it small talk or not.

    Slips are put right where the documents within ``scope`` hold the word that was meant, and ``retriever`` is asked
    what a message is about that tells before it asks.
    """
    asked = without_courtesies(message, recognise) if recognise else message
    asked = corrected(asked, view, scope)
    naming = Naming(retriever, scope)
    comparison = compares(asked, naming)
    asked = asked if comparison else _without_story(asked, retriever, scope)
    turns = tuple(turn for turn in before if turn.answer is None or turn.answer.kind != "smalltalk")
    parts = parts_of(asked, turns, naming)
    shape = Shape.COMPARISON if comparison else parts[0].shape if len(parts) == 1 else shape_of(asked)
    subject = subject_in(asked) if shape in ABOUT_DOCUMENTS else ""
    unnamed = unnamed_in(asked, view, retriever, scope)
    return Query(asked, turns, carry_topic(asked, turns), parts, shape, subject, unnamed)


def _without_story(message: str, retriever: Retriever, scope: Scope) -> str:
    """What of ``message`` asks, with what it is about; all of it where that cannot be told."""
    told, asked = told_and_asked(message)
    if not told:
        return message
    subjects = [passage.chunk.subject for passage in retriever.retrieve(message, scope, _SUBJECTS)]
    return with_told_topic(told, asked, subjects) or message
