"""A follow-up question put into words that stand alone, by a generator that is able to."""

import logging
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.generators.prompts import build_rewriting
from rag.query.follow_up import carry_topic
from rag.retrieval.variants import QueryVariant
from rag.text.tokens import content_stems
from rag.types import Exchange

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

logger = logging.getLogger(__name__)

_TURNS = 4
_ASKED_WEIGHT = 0.5
"""How much the question as it was asked counts beside its rewriting, which may have gone astray."""
_LABEL = re.compile(r"^\s*(?:\w+ )?question\s*:\s*", re.IGNORECASE)
_MOST_WORDS = 40
_MOST_NEW_WORDS = 2
"""A rewriting with more words that nobody has said is about something else."""


def rewrite_follow_up(
    question: str, before: Sequence[Exchange], generator: "BaseChatModel"
) -> tuple[QueryVariant, ...]:
    """``question`` after the turns ``before``, of which there is at least one, as ``generator`` writes it and as it was
    asked; where it goes astray, as ``carry_topic`` does.
    """
    rewritten = _rewrite(question, before, generator)
    if rewritten is None:
        return carry_topic(question, before)
    if rewritten.lower() == question.lower():
        return (QueryVariant(question),)
    return QueryVariant(rewritten), QueryVariant(question, _ASKED_WEIGHT)


def _rewrite(question: str, before: Sequence[Exchange], generator: "BaseChatModel") -> str | None:
    """None when the generator fails, or writes something else than a question about what was said."""
    turns = [(exchange.question, exchange.answer.text if exchange.answer else "") for exchange in before[-_TURNS:]]
    try:
        reply = generator.invoke(build_rewriting(question, turns)).text.strip()
    except Exception as error:  # whatever befalls an engine, the question can be searched for
        logger.warning("the question could not be rewritten (%s)", type(error).__name__)
        return None
    rewritten = _LABEL.sub("", reply.partition("\n")[0]).strip("\"'“” ")
    words = set(content_stems(rewritten))
    said = content_stems(" ".join([question, *(text for turn in turns for text in turn)]))
    strays = len(words.difference(said)) > _MOST_NEW_WORDS or len(rewritten.split()) > _MOST_WORDS
    return rewritten if words and rewritten.endswith("?") and not strays else None
