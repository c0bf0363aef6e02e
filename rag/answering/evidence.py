"""The passages of one question with what the reader found in them, best first."""

from dataclasses import dataclass

from rag.reader.types import AnswerSpan, Reader
from vectorstore.types import Chunk, Passage

READER_WEIGHT = 0.04
"""Share of the reader's margin that is added to the fused score (0 to 1) when passages are ranked again.

The reader alone ranks worse than the search does; with a small weight it corrects the order among near equals.
"""
MARGIN_BOUND = 10.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage, the reader's best spans in it, and its score among the passages of the question."""

    passage: Passage
    spans: tuple[AnswerSpan, ...]
    score: float

    @property
    def chunk(self) -> Chunk:
        return self.passage.chunk

    @property
    def margin(self) -> float:
        """The best span's margin over "no answer here"; very low when there is no span."""
        return self.spans[0].margin if self.spans else -MARGIN_BOUND


def weigh(question: str, passages: list[Passage], reader: Reader) -> list[Evidence]:
    """Read all passages at once and rank them again."""
    found = reader.read(question, [passage.chunk.text for passage in passages])
    evidence = []
    for passage, spans in zip(passages, found, strict=True):
        margin = spans[0].margin if spans else -MARGIN_BOUND
        bounded = max(-MARGIN_BOUND, min(MARGIN_BOUND, margin))
        evidence.append(Evidence(passage, spans, passage.score + READER_WEIGHT * bounded))
    return sorted(evidence, key=lambda item: -item.score)
