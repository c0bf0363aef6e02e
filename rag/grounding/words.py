"""Text as the words that carry a claim: stems, numbers and negations, in order."""

import functools
import re
from dataclasses import dataclass

from nltk.stem import SnowballStemmer

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")

_FUNCTION_WORDS = frozenset(
    """a about according also although am an and any are as at be because been being but by can could did do does doing each for from
    had has have having he her hers him his how i if in include includes included including into is it its itself many may me might more
    most much must my of often on one or other our ours own passage same shall she should so some such than that the their theirs them
    then there these they this those through thus to too very was we were what when where whether which while who whom whose why will
    with would you your yours""".split()
)
_NEGATIONS = frozenset("no not never none neither nor without cannot nothing nobody isnt arent wasnt dont doesnt didnt cant wont hasnt havent".split())


@dataclass(frozen=True, slots=True)
class Words:
    """``content`` are stems and numbers in order; ``negations`` are the places among them before which a negation stands."""

    content: tuple[str, ...]
    negations: tuple[int, ...]


@functools.lru_cache(maxsize=4096)
def words_of(text: str) -> Words:
    """The claim-carrying words of ``text``.

    >>> words_of("It does not cause 1,200 headaches.")
    Words(content=('caus', '1200', 'headach'), negations=(0,))
    """
    content: list[str] = []
    negations: list[int] = []
    for match in _WORD.finditer(text.lower()):
        word = match.group().replace("’", "'")
        if word.replace("'", "") in _NEGATIONS or word.endswith("n't"):
            negations.append(len(content))
        elif word[0].isdigit():
            content.append(word.replace(",", ""))
        elif word.removesuffix("'s") not in _FUNCTION_WORDS:
            content.append(_stem(word.removesuffix("'s")))
    return Words(tuple(content), tuple(negations))


@functools.lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    return str(_stemmer().stem(word))


@functools.cache
def _stemmer() -> SnowballStemmer:
    return SnowballStemmer("english")
