"""Text as the words that carry a claim: stems, numbers and negations, in order."""

import functools
import re
from dataclasses import dataclass

from nltk.stem import SnowballStemmer

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[,;:.!?\n]")
_NEW_CLAUSE = frozenset((*",;:.!?\n", "but", "however", "although", "though", "while", "whereas"))
_REACH = 3
"""Claim-carrying words after a negation, within its clause, that it may be about."""

_FUNCTION_WORDS = frozenset(
    """
    a about according also although am an and any are as at be because been being but by can could did do does
    doing each for from had has have having he her hers him his how i if in include includes included including
    into is it its itself many may me might more most much must my of often on one or other our ours own passage
    same shall she should so some such than that the their theirs them then there these they this those through
    thus to too very was we were what when where whether which while who whom whose why will with would you your
    yours
    """.split()
)
_NEGATIONS = frozenset(
    """
    no not never none neither nor without cannot nothing nobody isnt arent wasnt dont doesnt didnt cant wont
    hasnt havent
    """.split()
)


@dataclass(frozen=True, slots=True)
class Words:
    """``content`` are stems and numbers in order; each of ``negations`` is the range of places among them that it is
    about.
    """

    content: tuple[str, ...]
    negations: tuple[range, ...]


@functools.lru_cache(maxsize=4096)
def words_of(text: str) -> Words:
    """The claim-carrying words of ``text``.

    >>> words_of("It does not cause 1,200 headaches, only pain.")
    Words(content=('caus', '1200', 'headach', 'onli', 'pain'), negations=(range(0, 3),))
    """
    content: list[str] = []
    negations: list[range] = []
    clause: list[int] = []  # where the negations of the clause that is being read stand
    for match in _WORD.finditer(text.lower()):
        word = match.group().replace("’", "'")
        if word in _NEW_CLAUSE:
            negations.extend(range(place, min(len(content), place + _REACH)) for place in clause)
            clause = []
        elif word.replace("'", "") in _NEGATIONS or word.endswith("n't"):
            clause.append(len(content))
        elif word[0].isdigit():
            content.append(word.replace(",", ""))
        elif word.removesuffix("'s") not in _FUNCTION_WORDS:
            content.append(_stem(word.removesuffix("'s")))
    negations.extend(range(place, min(len(content), place + _REACH)) for place in clause)
    return Words(tuple(content), tuple(negations))


@functools.lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    return str(_stemmer().stem(word))


@functools.cache
def _stemmer() -> SnowballStemmer:
    return SnowballStemmer("english")
