"""Text as the words that carry a claim, in order, with what qualifies them."""

import functools
import re
from dataclasses import dataclass

from rag.text.stemming import stem

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_EDGES = ".,;:!?()[]{}\"'“”‘’…"

_FUNCTION_WORDS = frozenset(
    """
    a according also am an and any are be been being but did do does doing each for had has have having he
    her hers him his how i include includes included including into is it its itself me my of on or our ours
    own passage same shall she so that the their theirs them then there these they this those thus too very
    was we were what when where which while who whom whose why will with you your yours although because
    however though whereas
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
    about almost approximately can could estimated except few fewer hardly if least less likely many may
    maybe might more most must nearly occasionally often only over possible possibly potential potentially
    probably rarely seldom several should some sometimes suspected typically under unless unlikely until
    usually would
    """.split()
)
"""Words that limit a claim. Leaving one out, or putting one in, makes another claim of it."""


@dataclass(frozen=True, slots=True)
class Words:
    """``content`` are stems and numbers in order.

    Each of ``qualifiers`` is a negation ("not") or a limit, with the place in the content that it stands before.
    """

    content: tuple[str, ...]
    qualifiers: tuple[tuple[str, int], ...]


@functools.lru_cache(maxsize=4096)
def words_of(text: str) -> Words:
    """The claim-carrying words of ``text``, and what qualifies them. Numbers keep their sign, unit and joiners.

    >>> words_of("It may not cause 2-4 headaches, but 5% pain.")
    Words(content=('caus', '2-4', 'headach', '5%', 'pain'), qualifiers=(('may', 0), ('not', 0)))
    """
    content: list[str] = []
    qualifiers: list[tuple[str, int]] = []
    for token in text.lower().replace("’", "'").split():
        if any(character.isnumeric() for character in token):
            content.append(token.strip(_EDGES))
            continue
        for match in _WORD.finditer(token):
            word = match.group().removesuffix("'s")
            if word.replace("'", "") in _NEGATIONS or word.endswith("n't"):
                qualifiers.append(("not", len(content)))
            elif word in _LIMITS:
                qualifiers.append((word, len(content)))
            elif word not in _FUNCTION_WORDS:
                content.append(stem(word))
    return Words(tuple(content), tuple(qualifiers))
