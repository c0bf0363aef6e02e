"""Whether a claim says who does what to whom as its source does: the order of the words, and what relates them."""

from collections.abc import Iterator, Sequence

from rag.grounding.alignment import Alignment
from rag.text.tokens import LEXICON, Kind, Token, relations_before, words_before

_OPENS_ADJUNCT = frozenset({Kind.RELATION, Kind.JOINT, Kind.LIMIT})


def forms_of(claim: Sequence[Token], source: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The claim, and where only one of the two opens with an adjunct ("In 1999, Smith won"), the claim with it at the
    other end, as the source has it.
    """
    yield claim
    ours, theirs = _adjunct(claim), _adjunct(source)
    if ours and not theirs:
        yield (*claim[ours + 1 :], *claim[:ours])
    elif theirs and not ours and (start := _ends_with(claim, source[:theirs])):
        yield (*claim[start:], source[theirs], *claim[:start])


def _adjunct(tokens: Sequence[Token]) -> int | None:
    """Where the comma stands that ends what a sentence opens with, if that is bound by its first word."""
    comma = next((i for i, token in enumerate(tokens) if token.kind is Kind.BREAK), 0)
    opens = comma > 1 and tokens[0].kind in _OPENS_ADJUNCT and tokens[comma].word == ","
    return comma if opens and any(token.is_content for token in tokens[1:comma]) else None


def _ends_with(claim: Sequence[Token], adjunct: Sequence[Token]) -> int:
    """Where the claim's end begins that says the same as ``adjunct``; 0 if it does not end so."""
    start = len(claim) - len(adjunct)
    same = start > 0 and all(a.key == b.key for a, b in zip(claim[start:], adjunct, strict=True))
    return start if same else 0


def blocks_of(alignment: Alignment) -> list[list[int]]:
    """The claim's aligned tokens in runs that follow the source's order."""
    blocks: list[list[int]] = []
    last = -1
    for i in sorted(alignment.places):
        place = alignment.places[i]
        if blocks and place >= last:
            blocks[-1].append(i)
        else:
            blocks.append([i])
        last = place
    return blocks


def keeps_roles(alignment: Alignment) -> bool:
    """Whether the claim keeps the source's order, or turns it round in a way that keeps the roles."""
    blocks = blocks_of(alignment)
    if len(blocks) == 1:
        return _same_relations(alignment, set())
    if len(blocks) == 2:
        if not _apart(alignment, blocks):
            return False
        moved = {blocks[1][0], _first_in_source(alignment, blocks[0])}
        return (_identity_turned(alignment, blocks) and _same_relations(alignment, moved)) or (
            _owner_turned(alignment, blocks) and _same_relations(alignment, {blocks[0][0], blocks[1][0]})
        )
    return len(blocks) == 3 and _passive(alignment, blocks) and _same_relations(alignment, {b[0] for b in blocks})


def _first_in_source(alignment: Alignment, block: list[int]) -> int:
    return min(block, key=lambda i: alignment.places[i])


def _apart(alignment: Alignment, blocks: list[list[int]]) -> bool:
    """Whether the second block stands wholly before the first in the source."""
    return max(alignment.places[i] for i in blocks[1]) < min(alignment.places[i] for i in blocks[0])


def _identity_turned(alignment: Alignment, blocks: list[list[int]]) -> bool:
    """Whether it is "The capital of France is Paris" for "Paris is (or: Paris,) the capital of France"."""
    ours = [t.word.lower() for t in words_before(alignment.claim, blocks[1][0])]
    theirs = words_before(alignment.source, alignment.places[blocks[0][0]])
    words = [t.word.lower() for t in theirs]
    if not any(word in LEXICON.be for word in ours) or any(
        t.kind in (Kind.RELATION, Kind.NEGATION, Kind.JOINT) for t in theirs
    ):
        return False
    joined = any(word in LEXICON.be for word in words) or any(t.word == "," for t in theirs)
    definite = "the" in words or "the" in [
        t.word.lower() for t in words_before(alignment.source, alignment.places[blocks[1][0]])
    ]
    return joined and definite


def _owner_turned(alignment: Alignment, blocks: list[list[int]]) -> bool:
    """Whether it is "the capital of France" for "France's capital", either way round."""
    if len(blocks[0]) > 3 and len(blocks[1]) > 3:
        return False
    ours = [t.word.lower() for t in words_before(alignment.claim, blocks[1][0])]
    theirs = [t.word.lower() for t in words_before(alignment.source, alignment.places[blocks[0][0]])]
    own = {"'s", "’s"}
    return ("of" in ours and bool(own & set(theirs))) or (bool(own & set(ours)) and "of" in theirs)


def _passive(alignment: Alignment, blocks: list[list[int]]) -> bool:
    """Whether it is "B was built by A" for "A built B", either way round: the blocks stand the other way about."""
    places = [[alignment.places[i] for i in block] for block in blocks]
    done_to, (verb, *more), by = places
    agent = [place for place in by if place < verb]
    rest = by[len(agent) :]
    if more or not agent or min(done_to) < verb or (rest and rest[0] < max(done_to)):
        return False
    ours = _is_passive(alignment.claim, blocks[1][0], blocks[2][0])
    theirs = _is_passive(alignment.source, verb, done_to[0])
    return ours != theirs


def _is_passive(tokens: Sequence[Token], verb: int, agent: int) -> bool:
    be = any(token.word.lower() in LEXICON.be for token in words_before(tokens, verb))
    return be and any(token.key == "by" for token in words_before(tokens, agent))


def _same_relations(alignment: Alignment, free: set[int]) -> bool:
    """Whether each word is bound to the one before by the same preposition; those in ``free`` need not be."""
    claim, source = alignment.claim, alignment.source
    places = alignment.places
    for i, j in places.items():
        ours = relations_before(claim, i)
        causal = {t.word.lower() for t in words_before(claim, i)} & LEXICON.causal
        if causal and not causal <= {t.word.lower() for t in words_before(source, j)}:
            return False
        if i in free:
            continue
        theirs = relations_before(source, j)
        if ours == theirs or (ours ^ theirs) == {"of"}:
            continue
        return False
    return True
