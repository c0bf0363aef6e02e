"""What small talk is about, what the desk says to it, a fixed text for each, and a question without it."""

import re
from collections.abc import Callable
from enum import StrEnum
from itertools import pairwise

from rag.text.asking import ENGLISH, asking_in, begins_question
from rag.text.lexicon import words
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

_TERM = re.compile(r"\S+")
_THANKING = words("thanks thank thx thnx tnx ty many cheers")
"""What thanks begin with that no full stop sets off: "Thanksgiving" has another meaning."""
_SAYING = words("say says write mean means word words called")
_OPENING = frozenset({Topic.GREETING, Topic.THANKS, Topic.ACKNOWLEDGEMENT})
"""What may stand before a question with nothing in between."""
_TELLING = frozenset({Topic.ABOUT, Topic.CHITCHAT})
_ONESELF = words("i my we our ich mein meine wir unsere je mon ma mes nous notre yo mi nosotros io mio mia noi")
_MOST_WORDS = 8
_FEW_WORDS = 2
_FEWEST_LEFT = 2

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
    return _without_thanks(_without_greeting(message, recognise), recognise)


def _without_greeting(message: str, recognise: Recognise) -> str:
    """``message`` from the word on where its question begins, if all before is a courtesy that no mark sets off.

    A short piece of a question is easily taken for chitchat ("my dog"), so that is not cut off, nor are complaints.
    """
    terms = list(_TERM.finditer(message))
    if not terms or begins_question(message):
        return message
    for term in terms[1 : min(_MOST_WORDS, len(terms) - _FEWEST_LEFT) + 1]:
        rest, piece = message[term.start() :], message[: term.start()].strip()
        if not term[0][0].isalnum() or ":" in rest:
            continue  # what asks comes later
        short = len(piece.split()) <= _FEW_WORDS and piece.lower() not in ENGLISH.pronouns  # "I have a ..." tells
        if (begins_question(rest) or (short and _asks_whether(rest))) and recognise(piece) in _OPENING:
            return rest
    return message


def _asks_whether(text: str) -> bool:
    """Whether ``text`` may ask whether a thing is so: "is the ...". After more than "hey" it may as well tell that."""
    first, second = [*text.lower().split(), "", ""][:2]
    asking = asking_in(text)
    return first in asking.auxiliaries and second in asking.articles


def _without_thanks(message: str, recognise: Recognise) -> str:
    """``message`` less the thanks at its end that no mark sets off."""
    asking = asking_in(message)
    closed = _SAYING | asking.articles | asking.prepositions
    for before, term in list(pairwise(_TERM.finditer(message)))[-_MOST_WORDS:]:
        thanks = term[0].lower().strip(",.!") in _THANKING and before[0].lower() not in closed
        if thanks and recognise(message[term.start() :]) is Topic.THANKS:
            return message[: term.start()].rstrip()
    return message


def _is_courtesy(piece: str, recognise: Recognise) -> bool:
    """Whether ``piece`` is small talk. What people tell of themselves is not, however it sounds ("I have a puppy."):
    the answer may turn on it.
    """
    topic = recognise(piece)
    tells = "?" not in piece and not _ONESELF.isdisjoint(piece.lower().split())
    return topic not in (None, Topic.REFDESK) and not (tells and topic in _TELLING)
