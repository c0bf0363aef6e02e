"""A question with what it is about: told before it in the message, or in the conversation."""

import re
from collections.abc import Iterable, Sequence

from rag.query.narrative import told_and_asked, topic_of
from rag.retrieval.variants import QueryVariant
from rag.text.tokens import content_stems
from rag.types import Exchange

_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|this|(?<!so )that|these|those|he|she|him|his|her|hers|one|ones|there|then"
    r"|former|latter|else|more)\b",
    re.IGNORECASE,
)
_BEGINS_AS_FOLLOW_UP = re.compile(
    r"\s*(?:and|but|or|also|not|what about|how about|why|why not|how so|really)\b", re.IGNORECASE
)
_OPENING = re.compile(
    r"\s*(?:(?:thanks|thank you|ok|okay|great|well|yes|no|sorry|actually)[,.!;:]+\s+)*"
    r"(?P<corrects>i (?:meant|mean)\b[\s,:]*)?",
    re.IGNORECASE,
)
"""Courtesies and corrections that may come before the question itself."""
_FEW_WORDS = 2
"""A question of so few words names no topic of its own."""
_CARRIED_WEIGHT = 0.7
"""How much the search with the topic so far counts for a question that seems to stand alone, beside 1 for its own."""
_MAX_TOPIC_WORDS = 8
_MAX_TITLE_WORDS = 6
_MAX_SHORT_ANSWER_WORDS = 5
_WORD = re.compile(r"\w[\w'’.-]*\w|\w")
_FEWEST_CLAIM_WORDS = 3
_FEWEST_POINTING_BACK = 5
"""A question of fewer words is nothing without what was told before it.

With "it" or "that" it needs more: they may stand for what was told, or for what the question itself names.
"""


def carry_topic(question: str, before: Sequence[Exchange], subject: str = "") -> tuple[QueryVariant, ...]:
    """The question as it was asked and, in a conversation, with the topic so far in brackets.

    The topic are the words of the questions before, back to the last one that stands alone, and the title and the
    short answer that the last of them was answered with. Whether a question points back cannot be told for certain
    ("What is the dose?"), so both are searched for; where it plainly does, both count alike. ``subject`` is what the
    document that is found for the question alone is about: where it names that, it takes the place of the one before.

    >>> carry_topic("How is it treated?", [Exchange("What is glaucoma?")])[1]
    QueryVariant(text='How is it treated? (glaucoma)', weight=1.0)
    >>> carry_topic("What is asthma?", [Exchange("What is glaucoma?")])[1]
    QueryVariant(text='What is asthma? (glaucoma)', weight=0.7)
    """
    asked = QueryVariant(_without_opening(question))
    topic = _without(_topic(before, claim_words(question), subject), claim_words(question))
    if not topic:
        return (asked,)
    weight = asked.weight if points_back(question) else _CARRIED_WEIGHT
    return asked, QueryVariant(f"{asked.text} ({' '.join(topic)})", weight)


def with_told_topic(told: str, asked: str, subjects: Iterable[str]) -> str | None:
    """``asked`` with the words it is about, as they were ``told`` before: those that name one of ``subjects``, which
    are of the documents that were found for both. None where nothing tells and the question says too little by itself.

    >>> with_told_topic("Our doctor said sleep apnea.", "How is it treated?", ["Sleep Apnea"])
    'How is it treated? (sleep apnea)'
    """
    topic = topic_of(told, asked, subjects, points_back=points_back(asked))
    if topic is None:
        return asked if _names_enough(asked) else None
    return with_topic(asked, topic)


def with_topic(asked: str, topic: Sequence[str]) -> str:
    """``asked`` with what it is about in brackets behind it, beside what is there already.

    >>> with_topic("Can I take it? (aspirin)", ["pregnant"])
    'Can I take it? (aspirin pregnant)'
    """
    more = _without(topic, claim_words(asked))
    if not more:
        return asked
    return f"{asked[:-1]} {' '.join(more)})" if asked.endswith(")") else f"{asked} ({' '.join(more)})"


def _names_enough(asked: str) -> bool:
    fewest = _FEWEST_POINTING_BACK if points_back(asked) else _FEWEST_CLAIM_WORDS
    return len(content_stems(asked)) >= fewest


def _topic(before: Sequence[Exchange], asked: Sequence[str], subject: str) -> list[str]:
    """The topic of the turns ``before``, less a subject that another has taken the place of: in one of them, or in the
    words ``asked`` now.
    """
    topic: list[str] = []
    title = ""
    for exchange in before:
        question = _without_story(exchange)
        own = claim_words(question)
        now = _title(exchange)
        left = _still_about(topic, own, title, now)
        topic = [*(_without(left, own) if points_back(question) else []), *own]
        title = now or title
    topic = topic[-_MAX_TOPIC_WORDS:]
    left = _still_about(topic, asked, title, subject)
    answer = before[-1].answer if before else None
    if left != topic or not answer or not answer.citations:
        return left
    short = answer.short_answer or ""
    left += claim_words(title)[:_MAX_TITLE_WORDS]
    return left + (claim_words(short) if len(short.split()) <= _MAX_SHORT_ANSWER_WORDS else [])


def _title(exchange: Exchange) -> str:
    """Of the document that an exchange was answered from."""
    return exchange.answer.citations[0].title if exchange.answer and exchange.answer.citations else ""


def _still_about(topic: list[str], asked: Sequence[str], title: str, subject: str) -> list[str]:
    """``topic`` without the words that name what ``title`` is about, where the words ``asked`` name another ``subject``
    of the same kind: the Boreal heat pump after the Aurora heat pump. "Asthma in children" is still about asthma.
    """
    old, new = set(content_stems(title)), set(content_stems(subject))
    gone = old - new
    if not (gone and new - old and new - old <= {stem for word in asked for stem in content_stems(word)}):
        return topic
    return [word for word in topic if gone.isdisjoint(content_stems(word))]


def _without_story(exchange: Exchange) -> str:
    told, asked = told_and_asked(exchange.question)
    if told and exchange.answer and exchange.answer.looked_up:
        return exchange.answer.looked_up
    return asked if _names_enough(asked) else exchange.question


def points_back(question: str) -> bool:
    """Whether ``question`` is nothing without what was told before it."""
    opening = _OPENING.match(question)
    rest = _without_opening(question)
    return bool(
        (opening and opening["corrects"])
        or _POINTS_BACK.search(rest)
        or _BEGINS_AS_FOLLOW_UP.match(rest)
        or len(rest.split()) <= _FEW_WORDS
    )


def _without_opening(question: str) -> str:
    return _OPENING.sub("", question, count=1) or question


def claim_words(text: str) -> list[str]:
    """The words of ``text``, as they stand, that carry what it is about; each once."""
    return _without([word for word in _WORD.findall(_without_opening(text)) if content_stems(word)], [])


def _without(words: Sequence[str], others: Sequence[str]) -> list[str]:
    """``words`` less those that have the same stem as one of ``others`` or one before."""
    seen = {content_stems(word) for word in others}
    left = []
    for word in words:
        stem = content_stems(word)
        if stem not in seen:
            seen.add(stem)
            left.append(word)
    return left
