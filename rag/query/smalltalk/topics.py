"""What small talk is about, what the desk says to it, a fixed text for each, and a question without it."""

import re
from collections.abc import Callable
from enum import StrEnum

from rag.types import Answer, Sentence, Timings


class Topic(StrEnum):
    """A kind of message that needs no look into the documents."""

    GREETING = "greeting"
    THANKS = "thanks"
    ACKNOWLEDGEMENT = "acknowledgement"
    FAREWELL = "farewell"
    ABOUT = "about"
    """About the one who answers ("Who are you?"), said to it."""
    REFDESK = "refdesk"
    """About Refdesk by its name: the documents come first, as its handbook may be among them."""
    CHITCHAT = "chitchat"
    COMPLAINT = "complaint"


Recognise = Callable[[str], Topic | None]
"""Tells what a message is about; None for a question to the documents."""

_LEADING = re.compile(r"(?<=[.!?;:,])\s+|\n+")
_CLOSING = re.compile(r"(?<=[.!?])\s+|\n+")

_WHAT_IT_IS = (
    "This is Refdesk, a program that looks up answers in the documents kept here. "
    "Every sentence of an answer stands on a passage that you can open and check. "
    "Where the documents do not hold the answer, Refdesk says so."
)
_REPLIES = {
    Topic.GREETING: "Hello. Ask a question, and Refdesk looks for the answer in the documents kept here.",
    Topic.THANKS: "You are welcome. Ask again whenever there is something to look up in the documents.",
    Topic.ACKNOWLEDGEMENT: "All right. The next question can follow whenever you like.",
    Topic.FAREWELL: "Goodbye. The conversation is kept, and the documents can be asked again at any time.",
    Topic.ABOUT: _WHAT_IT_IS,
    Topic.REFDESK: _WHAT_IT_IS,
    Topic.CHITCHAT: "Refdesk is a program and knows only the documents kept here. Ask what you would like to look up.",
    Topic.COMPLAINT: (
        "Sorry that this did not help. Open the numbered passages to see what an answer stands on, or ask again in "
        "other words: the subject by its name, and one thing at a time."
    ),
}


def reply(topic: Topic, elapsed_ms: float) -> Answer:
    """The answer to small talk: no sources, and no engine but a text written beforehand."""
    timings = Timings(first_answer=elapsed_ms, total=elapsed_ms)
    return Answer("smalltalk", "fixed reply", (Sentence(_REPLIES[topic], ()),), timings=timings)


def without_courtesies(message: str, recognise: Recognise) -> str:
    """``message`` less what comes before and after the question and is small talk to ``recognise``: it says nothing of
    what is asked, and no document holds it.
    """
    message = message.strip()
    while (cut := _LEADING.search(message)) and _is_courtesy(message[: cut.start()], recognise):
        message = message[cut.end() :]
    while (cuts := list(_CLOSING.finditer(message))) and _is_courtesy(message[cuts[-1].end() :], recognise):
        message = message[: cuts[-1].start()]
    return message


def _is_courtesy(piece: str, recognise: Recognise) -> bool:
    return recognise(piece) not in (None, Topic.REFDESK)
