"""Does a sentence name a number or a name that its quotes do not hold?

Written for the evaluation alone and on purpose independent of ``rag.grounding``, whose work it judges.
"""

import re
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W\d_](?:[\w’'-]*\w)?")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")
_POSSESSIVE = re.compile(r"['’]s$")
_NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        """
        two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen twenty
        """.split(),
        start=2,
    )
}
"""Without "one", which is rarely a number."""


def ordinary_words(texts: Iterable[str]) -> frozenset[str]:
    """The words that ``texts`` write in lower case somewhere: capitals at the start of a sentence make no name of
    them.
    """
    return frozenset(word for text in texts for word in _words(text) if word[0].islower())


def unsupported(sentence: str, quotes: Sequence[str], ordinary: frozenset[str]) -> tuple[str, ...]:
    """The numbers and names in ``sentence`` that stand in none of ``quotes``.

    >>> unsupported("In 1066 William crossed three rivers.", ["William crossed 3 rivers."], frozenset({"in"}))
    ('1066',)
    """
    held = {word.casefold() for quote in quotes for word in _words(quote)}
    counted = {number for quote in quotes for number, _ in _numbers(quote)}
    names = [
        word
        for place, word in enumerate(_words(sentence))
        if word[0].isupper() and word != "I" and not (place == 0 and word.casefold() in ordinary)
    ]
    missing_names = [word for word in names if word.casefold() not in held]
    return (*(written for number, written in _numbers(sentence) if number not in counted), *missing_names)


def _words(text: str) -> list[str]:
    return [_POSSESSIVE.sub("", word) for word in _WORD.findall(text)]


def _numbers(text: str) -> list[tuple[str, str]]:
    """Every number in digits, and as it is written."""
    found = [(_THOUSANDS.sub("", number), number) for number in _DIGITS.findall(text)]
    return found + [(_NUMBER_WORDS[word.lower()], word) for word in _words(text) if word.lower() in _NUMBER_WORDS]
