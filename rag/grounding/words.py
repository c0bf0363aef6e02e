"""Text as the words that carry a claim: stems, numbers and negations, in order."""

import functools
import re
from dataclasses import dataclass

from nltk.stem import SnowballStemmer

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[,;:.!?\n]")
_NEW_CLAUSE = frozenset((*",;:.!?\n", "but", "however", "although", "though", "while", "whereas"))
_REACH = 3
"""Claim-carrying words after a qualifier, within its clause, that it may be about."""

_FUNCTION_WORDS = frozenset(
    """
    a according also although am an and any are as at be because been being but by did do does doing each for
    from had has have having he her hers him his how i if in include includes included including into is it
    its itself me my of on or our ours own passage same shall she so than that the their theirs them then
    there these they this those through thus to too very was we were what when where whether which while who
    whom whose why will with would you your yours
    """.split()
)
_NEGATIONS = frozenset(
    """
    no not never none neither nor without cannot nothing nobody isnt arent wasnt dont doesnt didnt cant wont
    hasnt havent
    """.split()
)
_LIMITS = frozenset(
    """
    about almost approximately can could estimated except few fewer hardly least less likely many may maybe
    might more most must nearly occasionally often only over possible possibly potential potentially probably
    rarely seldom several should some sometimes suspected typically under unless unlikely until usually
    """.split()
)
"""Words that limit a claim. Leaving one out, or putting one in, makes another claim of it."""


@dataclass(frozen=True, slots=True)
class Qualifier:
    """A negation (``word`` is then "not") or a limit; ``about`` are the places in the content that it may be about."""

    word: str
    about: range


@dataclass(frozen=True, slots=True)
class Words:
    """``content`` are stems and numbers in order."""

    content: tuple[str, ...]
    qualifiers: tuple[Qualifier, ...]


@functools.lru_cache(maxsize=4096)
def words_of(text: str) -> Words:
    """The claim-carrying words of ``text``, and what qualifies them.

    >>> words_of("It may not cause 1,200 headaches, but pain.").content
    ('caus', '1200', 'headach', 'pain')
    >>> [qualifier.word for qualifier in words_of("It may not cause 1,200 headaches, but pain.").qualifiers]
    ['may', 'not']
    """
    content: list[str] = []
    clause_of: list[int] = []
    found: list[tuple[str, int, int]] = []  # a qualifier, its clause, and the place of the next content word
    clause = 0
    for match in _WORD.finditer(text.lower()):
        word = match.group().replace("’", "'").removesuffix("'s")
        if word in _NEW_CLAUSE:
            clause += 1
        elif word.replace("'", "") in _NEGATIONS or word.endswith("n't"):
            found.append(("not", clause, len(content)))
        elif word in _LIMITS:
            found.append((word, clause, len(content)))
        elif word[0].isdigit() or word not in _FUNCTION_WORDS:
            content.append(word.replace(",", "") if word[0].isdigit() else _stem(word))
            clause_of.append(clause)
    qualifiers = []
    for word, its_clause, place in found:
        end = place
        while end < min(len(content), place + _REACH) and clause_of[end] == its_clause:
            end += 1
        # "Only" and its like may stand last in their clause: then they are about what stands before them.
        start = place if end > place else max(0, place - 1)
        qualifiers.append(Qualifier(word, range(start, max(end, place))))
    return Words(tuple(content), tuple(qualifiers))


@functools.lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    return str(_stemmer().stem(word))


@functools.cache
def _stemmer() -> SnowballStemmer:
    return SnowballStemmer("english")
