"""What is really asked: a follow-up question with the topic of the one before it, a long letter without its story."""

import re

from ingest.sentences import sentence_spans
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
_LETTER_WORDS = 40
_FEWEST_CLAIM_WORDS = 4


def focus(question: str) -> str:
    """Of a long letter the sentences that ask; the question itself where it is short, or where they say too little.

    >>> focus("I am 58. " * 15 + "Can glaucoma be prevented by eating more fresh fruit?")
    'Can glaucoma be prevented by eating more fresh fruit?'
    """
    if len(question.split()) <= _LETTER_WORDS:
        return question
    sentences = [question[start:end] for start, end in sentence_spans(question)]
    asking = " ".join(sentence for sentence in sentences if sentence.endswith("?"))
    return asking if len(words_of(asking).content) >= _FEWEST_CLAIM_WORDS else question


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
