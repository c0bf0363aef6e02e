"""A sentence that repeats the question with the short answer in the place of the question word.

Its words may stand all over the source, in another order, so that their order proves nothing. The question proves the
roles of its own words; and the reader, asked the same question, must have found the same answer.
"""

from collections.abc import Sequence

from rag.grounding.alignment import Alignment, Similarity, align
from rag.grounding.order import blocks_of
from rag.grounding.places import Source
from rag.grounding.qualifiers import doubted
from rag.text.tokens import LEXICON, QUALIFIERS, Token, relations_before, tokens_of, words_before

_ASKS = frozenset("who whom whose what which when where how".split())
_MOST_ASKED_WORDS = 2
_BEFORE_ANSWERS = frozenset({"by", "of", "in", "as", "to"})
"""Prepositions that an answer may lose or gain when the sentence is turned."""


def answers_as_read(
    claim: Sequence[Token], question: Sequence[Token], source: Source, answer: range, similarity: Similarity
) -> set[int] | None:
    """The source tokens that support ``claim``, when the reader's answer is at ``answer`` in it; None if they do not.

    Where the sentence before the source holds a part of the question, it is needed too: then -1 is among them.
    """
    place = _place_of_answer(claim, [source.tokens[i].key for i in answer if source.tokens[i].is_content])
    if place is None:
        return None
    held = {token.key for token in source.tokens}
    place = _with_asked_noun(claim, place, question)
    if any(claim[i].is_content and claim[i].key not in held for i in place):
        return None
    if not _repeats(claim, place, question[_asked_noun(question).stop :], similarity):
        return None
    rest = [token for i, token in enumerate(claim) if i not in place]
    here = align(rest, source.tokens, similarity)
    missing = {rest[i].key for i in here.missing}
    elsewhere = {token.key for token in (source.before.tokens if source.before else ())}
    named = {token.key for token in tokens_of(source.chunk.heading)}
    if here.opposites or not missing <= elsewhere | named:
        return None
    covered = here.covered | set(answer)
    ours = {token.key for token in claim if token.kind in QUALIFIERS}
    if doubted(source.tokens, covered) or _qualifying(source.tokens, covered) != ours:
        return None
    theirs, mine = relations_before(source.tokens, answer.start), relations_before(claim, place.start)
    if theirs != mine and not theirs <= _BEFORE_ANSWERS:
        return None
    return covered | {-1} if missing - named else covered


def _place_of_answer(claim: Sequence[Token], keys: Sequence[str]) -> range | None:
    content = [i for i, token in enumerate(claim) if token.is_content]
    for at in range(len(content) - len(keys) + 1):
        if keys and [claim[i].key for i in content[at : at + len(keys)]] == keys:
            return range(content[at], content[at + len(keys) - 1] + 1)
    return None


def _asked_noun(question: Sequence[Token]) -> range:
    """The tokens of "how many points" after the question word, where a verb that is known ends them."""
    first = next((i + 1 for i, token in enumerate(question) if token.word.lower() in _ASKS), 0)
    last = next((i for i in range(first, len(question)) if question[i].word.lower() in LEXICON.auxiliaries), first)
    few = sum(token.is_content for token in question[first:last]) <= _MOST_ASKED_WORDS
    return range(first, last) if few else range(first, first)


def _with_asked_noun(claim: Sequence[Token], place: range, question: Sequence[Token]) -> range:
    noun = [question[i].key for i in _asked_noun(question) if question[i].is_content]
    after = [i for i in range(place.stop, len(claim)) if claim[i].is_content][: len(noun)]
    return range(place.start, after[-1] + 1) if noun and [claim[i].key for i in after] == noun else place


def _repeats(claim: Sequence[Token], answer: range, asked: Sequence[Token], similarity: Similarity) -> bool:
    """Whether the claim around ``answer`` is the question: all its words, in its order, limited as there."""
    others = [i for i, token in enumerate(claim) if token.is_content and i not in answer]
    if not others or not (answer.stop <= others[0] or answer.start > others[-1]):
        return False
    alignment = align(claim, asked, similarity, frozenset(answer))
    if any(i not in alignment.places for i in others) or len(blocks_of(alignment)) != 1:
        return False
    if any(token.is_content and j not in alignment.covered for j, token in enumerate(asked)):
        return False
    ours = sorted(token.key for i, token in enumerate(claim) if token.kind in QUALIFIERS and i not in answer)
    return ours == sorted(token.key for token in asked if token.kind in QUALIFIERS) and _same_binding(alignment, answer)


def _same_binding(alignment: Alignment, answer: range) -> bool:
    return all(
        i - 1 in answer or (relations_before(alignment.claim, i) ^ relations_before(alignment.source, j)) <= {"of"}
        for i, j in alignment.places.items()
    )


def _qualifying(tokens: Sequence[Token], covered: set[int]) -> set[str]:
    """What qualifies the words in use, and whatever denies or conditions the whole."""
    of_the_whole = {token.key for token in tokens if token.key == "not" or token.key in LEXICON.conditions}
    nearby = (token for place in covered for token in words_before(tokens, place))
    return of_the_whole | {token.key for token in nearby if token.kind in QUALIFIERS}
