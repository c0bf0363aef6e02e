"""Negations, limits and doubts: whether a claim has those of its source, at the same words."""

import itertools
from collections.abc import Iterable, Sequence

from rag.grounding.alignment import Alignment
from rag.grounding.gaps import Gap
from rag.grounding.types import Reason
from rag.text.tokens import LEXICON, QUALIFIERS, Kind, Token, tokens_of, words_before

_ANSWERS_BACK = frozenset("this that it these those such however but yet".split())


def qualifier_vetoes(
    alignment: Alignment, covered: set[int], borrowed: frozenset[int], gaps: Sequence[Gap]
) -> list[Reason]:
    """``covered`` are the source tokens in use, ``borrowed`` the claim tokens that stand on the context."""
    claim, source = alignment.claim, alignment.source
    skipped = {i for gap in gaps if gap.words and gap.harmless for i in range(gap.first, gap.resumes)}
    theirs = _before_each(source, covered, skipped)
    ours = _before_each(claim, (*alignment.places, *borrowed), set())
    partner = {place: i for i, place in alignment.places.items()} | {len(source): len(claim)}
    differing = {key for i in borrowed for key in ours[i]}
    for place, keys in theirs.items():
        mine = ours[partner[place]] if place in partner else []
        differing |= {key for key in (*mine, *keys) if mine.count(key) != keys.count(key)}
    vetoes: list[Reason] = []
    if "not" in differing or doubted(source, covered):
        vetoes.append("negation")
    if differing - {"not"} or _brought_to_now(alignment):
        vetoes.append("limit")
    return vetoes


def _before_each(tokens: Sequence[Token], anchors: Iterable[int], skipped: set[int]) -> dict[int, list[str]]:
    """The qualifiers before each anchor and before the end, from the anchor before it on."""
    found: dict[int, list[str]] = {}
    edges = [-1, *sorted(anchors), len(tokens)]
    for before, after in itertools.pairwise(edges):
        between = (i for i in range(before + 1, after) if i not in skipped)
        found[after] = [tokens[i].key for i in between if tokens[i].kind in QUALIFIERS]
    return found


def _brought_to_now(alignment: Alignment) -> bool:
    """Whether the claim says "is" of what the source says "was"."""
    for i, j in alignment.places.items():
        ours = {token.word.lower() for token in words_before(alignment.claim, i)}
        theirs = {token.word.lower() for token in words_before(alignment.source, j)}
        if ours & {"is", "are"} and theirs & {"was", "were"} and not theirs & {"is", "are"}:
            return True
    return False


def doubted(source: Sequence[Token], covered: set[int]) -> bool:
    """Whether what is left out of a source takes the claim back, or lays it at somebody's door."""
    return _any_of(LEXICON.doubt, [token for i, token in enumerate(source) if i not in covered])


def taken_back(after: Sequence[Token], heading: str) -> bool:
    """Whether the sentence that follows a source, or its heading, says that it is not so."""
    answers = bool(after) and after[0].word.lower() in _ANSWERS_BACK
    return (answers and _any_of(LEXICON.denials, after)) or _any_of(LEXICON.denials, tokens_of(heading))


def _any_of(doubts: frozenset[str], tokens: Sequence[Token]) -> bool:
    words = {token.word.lower() for token in tokens}
    negated = any(token.kind is Kind.NEGATION for token in tokens)
    return bool(words & doubts) or (negated and bool(words & LEXICON.proof))
