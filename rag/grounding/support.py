"""Whether an alignment says the same: what forbids it, and the signals for a score where nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.grounding.alignment import Alignment
from rag.grounding.context import Borrowed
from rag.grounding.gaps import gaps_of
from rag.grounding.order import keeps_roles
from rag.grounding.qualifiers import qualifier_vetoes
from rag.grounding.types import Reason
from rag.text.lexicon import ADDITIVE, PERSONS, UNITS
from rag.text.stemming import stem
from rag.text.tokens import Kind, Token


@dataclass(frozen=True, slots=True)
class Judgement:
    """``vetoes`` are the rules that the claim breaks.

    ``unsaid`` adds up, over the claim's words that stand on nothing, how far the nearest word of the source is in
    meaning (1 - cosine). ``left_out`` is the share of the source's words in clauses that the claim leaves out. Source
    tokens ``first`` to ``last`` are the clauses in use.
    """

    vetoes: tuple[Reason, ...]
    unsaid: float
    left_out: float
    first: int
    last: int


def judge(alignment: Alignment, borrowed: Borrowed) -> Judgement:
    claim, source = alignment.claim, alignment.source
    covered = alignment.covered | borrowed.instead
    missing = [i for i in alignment.missing if i not in borrowed.words and claim[i].word.lower() not in ADDITIVE]
    gaps = gaps_of(source, covered)
    vetoes: list[Reason] = []
    if any(claim[i].kind is Kind.NUMBER for i in missing) or not _units_agree(alignment):
        vetoes.append("number")
    if any(claim[i].kind is Kind.NAME for i in missing):
        vetoes.append("name")
    if not _persons(claim) <= _persons(source):
        vetoes.append("reference")
    vetoes += qualifier_vetoes(alignment, covered, borrowed.words, gaps)
    if alignment.opposites:
        vetoes.append("opposite")
    if not keeps_roles(alignment):
        vetoes.append("roles")
    if not all(gap.harmless for gap in gaps):
        vetoes.append("not said" if missing else "limit")
    left_out = sum(gap.words for gap in gaps)
    head = next((gap.resumes for gap in gaps if gap.place == "head" and gap.harmless), 0)
    tail = next((gap.first for gap in gaps if gap.place == "tail" and gap.harmless and gap.words), len(source))
    return Judgement(
        tuple(vetoes),
        unsaid=sum(1.0 - alignment.nearest.get(i, 0.0) for i in missing),
        left_out=left_out / max(1, left_out + len(alignment.covered)),
        first=head,
        last=tail,
    )


def _persons(tokens: Sequence[Token]) -> frozenset[str]:
    return frozenset(stem(token.word.lower()) for token in tokens if token.word.lower() in PERSONS)


def _units_agree(alignment: Alignment) -> bool:
    return all(
        _unit(alignment.claim, i) == _unit(alignment.source, j)
        for i, j in alignment.places.items()
        if alignment.claim[i].kind is Kind.NUMBER
    )


def _unit(tokens: Sequence[Token], number: int) -> str:
    following = tokens[number + 1] if number + 1 < len(tokens) else None
    has_unit = following is not None and (following.key in UNITS or following.word.lower() in UNITS)
    return following.key if following is not None and has_unit else ""
