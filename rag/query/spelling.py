"""Words of a question that no document holds and that are one slip of the finger away from words that they hold."""

import re
from collections.abc import Iterator
from string import ascii_lowercase

from rag.text.tokens import content_stems
from vectorstore.store import PassageView
from vectorstore.types import Scope

_FEWEST_LETTERS = 6
_FEWEST_PASSAGES = 5
"""With a word that differs by a letter."""
_MOST_WORDS = 8
_MOST_CANDIDATES = 5
_WORD = re.compile(rf"(?<![\w'’-])[a-z]{{{_FEWEST_LETTERS},}}(?![\w'’-])")


def corrected(message: str, view: PassageView, scope: Scope) -> str:
    """``message`` with such words as the documents within ``scope`` spell them.

    Short words have too many neighbours, and names, with a capital letter, may well be in no document: both stay. No
    word becomes one that says nothing by itself ("excerpt", "except").
    """
    words = list(dict.fromkeys(_WORD.findall(message)))
    counts = view.frequencies(words, scope)
    unknown = [word for word in words if not counts[word]][:_MOST_WORDS]
    right = {word: better for word in unknown if (better := _nearest(word, view, scope))}
    return _WORD.sub(lambda match: right.get(match[0], match[0]), message)


def _nearest(word: str, view: PassageView, scope: Scope) -> str | None:
    fewest = dict.fromkeys(_changed(word), _FEWEST_PASSAGES) | dict.fromkeys(_slips(word), 1)
    counts = view.frequencies(list(fewest), scope)
    common = sorted((other for other, least in fewest.items() if counts[other] >= least), key=lambda o: -counts[o])
    # A count is that of all forms of a word, made-up ones among them.
    return next(
        (other for other in common[:_MOST_CANDIDATES] if content_stems(other) and view.holds_form(other, scope)), None
    )


def _slips(word: str) -> Iterator[str]:
    """All that one letter left out, put in or swapped with the next makes of ``word``, but for its first (P. Norvig,
    "How to Write a Spelling Corrector", norvig.com/spell-correct.html, 2007).
    """
    for place in range(1, len(word) + 1):
        before, after = word[:place], word[place:]
        yield from (before + letter + after for letter in ascii_lowercase)
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]


def _changed(word: str) -> Iterator[str]:
    """The same for a letter that is another: what is meant is less sure, for many words differ so."""
    for place in range(1, len(word)):
        yield from (word[:place] + letter + word[place + 1 :] for letter in ascii_lowercase)
