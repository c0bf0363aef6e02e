"""What a source leaves to its context: the words that a pronoun stands for, or that its heading names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.grounding.places import Source
from rag.text.tokens import LEXICON, Kind, Token, tokens_of
from vectorstore.types import HEADING_SEPARATOR

_SUBJECT_WORDS = 4


@dataclass(frozen=True, slots=True)
class Borrowed:
    """Claim tokens that the context supports, in the place of the source tokens ``instead``.

    ``before`` is the source before that was needed for it, None where the heading was enough.
    """

    words: frozenset[int] = frozenset()
    instead: frozenset[int] = frozenset()
    before: Source | None = None


def borrowings(claim: Sequence[Token], source: Source) -> Iterator[Borrowed]:
    """The ways in which words of ``claim`` may stand on the context of ``source``; first, none."""
    yield Borrowed()
    content = [i for i, token in enumerate(claim) if token.is_content]
    parts = [
        [token.key for token in tokens_of(part) if token.is_content]
        for part in source.chunk.heading.split(HEADING_SEPARATOR)
    ]
    antecedent = source.antecedent()
    instead = _stand_in(source)
    if instead is not None:
        named = {key for part in parts for key in part}
        opening = 0
        while opening < len(content) and claim[content[opening]].key in named:
            opening += 1
        if opening:
            yield Borrowed(frozenset(content[:opening]), instead)
        if antecedent and (length := _subject(claim, content, source.tokens[0], antecedent.tokens)):
            yield Borrowed(frozenset(content[:length]), instead, antecedent)
    for part in parts:
        yield from _owner(claim, content, part, instead or frozenset())


def _stand_in(source: Source) -> frozenset[int] | None:
    """The words that stand for something named before ("this disease"); None where nothing does."""
    tokens = source.tokens
    if len(tokens) < 2:
        return None
    first, noun = tokens[0].word.lower(), tokens[1].word.lower().rstrip("s") in LEXICON.stand_ins
    if source.leans_back:
        determines = first in ("this", "these", "those", "its", "their")
        return frozenset({1}) if determines and noun else frozenset()
    return frozenset({1}) if first == "the" and noun else None


def _subject(claim: Sequence[Token], content: Sequence[int], pronoun: Token, before: Sequence[Token]) -> int:
    """How many words the claim begins with that the sentence before begins with too."""
    subject = [token.key for token in before if token.is_content][:_SUBJECT_WORDS]
    best = 0
    for start in range(2):
        pairs = zip(content, subject[start:], strict=False)
        length = next((n for n, (i, key) in enumerate(pairs) if claim[i].key != key), len(subject) - start)
        best = max(best, min(length, len(content)))
    return best if best and _agree(pronoun, claim[content[best - 1]]) else 0


def _agree(pronoun: Token, noun: Token) -> bool:
    plural = noun.word.lower().endswith("s") or noun.word.lower() in ("people", "men", "women", "children")
    match pronoun.word.lower():
        case "they" | "these" | "their" | "those":
            return plural
        case "he" | "she" | "his" | "her":
            return noun.word[0].isupper()
        case _:
            return True


def _owner(
    claim: Sequence[Token], content: Sequence[int], part: Sequence[str], instead: frozenset[int]
) -> Iterator[Borrowed]:
    """The words of "symptoms of glaucoma", where the source under the heading "Glaucoma" says "symptoms"."""
    for at in range(1, min(3, len(content))):
        words = content[at : at + len(part)]
        if part and [claim[i].key for i in words] == list(part):
            binding = {token.key for token in claim[content[at - 1] + 1 : words[0]] if token.kind is Kind.RELATION}
            if binding & {"of", "for", "with"}:
                yield Borrowed(frozenset(words), instead)
