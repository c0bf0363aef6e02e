"""The decision before anything is written: what would be quoted, and whether the documents hold an answer at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.answerability import CALIBRATION, Signals, signals_of
from rag.answering.extractive import Quote, quote_answer
from rag.reader.types import Reader
from rag.retrieval.reranking import Evidence, Wording, weigh
from vectorstore.types import Embedder, Passage


@dataclass(frozen=True, slots=True)
class Judgement:
    """``evidence`` is what was read, best first, and ``quote`` the piece of it that answers best, None where no
    sentence says anything. ``probability`` that the documents hold the answer is made of ``signals``.
    """

    evidence: tuple[Evidence, ...]
    quote: Quote | None
    signals: Signals
    probability: float

    @property
    def source(self) -> Evidence:
        """What is quoted; the best evidence where nothing is."""
        return self.quote.evidence if self.quote else self.evidence[0]

    def answer(self, caution: float) -> Quote | None:
        """The quote, where its probability reaches ``caution``; None where to abstain."""
        return self.quote if self.probability >= caution else None


def judge(wordings: Sequence[Wording], passages: Sequence[Passage], reader: Reader, embedder: Embedder) -> Judgement:
    """Read ``passages``, of which there is at least one, with every wording of the question."""
    evidence = weigh(wordings, passages, reader, embedder)
    signals = signals_of(evidence, wordings)
    return Judgement(tuple(evidence), quote_answer(evidence), signals, CALIBRATION.probability(signals))
