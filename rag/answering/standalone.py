"""A follow-up question made to stand alone, by carrying the topic words of the question before it."""

import re

from rag.grounding.words import words_of

_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|this|that|these|those|he|she|his|her|one|ones|there|then|former|latter|else|more)\b",
    re.IGNORECASE,
)
_BEGINS_AS_FOLLOW_UP = re.compile(
    r"\s*(?:and|but|or|also|what about|how about|why|why not|how so|really)\b", re.IGNORECASE
)
_FEW_WORDS = 2
"""A question of so few words names no topic of its own."""
_MAX_TOPIC_WORDS = 6


def stand_alone(question: str, before: str | None) -> str:
    """``question`` with the topic of ``before`` in brackets when it cannot be understood alone; else ``question``
    itself.

    >>> stand_alone("How is it treated?", "What is glaucoma?")
    'How is it treated? (glaucoma)'
    >>> stand_alone("What is asthma?", "What is glaucoma?")
    'What is asthma?'
    """
    if before is None:
        return question
    own = words_of(question).content
    if not (
        _POINTS_BACK.search(question) or _BEGINS_AS_FOLLOW_UP.match(question) or len(question.split()) <= _FEW_WORDS
    ):
        return question
    topic = [
        word for word in re.findall(r"[\w'’-]+", before) if (stems := words_of(word).content) and stems[0] not in own
    ]
    return f"{question} ({' '.join(dict.fromkeys(topic[-_MAX_TOPIC_WORDS:]))})" if topic else question
