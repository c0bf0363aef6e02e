"""Questions altered so that their passage no longer answers them.

The altered one looks as if it were answered there: it differs in a name, a number, an opposite or a "not", as many
unanswerable questions of SQuAD 2.0 do (Rajpurkar et al., "Know What You Don't Know", ACL 2018, table 1).
"""

import random
import re

from rag.text.tokens import LEXICON

_NEGATED = 0.3
"""Share of the remaining questions that are negated: more would teach that "not" alone means no answer."""
_NAME_OR_NUMBER = re.compile(r"(?:\b[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)*|\b\d(?:[\d.,]*\d)?)")
_NO_NAMES = LEXICON.function | LEXICON.limits.keys() | LEXICON.relations.keys()
"""In capitals at the beginning of a sentence."""
_WORD = re.compile(r"[A-Za-z]+")
_VERB = re.compile(
    r"\b(?:is|are|was|were|does|do|did|has|had|can|could|will|would|should)\b(?! not\b)(?!n't)", re.IGNORECASE
)
_OPPOSITES: dict[str, list[str]] = {}
for _pair in sorted(map(sorted, LEXICON.antonyms)):
    for _word, _other in (_pair, reversed(_pair)):
        _OPPOSITES.setdefault(_word, []).append(_other)


def altered(question: str, passage: str, answer: str, draw: random.Random) -> str | None:
    """``question`` with one thing changed, by chance one of the kinds that can be; None if there is none.

    A name or number is replaced by another of the passage that is no part of ``answer``.

    >>> altered("What is the best hill?", "The best hill is Bo.", "Bo", random.Random(1))
    'What is the worst hill?'
    """
    changed = (_with_another_name(question, passage, answer, draw), _with_an_opposite(question, draw))
    possible = [text for text in changed if text]
    if possible:
        return draw.choice(possible)
    return _negated(question) if draw.random() < _NEGATED else None


def _with_another_name(question: str, passage: str, answer: str, draw: random.Random) -> str | None:
    named = [match for match in _NAME_OR_NUMBER.finditer(question) if match.start()]  # a question begins in capitals
    if not named:
        return None
    place = draw.choice(named)
    others = {
        match.group()
        for match in _NAME_OR_NUMBER.finditer(passage)
        if match.group()[0].isdigit() == place.group()[0].isdigit()
        and match.group().lower() not in _NO_NAMES
        and match.group().lower() not in question.lower()
        and match.group() not in answer
        and answer not in match.group()
    }
    return _replaced(question, place, draw.choice(sorted(others))) if others else None


def _with_an_opposite(question: str, draw: random.Random) -> str | None:
    words = [match for match in _WORD.finditer(question) if match.group() in _OPPOSITES]
    if not words:
        return None
    place = draw.choice(words)
    return _replaced(question, place, draw.choice(_OPPOSITES[place.group()]))


def _negated(question: str) -> str | None:
    verb = _VERB.search(question)
    return _replaced(question, verb, f"{verb.group()} not") if verb else None


def _replaced(text: str, place: re.Match[str], by: str) -> str:
    return text[: place.start()] + by + text[place.end() :]
