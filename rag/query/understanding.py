"""From a message to what the documents are searched for, in one pass.

Small talk is told apart; of the rest, courtesies are cut off, slips of the finger put right, a story before the
question left out but for what it is about, and the topic of the conversation carried along.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.query.follow_up import claim_words, points_back, with_told_topic, with_topic
from rag.query.naming import Naming
from rag.query.narrative import states_in, told_and_asked
from rag.query.parts import carried, compares, parts_of, plain
from rag.query.shapes.classifier import ABOUT_DOCUMENTS, shape_of, subject_in
from rag.query.smalltalk.topics import Recognise, Topic, without_courtesies
from rag.query.spelling import corrected
from rag.query.types import Query, Shape
from rag.query.unnamed import is_form, unnamed_in
from rag.retrieval.types import Retriever
from rag.text.asking import without_polite_opening
from rag.text.tokens import Kind, content_stems, tokens_of
from rag.types import Exchange
from vectorstore.store import PassageView
from vectorstore.types import Scope

_WORD = re.compile(r"[^\W\d_]{4,}")
_CLAUSES = re.compile(r"\s+(?:and|but)\s+")
_MOST_CONDITIONS = 8
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
    turns = _conversation(before, message, asked, recognise)
    asked = corrected(without_polite_opening(asked), view, scope)
    naming = Naming(retriever, scope)
    comparison = compares(asked, naming)
    asked = asked if comparison else _without_story(asked, retriever, scope)
    parts = parts_of(asked, turns, naming)
    shape = Shape.COMPARISON if comparison else parts[0].shape if len(parts) == 1 else shape_of(asked)
    subject = subject_in(asked) if shape in ABOUT_DOCUMENTS else ""
    unnamed = unnamed_in(asked, view, retriever, scope)
    return Query(asked, turns, plain(carried(asked, turns, naming)), parts, shape, subject, unnamed)


def _conversation(
    before: Sequence[Exchange], message: str, asked: str, recognise: Recognise | None
) -> tuple[Exchange, ...]:
    """The turns ``before`` that ``message`` may be a part of, without small talk. Thanks end what was talked of, be
    they a message or its opening, unless what is ``asked`` then points back.
    """
    talk = [turn.answer is not None and turn.answer.kind == "smalltalk" for turn in before]
    opening = message.partition(asked)[0].strip()
    thanked = bool(opening and recognise and recognise(opening) is Topic.THANKS)
    if (thanked or talk[-1:] == [True]) and not points_back(asked):
        return ()
    return tuple(turn for turn, small in zip(before, talk, strict=True) if not small)


def _without_story(message: str, retriever: Retriever, scope: Scope) -> str:
    """What of ``message`` asks, with what it is about and what is the case; all of it where that cannot be told."""
    told, asked = told_and_asked(message)
    if not told:
        return message
    subjects = [passage.chunk.subject for passage in retriever.retrieve(message, scope, _SUBJECTS)]
    alone = with_told_topic(told, asked, subjects)
    conditions = _conditions(told, asked, retriever, scope)
    return with_topic(alone or asked, conditions) if alone or conditions else message


def _conditions(told: str, asked: str, retriever: Retriever, scope: Scope) -> list[str]:
    """The words of what is ``told`` to be the case that the documents have a say on: "pregnant", "child 3 fever". One
    passage has to hold all words of a clause: a word or two of any story stand somewhere.
    """
    conditions: list[str] = []
    for state in states_in(told):
        found = retriever.retrieve(f"{asked} {state}", scope, _SUBJECTS)
        said = [frozenset(_WORD.findall(passage.chunk.text.lower())) for passage in found]
        for clause in _CLAUSES.split(state):
            words = claim_words(clause)
            telling = [word.lower() for word in words if not _is_number(word)]
            if telling and any(all(_is_in(word, held) for word in telling) for held in said):
                conditions += words
    return conditions[:_MOST_CONDITIONS]


def _is_in(word: str, said: frozenset[str]) -> bool:
    stems = content_stems(word)
    return any(is_form(word, other) or content_stems(other) == stems for other in said)


def _is_number(word: str) -> bool:
    return all(token.kind is Kind.NUMBER for token in tokens_of(word))
