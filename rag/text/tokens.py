"""Text as tokens: content words, numbers and names, and what binds and limits them.

Queries and passages are compared by the stems of their content, claims and passages by all of it.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from rag.text.english import ENGLISH
from vectorstore.identifiers import UNSPACED

LEXICON = ENGLISH
"""The language that documents and questions are in."""


class Kind(Enum):
    """What a token does in a sentence. The first three carry the claim."""

    WORD = auto()
    NAME = auto()
    NUMBER = auto()
    NEGATION = auto()
    LIMIT = auto()
    RELATION = auto()
    JOINT = auto()
    BREAK = auto()
    FUNCTION = auto()


CONTENT = frozenset({Kind.WORD, Kind.NAME, Kind.NUMBER})
QUALIFIERS = frozenset({Kind.NEGATION, Kind.LIMIT})


@dataclass(frozen=True, slots=True)
class Token:
    """``text[start:end]`` of the text it was cut from; tokens of one kind mean the same when their ``key`` is equal."""

    kind: Kind
    key: str
    word: str
    start: int
    end: int

    @property
    def is_content(self) -> bool:
        return self.kind in CONTENT


_UNSPACED = re.compile(f"[{UNSPACED}]")
_RUNS = re.compile(f"[{UNSPACED}]+|[^{UNSPACED}]+")
_PER_WORD = 2
"""Letters of unspaced scripts in a word, about."""
_MARKS = "\u3000-\u303f\uff01-\uff0f\uff1a-\uff20"
"""Their punctuation."""
_TOKEN = re.compile(
    rf"(?P<number>(?:(?<![^\W_])[-−+])?[±<>≤≥~€$£¥]*[^\W\d_{UNSPACED}]?\d(?:[^\s,;:()\[\]{UNSPACED}{_MARKS}]|[,:](?=\d))*)"
    r"|(?P<word>[^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)*)"
    r"|(?P<own>['’]s\b)"
    r"|(?P<break>[,;:()\[\]\n–—•*]|(?<=\s)-(?=\s))"
)
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:,\d{3})+(?![\d,])")
_PERCENT = re.compile(r"\s*(?:percent|per\s+cent|%)(?!\w)", re.IGNORECASE)


@functools.lru_cache(maxsize=4096)
def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of ``text``.

    >>> [token.key for token in tokens_of("It may not cost 2,000 dollars, but 5 percent.")]
    ['it', 'may', 'not', 'cost', '2000', 'dollar', ',', 'but', '5%']
    """
    tokens: list[Token] = []
    at = 0
    while match := _TOKEN.search(text, at):
        at = match.end()
        token = _token(match, first=not tokens or tokens[-1].word == "\n")
        if token.kind is Kind.NUMBER and (percent := _PERCENT.match(text, token.end)):
            at = percent.end()
            token = Token(Kind.NUMBER, token.key + "%", token.word, token.start, at)
        tokens.append(token)
    return tuple(tokens)


@functools.lru_cache(maxsize=4096)
def content_stems(text: str) -> tuple[str, ...]:
    """The words of ``text`` that a search weighs, as stems and numbers in order; of a script that puts no space
    between words all pairs of letters in the place of its words.

    >>> content_stems("It may not cause headaches before the age of 15.")
    ('caus', 'headach', 'befor', 'age', '15')
    """
    stems = (
        token.key if token.is_content else LEXICON.stem(token.word.lower())
        for token in tokens_of(text)
        if token.is_content or token.word.lower() in LEXICON.searched
    )
    return tuple(part for stem in stems for part in (_pairs(stem) if _UNSPACED.search(stem) else (stem,)))


def _pairs(stem: str) -> Iterator[str]:
    for run in _RUNS.findall(stem):
        if _UNSPACED.match(run) and len(run) > _PER_WORD:
            yield from map("".join, pairwise(run))
        else:
            yield run


def has_spaced_words(text: str) -> bool:
    """Whether all of ``text`` is in scripts that put spaces between words."""
    return not _UNSPACED.search(text)


def word_count(text: str) -> int:
    """How many words ``text`` has, about: white space parts them, or, in scripts that have none, nothing does.

    >>> word_count("two words"), word_count("图书馆九点开门")
    (2, 4)
    """
    spaced, letters = _UNSPACED.subn(" ", text)
    return len(spaced.split()) + -(-letters // _PER_WORD)


def _token(match: re.Match[str], *, first: bool) -> Token:
    written, place = match.group(), match.span()
    if match["number"]:
        written = written.rstrip(".!?\"'”’")
        key = _THOUSANDS.sub(lambda digits: digits.group().replace(",", ""), written.lower())
        return Token(Kind.NUMBER, key, written, place[0], place[0] + len(written))
    if match["break"]:
        return Token(Kind.BREAK, written, written, *place)
    if match["own"]:
        return Token(Kind.RELATION, LEXICON.relations["of"], written, *place)
    word = written.lower().replace("’", "'")
    kind, key = _sense(word)
    if (kind is Kind.WORD or word == "may") and written[0].isupper() and not first:
        kind = Kind.NAME
    return Token(kind, key, written, *place)


@functools.lru_cache(maxsize=65_536)
def _sense(word: str) -> tuple[Kind, str]:
    if word.replace("'", "") in LEXICON.negations or word.endswith("n't"):
        return Kind.NEGATION, "not"
    if word in LEXICON.limits:
        return Kind.LIMIT, LEXICON.limits[word]
    if word in LEXICON.joints:
        return Kind.JOINT, word
    if word in LEXICON.relations:
        return Kind.RELATION, LEXICON.relations[word]
    if word in LEXICON.numbers:
        return Kind.NUMBER, LEXICON.numbers[word]
    if word in LEXICON.be or word in LEXICON.function:
        return Kind.FUNCTION, word
    return Kind.WORD, LEXICON.stem(word)


def words_before(tokens: Sequence[Token], place: int) -> list[Token]:
    """The tokens between ``place`` and the content word before it."""
    first = place
    while first > 0 and not tokens[first - 1].is_content:
        first -= 1
    return list(tokens[first:place])


def relations_before(tokens: Sequence[Token], place: int) -> frozenset[str]:
    """The prepositions and the like that bind ``place`` to the content word before it."""
    before = words_before(tokens, place)
    cut = max((i + 1 for i, token in enumerate(before) if token.kind is Kind.BREAK), default=0)
    return frozenset(token.key for token in before[cut:] if token.kind is Kind.RELATION)
