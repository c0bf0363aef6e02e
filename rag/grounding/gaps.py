"""What a claim leaves out of its source, and whether it may: a clause of its own may go, a condition may not.

Without a parser, a clause is what punctuation or a joint ("and", "which", "because") sets off.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.text.tokens import LEXICON, QUALIFIERS, Kind, Token

_BORDERS = (Kind.BREAK, Kind.JOINT)


@dataclass(frozen=True, slots=True)
class Gap:
    """Tokens ``first`` to ``last`` (exclusive) of a source, between two words in use; ``words`` of them carry a claim.

    Where it is ``harmless``, those before ``resumes`` may be left out; the rest belongs to the next word in use.
    """

    first: int
    last: int
    place: Literal["head", "middle", "tail"]
    words: int
    harmless: bool
    resumes: int


def gaps_of(source: Sequence[Token], covered: set[int]) -> list[Gap]:
    """Every run of tokens between those that are ``covered``."""
    edges = [-1, *sorted(covered), len(source)]
    gaps: list[Gap] = []
    for before, after in itertools.pairwise(edges):
        inside, said = source[before + 1 : after], source[: before + 1]
        words = sum(token.is_content for token in inside)
        if not inside:
            continue
        cut: int | None = 0
        if words and before < 0:
            cut = _cut_of_head(inside)
        elif words and after < len(source):
            cut = _cut_of_middle(inside, said)
        elif words:
            cut = len(inside) if _may_go(inside, said) else None
        place: Literal["head", "middle", "tail"] = "head" if before < 0 else "middle" if after < len(source) else "tail"
        gaps.append(Gap(before + 1, after, place, words, cut is not None, before + 1 + (cut or 0)))
    return gaps


def _last_border(inside: Sequence[Token]) -> int:
    return max((i + 1 for i, token in enumerate(inside) if token.kind in _BORDERS), default=0)


def _cut_of_head(inside: Sequence[Token]) -> int | None:
    """How many tokens of an opening may go; None where it belongs to what follows."""
    cut = _last_border(inside)
    before, rest = inside[:cut], inside[cut:]
    if any(token.is_content for token in rest):
        return _cut_of_established(inside)
    if all(token.word.lower() in LEXICON.connectives for token in before if token.is_content):
        return cut
    if before[0].word.lower() in LEXICON.factive and before[-1].word == ",":
        return cut
    joint = before[-1]
    joins = joint.word == ";" or joint.word.lower() in ("and", "but", "while", "whereas")
    return cut if joins and _is_clause(before) else None


def _cut_of_established(inside: Sequence[Token]) -> int | None:
    """For "Studies have shown that", which states what follows as a fact; not for "Studies failed to show that"."""
    that = max((i for i, token in enumerate(inside) if token.word.lower() == "that"), default=-1)
    if that < 0 or any(token.is_content for token in inside[that:]):
        return None
    plain = all(token.word.lower() in LEXICON.established for token in inside if token.kind is not Kind.FUNCTION)
    return that + 1 if plain else None


def _is_clause(tokens: Sequence[Token]) -> bool:
    """Whether what a joint ends is a clause: set off by punctuation, or with a verb that is known."""
    if tokens[-1].word == ";" or (len(tokens) > 1 and tokens[-2].word in ",;"):
        return True
    bound = any(token.kind in QUALIFIERS or token.word.lower() == "that" for token in tokens)
    return not bound and any(token.word.lower() in LEXICON.be for token in tokens)


def _cut_of_middle(inside: Sequence[Token], said: Sequence[Token]) -> int | None:
    cut = _last_border(inside)
    if cut == 0 or any(token.is_content for token in inside[cut:]):
        return None
    if inside[0].kind is Kind.BREAK:
        return cut if _is_aside(inside[1:cut]) else None
    # "It damages the nerve and causes blindness": another predicate of the same subject.
    joints = [token for token in inside[:cut] if token.kind is Kind.JOINT or token.word.lower() == "that"]
    joined = joints == [inside[cut - 1]] and joints[0].word.lower() in ("and", "but")
    limited = any(token.kind in QUALIFIERS for token in (*said, *inside[:cut]))
    return cut if joined and not limited else None


def _may_go(tail: Sequence[Token], said: Sequence[Token]) -> bool:
    first, rest = tail[0], tail[1:]
    if first.kind is Kind.JOINT:
        # Of "do not mix bleach and ammonia" neither may be left out.
        bound = any(token.kind in QUALIFIERS or token.key in LEXICON.collective for token in (*said, *rest))
        if bound or not (first.word.lower() == "and" or first.word.lower() in LEXICON.factive):
            return False
    elif first.kind is not Kind.BREAK or first.word == ":":
        return False
    another_clause = first.word == ";" or (first.word == "," and bool(rest) and rest[0].word.lower() == "and")
    if not another_clause and any(token.key in LEXICON.conditions for token in rest):
        return False
    opposes = any(token.word.lower() in ("but", "although", "though", "however") for token in tail[:3])
    if opposes and any(token.kind in QUALIFIERS for token in rest):
        return False
    return _is_aside([token for token in rest if token.kind is not Kind.JOINT], another_clause=another_clause)


def _is_aside(tokens: Sequence[Token], *, another_clause: bool = False) -> bool:
    """Whether it does not begin with a word that limits what stands beside it."""
    for token in tokens:
        if token.word.lower() in LEXICON.limiting:
            return False
        if token.kind in QUALIFIERS:
            return another_clause and token.kind is Kind.LIMIT and token.key not in LEXICON.conditions
        if token.kind is not Kind.FUNCTION:
            return True
    return True
