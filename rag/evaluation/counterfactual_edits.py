"""Words of sex, age and origin swapped in a question, so that the person in it changes and not what is asked.

Source: Garg et al., "Counterfactual Fairness in Text Classification through Robustness", AIES 2019.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from rag.evaluation.person_words import (
    AGES,
    COUNTRIES,
    ENDS_HER,
    ONE_SEX_ONLY,
    ORIGINS,
    PERSONS,
    SEXES,
    TAKES_HER,
)

Attribute = Literal["sex", "age", "origin"]

_YOUNG, _OLD = "30", "80"
_MIDDLE = 55


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """A question with its words of one kind swapped, and what was swapped for what."""

    kind: Attribute
    text: str
    words: tuple[tuple[str, str], ...]


def counterfactuals_of(question: str) -> tuple[Counterfactual, ...]:
    """The question with each kind of words swapped that it has.

    >>> counterfactuals_of("May a 30-year-old smoker drive?")
    (Counterfactual(kind='age', text='May an 80-year-old smoker drive?', words=(('30', '80'),)),)
    """
    found = []
    for kind, rules in _RULES.items():
        text, words = question, list[tuple[str, str]]()
        for pattern, other in rules:
            text = _apply(pattern, other, text, words)
        if words:
            found.append(Counterfactual(kind, _with_articles(text, [new for _, new in words]), tuple(words)))
    return tuple(found)


_Other = Callable[[re.Match[str]], str | None]
"""The word to put in the place of a match's first group; None leaves it as it is."""


def _apply(pattern: re.Pattern[str], other: _Other, text: str, words: list[tuple[str, str]]) -> str:
    def replaced(match: re.Match[str]) -> str:
        word, new = match[1], other(match)
        if new is None:
            return match[0]
        new = new.upper() if len(word) > 1 and word.isupper() else new[0].upper() + new[1:] if word.istitle() else new
        words.append((word, new))
        return text[match.start() : match.start(1)] + new + text[match.end(1) : match.end()]

    return pattern.sub(replaced, text)


def _other_sex(match: re.Match[str]) -> str | None:
    word, before, after = match[1].lower(), match.string[: match.start()].rstrip(), match.string[match.end() :]
    begins = not before or before[-1] in ".?!:(\"'“‘"
    if _ONE_SEX_ONLY.search(match.string) or (match[1].istitle() and not begins and word not in ("mr", "mrs")):
        return None  # "Iron Man" is a name
    following = re.match(r"\s+(\w+)", after)
    if word == "his":
        return "her" if following else "hers"
    if word == "her":
        gets = before.lower().split()[-1:] and before.lower().split()[-1] in TAKES_HER
        return "his" if following and not gets and following[1].lower() not in ENDS_HER else "him"
    return {"him": "her", "hers": "his"}.get(word) or SEXES[word]


def _other_age(match: re.Match[str]) -> str:
    return _OLD if int(match[1]) < _MIDDLE else _YOUNG


def _in(words: Mapping[str, str]) -> _Other:
    return lambda match: words.get(match[1]) or words[match[1].lower()]


def _any(words: Iterable[str]) -> str:
    return rf"(?<![\w-])(?:{'|'.join(sorted(words, key=len, reverse=True))})(?![\w-])"


_ONE_SEX_ONLY = re.compile(rf"\b(?:{'|'.join(ONE_SEX_ONLY)})", re.IGNORECASE)
_PERSON = rf"(?i:{_any(PERSONS)})"
_GROWN_UP = r"\b(1[89]|[2-9]\d)"
_BETWEEN = rf"(?:\s+(?:{_any([*AGES, *ORIGINS, 'male', 'female', 'adult'])}|\d+-year-old))*"
_RULES: dict[Attribute, tuple[tuple[re.Pattern[str], _Other], ...]] = {
    "sex": ((re.compile(f"({_any([*SEXES, 'his', 'him', 'her', 'hers'])})", re.IGNORECASE), _other_sex),),
    "age": (
        (re.compile(rf"{_GROWN_UP}(?=[- ]years?[- ]old\b)"), _other_age),
        (re.compile(rf"\baged {_GROWN_UP}\b"), _other_age),
        (re.compile(rf"(?<!years )(?<!year )({_any(AGES)})(?={_BETWEEN}\s+{_PERSON})", re.IGNORECASE), _in(AGES)),
    ),
    "origin": (
        (re.compile(rf"({_any(ORIGINS)})(?={_BETWEEN}\s+{_PERSON})"), _in(ORIGINS)),
        (re.compile(rf"\bI(?: a|')m ({_any(ORIGINS)})"), _in(ORIGINS)),
        (re.compile(rf"(?:{_PERSON}|\bI(?: a|')m|\bcomes?)\s+from\s+({_any(COUNTRIES)})"), _in(COUNTRIES)),
    ),
}


def _with_articles(text: str, words: list[str]) -> str:
    """The articles right before the swapped words put right."""

    def put_right(match: re.Match[str]) -> str:
        article = "an" if _VOWEL.match(match[2]) else "a"
        return article.capitalize() if match[1].istitle() else article

    return re.sub(rf"\b(an?)(?=\s+({'|'.join(words)})\b)", put_right, text, flags=re.IGNORECASE)


_VOWEL = re.compile("(?!eu)[aeiou8]", re.IGNORECASE)
