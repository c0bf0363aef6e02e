"""Whether an alignment says the same: what forbids it, and the probability that it does where nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.calibration.signals import SupportSignals
from rag.grounding.alignment import Alignment
from rag.grounding.context import Borrowed
from rag.grounding.gaps import gaps_of
from rag.grounding.order import keeps_roles
from rag.grounding.qualifiers import qualifier_vetoes
from rag.grounding.types import Reason
from rag.text.tokens import LEXICON, Kind, Token

_MOST_UNSAID = 2.0


@dataclass(frozen=True, slots=True)
class Support:
    """What a source gives for a claim. ``vetoes`` are the rules that the claim breaks; source tokens ``first`` to
    ``last`` are the clauses in use.
    """

    vetoes: tuple[Reason, ...]
    signals: SupportSignals
    first: int
    last: int


def support_of(alignment: Alignment, borrowed: Borrowed, cosine: float) -> Support:
    """The support that an alignment shows; ``cosine`` is that of the sentence and its source."""
    claim, source = alignment.claim, alignment.source
    covered = alignment.covered | borrowed.instead
    additive = {i for i, token in enumerate(claim) if token.word.lower() in LEXICON.additive}
    missing = [i for i in alignment.missing if i not in borrowed.words and i not in additive]
    gaps = gaps_of(source, covered)
    vetoes: list[Reason] = []
    if any(claim[i].kind is Kind.NUMBER for i in missing) or not _units_agree(alignment):
        vetoes.append("number")
    if any(claim[i].kind is Kind.NAME for i in missing):
        vetoes.append("name")
    if not _persons(claim) <= _persons((*source, *(borrowed.before.tokens if borrowed.before else ()))):
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
    unsaid = sum(1.0 - alignment.nearest.get(i, 0.0) for i in missing)
    signals = SupportSignals(
        unsaid=min(unsaid, _MOST_UNSAID),
        left_out=left_out / max(1, left_out + len(alignment.covered)),
        cosine=cosine,
    )
    return Support(tuple(vetoes), signals, first=head, last=tail)


def _persons(tokens: Sequence[Token]) -> frozenset[str]:
    return frozenset(LEXICON.stem(token.word.lower()) for token in tokens if token.word.lower() in LEXICON.persons)


def _units_agree(alignment: Alignment) -> bool:
    return all(
        _unit(alignment.claim, i) == _unit(alignment.source, j)
        for i, j in alignment.places.items()
        if alignment.claim[i].kind is Kind.NUMBER
    )


def _unit(tokens: Sequence[Token], number: int) -> str:
    following = tokens[number + 1] if number + 1 < len(tokens) else None
    has_unit = following is not None and (following.key in LEXICON.units or following.word.lower() in LEXICON.units)
    return following.key if following is not None and has_unit else ""
