"""The closed classes of a language's words, which decide what a text is about and whether two texts claim the same.

A language is one ``Lexicon`` in a module of its own, such as ``rag.text.english``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Words = frozenset[str]
Pairs = frozenset[frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Words in lower case, without apostrophes where they are ``negations``.

    ``stem`` takes the ending off a word. ``function`` are words that carry no claim by themselves.
    ``limits`` limit a claim, or say that it has no limit: leaving one out, or putting one in, makes another claim of
    it. ``relations`` say how what follows relates to what stands before. Both give for each word the one that stands
    for its group. ``joints`` begin another clause; those that are ``factive`` state it as a fact beside the other, and
    those that are ``causal`` make a claim of their own. ``searched`` are words of these classes that a search weighs
    all the same, as what is asked may hang on them ("before", "all").

    Of the rest of the check's words: ``conditions`` are limits that make everything beside them conditional,
    ``limiting`` begin a phrase which limits the claim it is set off from, ``connectives`` join a sentence to the one
    before and may be left out, ``additive`` are those that a generator may put in, and ``established`` are words of an
    opening that states what follows as a fact ("Studies have shown that"). ``denials`` take back the claim they stand
    with, ``doubt`` also lays it at somebody's door, and ``proof`` takes it back where it is negated. ``collective`` are
    stems of words that say something of several things at once. ``antonyms`` are pairs that an embedding model finds
    alike and that exclude each other, ``synonyms`` everyday words that mean the same and that it finds less alike.
    ``numbers`` gives the digits of a number in words; a number is nothing without its ``units``. ``persons`` name
    somebody by standing for them, ``pronouns`` stand for what was named before, and so do ``stand_ins`` after "this"
    or "the". ``calendar`` are the names of days and months, as they are written.
    """

    stem: Callable[[str], str]
    function: Words
    be: Words
    auxiliaries: Words
    negations: Words
    limits: Mapping[str, str]
    relations: Mapping[str, str]
    joints: Words
    factive: Words
    causal: Words
    searched: Words
    conditions: Words
    limiting: Words
    connectives: Words
    additive: Words
    established: Words
    denials: Words
    doubt: Words
    proof: Words
    collective: Words
    antonyms: Pairs
    synonyms: Pairs
    numbers: Mapping[str, str]
    units: Words
    persons: Words
    pronouns: Words
    stand_ins: Words
    calendar: Words


def words(text: str) -> Words:
    """Those of ``text``, which white space parts."""
    return frozenset(text.split())


def grouped(lines: str) -> dict[str, str]:
    """Each word with the first of its line.

    >>> grouped("toward towards")
    {'toward': 'toward', 'towards': 'toward'}
    """
    return {word: line.split()[0] for line in lines.strip().splitlines() for word in line.split()}


def pairs(lines: str) -> Pairs:
    """All pairs within each group, which a semicolon or the line's end parts from the next."""
    return frozenset(
        frozenset((one, other)) for group in _groups(lines) for one in group for other in group if one != other
    )


def _groups(lines: str) -> Iterator[list[str]]:
    for line in lines.strip().splitlines():
        yield from (group.split() for group in line.split(";"))
