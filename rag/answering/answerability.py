"""Do the documents answer this question, and is what would be answered right? A fitted model makes one probability of
the signals for each.
"""

import math
from collections.abc import Sequence

from rag.answering.rows import in_range
from rag.calibration.signals import AnswerabilitySignals, CertaintySignals
from rag.retrieval.reranking import bounded
from rag.retrieval.types import ScoredPassage
from rag.retrieval.variants import QueryVariant
from rag.text.tokens import Kind, content_stems, tokens_of

_READ = 3
_NAMING = frozenset({Kind.NAME, Kind.NUMBER})


def answerability_signals(passages: Sequence[ScoredPassage], variants: Sequence[QueryVariant]) -> AnswerabilitySignals:
    """The signals for ``passages``, best first and not empty, that were read with ``variants``."""
    best, read = passages[0].chunk, passages[:_READ]
    text = f"{best.heading}\n{best.text}"
    held = frozenset(content_stems(text))
    return AnswerabilitySignals(
        similarity=max(passage.signals.cosine for passage in passages),
        coverage=max(variant.terms.share(held) for variant in variants),
        together=passages[0].signals.words,
        missing=min(_missing(variant.text, text) for variant in variants),
        relevance=bounded(max(passage.relevance for passage in read)),
        belongs=bounded(max((one.belongs for passage in read for one in passage.sentences), default=-math.inf)),
    )


def certainty_signals(
    found: AnswerabilitySignals, quoted: ScoredPassage, passages: Sequence[ScoredPassage]
) -> CertaintySignals:
    """The signals for quoting one of the ``passages``, where what answers in them was ``found`` to be so."""
    lead = quoted.score - max((other.score for other in passages if other is not quoted), default=-math.inf)
    return CertaintySignals(found.similarity, found.missing, bounded(quoted.relevance), found.belongs, bounded(lead))


def _missing(question: str, text: str) -> int:
    held = {token.key for token in tokens_of(text)}
    # The first word has a capital letter whatever it is.
    missing = [token for token in tokens_of(question)[1:] if token.kind in _NAMING and token.key not in held]
    return sum(not (token.kind is Kind.NUMBER and in_range(token.key, text)) for token in missing)
