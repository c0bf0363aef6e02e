"""The decision before anything is written: what would be quoted, and whether the documents hold an answer at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.answerability import answerability_signals, certainty_signals
from rag.answering.rows import row_named
from rag.answering.selection import SentenceCandidate, ranked, said_alike
from rag.calibration.numbers import Calibration
from rag.calibration.signals import AnswerabilitySignals
from rag.retrieval.types import ScoredPassage
from rag.retrieval.variants import QueryVariant
from vectorstore.identifiers import names_in


@dataclass(frozen=True, slots=True)
class Decision:
    """``passages`` is what was read, best first, and ``candidates`` are the sentences of it that say something, best
    first too. ``probability`` that the documents hold the answer is made of ``signals``; ``certainty`` is the
    probability that the best sentence is of it.
    """

    passages: tuple[ScoredPassage, ...]
    candidates: tuple[SentenceCandidate, ...]
    signals: AnswerabilitySignals
    probability: float
    certainty: float

    @property
    def best(self) -> SentenceCandidate | None:
        """The sentence that answers best."""
        return self.candidates[0] if self.candidates else None

    @property
    def source(self) -> ScoredPassage:
        """What is quoted; the best passage where nothing is."""
        return self.best.passage if self.best else self.passages[0]

    def answer(self, threshold: float) -> SentenceCandidate | None:
        """The best sentence, where its probability reaches ``threshold``; None where to abstain."""
        return self.best if self.probability >= threshold else None


def decide(
    passages: Sequence[ScoredPassage],
    variants: Sequence[QueryVariant],
    calibration: Calibration,
    *,
    yes_no: bool = False,
) -> Decision:
    """Decide on ``passages``, of which there is at least one, best first, as they were read with ``variants``.

    Of a table the row goes first that the question names, whatever another one says, and of two sentences on the same
    the one that says no where the question does, unless it is one that no may answer (``yes_no``).
    """
    names = names_in(variants[0].text)
    candidates = ranked(passages, calibration.sentence_selection, names)
    if candidates and (row := row_named(candidates[0].passage, passages, variants[0].text)):
        passages = [row, *(one for one in passages if one is not row)]
        others = [one for one in candidates if one.passage is not row]
        candidates = [*ranked([row], calibration.sentence_selection, names), *others]
    if not yes_no:
        candidates = said_alike(candidates, variants[0].text)
    signals = answerability_signals(passages, variants)
    certainty = 0.0
    if candidates:
        told = certainty_signals(signals, candidates[0].passage, passages)
        certainty = calibration.certainty.probability(told)
    probability = calibration.answerability.probability(signals)
    return Decision(tuple(passages), tuple(candidates), signals, probability, certainty)
