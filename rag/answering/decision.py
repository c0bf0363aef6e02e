"""The decision before anything is written: what would be quoted, and whether the documents hold an answer at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.answerability import answerability_signals
from rag.answering.extractive import Quote, extractive_answer
from rag.calibration.numbers import Calibration
from rag.calibration.signals import AnswerabilitySignals
from rag.retrieval.types import ScoredPassage
from rag.retrieval.variants import QueryVariant


@dataclass(frozen=True, slots=True)
class Decision:
    """``passages`` is what was read, best first, and ``quote`` the piece of it that answers best, None where no
    sentence says anything. ``probability`` that the documents hold the answer is made of ``signals``.
    """

    passages: tuple[ScoredPassage, ...]
    quote: Quote | None
    signals: AnswerabilitySignals
    probability: float

    @property
    def source(self) -> ScoredPassage:
        """What is quoted; the best passage where nothing is."""
        return self.quote.passage if self.quote else self.passages[0]

    def answer(self, threshold: float) -> Quote | None:
        """The quote, where its probability reaches ``threshold``; None where to abstain."""
        return self.quote if self.probability >= threshold else None


def decide(passages: Sequence[ScoredPassage], variants: Sequence[QueryVariant], calibration: Calibration) -> Decision:
    """Decide on ``passages``, of which there is at least one, best first, as they were read with ``variants``."""
    signals = answerability_signals(passages, variants)
    quote = extractive_answer(passages, calibration.sentence_selection)
    return Decision(tuple(passages), quote, signals, calibration.answerability.probability(signals))
