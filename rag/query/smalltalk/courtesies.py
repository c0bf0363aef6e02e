"""Greetings, thanks and the like around a question: they say nothing of what is asked, and no document holds them."""

import re

from rag.query.smalltalk.topics import Recognise, Topic

_LEADING = re.compile(r"(?<=[.!?;:,])\s+|\n+")
_CLOSING = re.compile(r"(?<=[.!?])\s+|\n+")


def without_courtesies(message: str, recognise: Recognise) -> str:
    """``message`` less what comes before and after the question and is small talk to ``recognise``."""
    message = message.strip()
    while (cut := _LEADING.search(message)) and _is_courtesy(message[: cut.start()], recognise):
        message = message[cut.end() :]
    while (cuts := list(_CLOSING.finditer(message))) and _is_courtesy(message[cuts[-1].end() :], recognise):
        message = message[: cuts[-1].start()]
    return message


def _is_courtesy(piece: str, recognise: Recognise) -> bool:
    return recognise(piece) not in (None, Topic.REFDESK)
