"""How a question is searched for in its conversation: rewritten by a generator that is able to, else by its topic."""

import logging
import re
from collections.abc import Sequence

from langchain_core.language_models.chat_models import BaseChatModel

from rag.answering.standalone import carry_topic, focus
from rag.answering.types import Exchange
from rag.generators.prompts import build_rewriting
from rag.grounding.words import words_of
from rag.retrieval.formulations import Formulation

logger = logging.getLogger(__name__)

_TURNS = 4
_ASKED_WEIGHT = 0.5
"""How much the question as it was asked counts beside its rewriting, which may have gone astray."""
_LABEL = re.compile(r"^\s*(?:\w+ )?question\s*:\s*", re.IGNORECASE)
_MOST_WORDS = 40
_MOST_NEW_WORDS = 2
"""A rewriting with more words that nobody has said is about something else."""


def formulate(question: str, before: Sequence[Exchange], rewriter: BaseChatModel | None) -> Sequence[Formulation]:
    """The wordings to search for ``question`` with. Small talk in between is no part of the conversation."""
    question = focus(question)
    before = [exchange for exchange in before if exchange.answer is None or exchange.answer.kind != "smalltalk"]
    rewritten = _rewrite(question, before, rewriter) if rewriter and before else None
    if rewritten is None:
        return carry_topic(question, before)
    if rewritten.lower() == question.lower():
        return (Formulation(question),)
    return Formulation(rewritten), Formulation(question, _ASKED_WEIGHT)


def _rewrite(question: str, before: Sequence[Exchange], rewriter: BaseChatModel) -> str | None:
    """None when the generator fails, or writes something else than a question about what was said."""
    turns = [(exchange.question, exchange.answer.text if exchange.answer else "") for exchange in before[-_TURNS:]]
    try:
        reply = rewriter.invoke(build_rewriting(question, turns)).text.strip()
    except Exception as error:  # whatever befalls an engine, the question can be searched for
        logger.warning("the question could not be rewritten (%s)", type(error).__name__)
        return None
    rewritten = _LABEL.sub("", reply.partition("\n")[0]).strip("\"'“” ")
    words = set(words_of(rewritten).content)
    said = words_of(" ".join([question, *(text for turn in turns for text in turn)])).content
    strays = len(words.difference(said)) > _MOST_NEW_WORDS or len(rewritten.split()) > _MOST_WORDS
    return rewritten if words and rewritten.endswith("?") and not strays else None
