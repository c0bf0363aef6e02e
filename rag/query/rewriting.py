"""How a message is searched for: without what surrounds its question, and with what the question is about.

In a conversation a generator that is able to rewrites it; else its topic is carried along.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig

from rag.generators.prompts import build_rewriting
from rag.query.follow_up import carry_topic, standing_alone
from rag.query.narrative import told_and_asked
from rag.query.smalltalk.courtesies import without_courtesies
from rag.query.smalltalk.topics import Recognise
from rag.query.spelling import corrected
from rag.retrieval.multi_query import Formulation, search_formulations
from rag.text.words import words_of
from rag.types import Exchange
from vectorstore.sqlite.knowledge import KnowledgeBase
from vectorstore.types import EVERYTHING, Scope

logger = logging.getLogger(__name__)

_TURNS = 4
_ASKED_WEIGHT = 0.5
"""How much the question as it was asked counts beside its rewriting, which may have gone astray."""
_LABEL = re.compile(r"^\s*(?:\w+ )?question\s*:\s*", re.IGNORECASE)
_MOST_WORDS = 40
_SUBJECTS = 3
"""Of so many passages the subject is looked for in what a message tells."""
_MOST_NEW_WORDS = 2
"""A rewriting with more words that nobody has said is about something else."""


@dataclass(frozen=True, slots=True)
class Formulator:
    """Finds the wordings to search for a message with.

    ``retriever`` is asked what a message is about that tells before it asks. Slips of the finger are put right where
    ``knowledge`` holds, within ``scope``, the word that was meant. What ``recognise`` takes for small talk around the
    question is cut off. ``rewriter`` is a generator that is able to put a follow-up question into words that stand
    alone; without one, and where it goes astray, the question is searched for as it is and with its topic.
    """

    retriever: BaseRetriever
    knowledge: KnowledgeBase
    scope: Scope = EVERYTHING
    recognise: Recognise | None = None
    rewriter: BaseChatModel | None = None

    def formulate(
        self, message: str, before: Sequence[Exchange] = (), config: RunnableConfig | None = None
    ) -> Sequence[Formulation]:
        """The wordings of ``message`` after the turns ``before``, oldest first. Small talk in between is no part of the
        conversation.
        """
        if self.recognise:
            message = without_courtesies(message, self.recognise)
        message = corrected(message, self.knowledge, self.scope)
        question = self._alone(message, config)
        before = [exchange for exchange in before if exchange.answer is None or exchange.answer.kind != "smalltalk"]
        rewritten = _rewrite(question, before, self.rewriter) if self.rewriter and before else None
        if rewritten is None:
            return carry_topic(question, before)
        if rewritten.lower() == question.lower():
            return (Formulation(question),)
        return Formulation(rewritten), Formulation(question, _ASKED_WEIGHT)

    def _alone(self, message: str, config: RunnableConfig | None) -> str:
        told, asked = told_and_asked(message)
        if not told:
            return message
        _, passages = search_formulations(self.retriever, [Formulation(message)], config)
        subjects = [passage.chunk.subject for passage in passages[:_SUBJECTS]]
        return standing_alone(told, asked, subjects) or message


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
