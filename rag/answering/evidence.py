"""The passages of one question, read: what the reader and the embedding model find in them, best first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from ingest.sentences import sentence_spans
from rag.grounding.words import words_of
from rag.reader.types import AnswerSpan, Reader
from rag.retrieval.terms import Terms
from vectorstore.types import Chunk, Embedder, Passage

_MARGIN_BOUND = 10.0


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """``text[start:end]`` of a passage, with the cosine of the question and the sentence under its heading."""

    start: int
    end: int
    closeness: float


@dataclass(frozen=True, slots=True)
class PassageSignals:
    """What speaks for a passage. ``cosine`` is the search's.

    ``bm25`` is divided by the sum of the question's term weights. ``sentence`` is the cosine of the closest sentence
    and ``words`` the share of the question's terms in the sentence that holds most of them. ``margin`` is the reader's,
    bounded to 10.
    """

    cosine: float
    bm25: float
    sentence: float
    words: float
    margin: float


@dataclass(frozen=True, slots=True)
class Relevance:
    """A linear score over the signals. benchmarks/reranking.py fits the weights."""

    cosine: float
    bm25: float
    sentence: float
    words: float
    margin: float

    def score(self, signals: PassageSignals) -> float:
        """Larger is better; only differences between the passages of one question mean something."""
        return (
            self.cosine * signals.cosine
            + self.bm25 * signals.bm25
            + self.sentence * signals.sentence
            + self.words * signals.words
            + self.margin * signals.margin
        )


RELEVANCE = Relevance(cosine=4.2, bm25=1.9, sentence=4.1, words=3.9, margin=0.36)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage with its sentences, the reader's best spans in it, and its score among the passages of the question.

    ``heading`` is the cosine of the question and the passage's heading, 1 where it has none.
    """

    passage: Passage
    spans: tuple[AnswerSpan, ...]
    sentences: tuple[ReadSentence, ...]
    heading: float
    signals: PassageSignals
    score: float

    @property
    def chunk(self) -> Chunk:
        return self.passage.chunk

    @property
    def margin(self) -> float:
        """The best span's margin over "no answer here", bounded; the lower bound when there is no span."""
        return self.signals.margin


def weigh(
    question: str, terms: Terms, passages: Sequence[Passage], reader: Reader, embedder: Embedder
) -> list[Evidence]:
    """Read all passages at once and put them in order of ``RELEVANCE``."""
    found = reader.read(question, [passage.chunk.text for passage in passages])
    sentences = [
        [(start, end, _in_context(passage.chunk, start, end)) for start, end in sentence_spans(passage.chunk.text)]
        for passage in passages
    ]
    headings = [passage.chunk.heading for passage in passages if passage.chunk.heading]
    texts = list(dict.fromkeys([question, *headings, *(text for of_one in sentences for *_, text in of_one)]))
    vectors = embedder.embed(texts)
    closeness = dict(zip(texts, map(float, vectors @ vectors[0]), strict=True))
    evidence = []
    for passage, spans, of_one in zip(passages, found, sentences, strict=True):
        read = tuple(ReadSentence(start, end, closeness[text]) for start, end, text in of_one)
        signals = _signals(terms, passage, spans, read)
        heading = closeness.get(passage.chunk.heading, 1.0)
        evidence.append(Evidence(passage, spans, read, heading, signals, RELEVANCE.score(signals)))
    return sorted(evidence, key=lambda item: -item.score)


def joined(readings: Sequence[Sequence[Evidence]], weights: Sequence[float]) -> list[Evidence]:
    """One reading of all: the same passages, read with several wordings of the question, best first.

    Scores and closeness are weighted means; of each signal the largest counts. The spans are those of the first.
    """
    first, *others = [{item.chunk.id: item for item in reading} for reading in readings]

    def mean(values: Iterable[float]) -> float:
        return sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)

    def join(items: Sequence[Evidence]) -> Evidence:
        sentences = tuple(
            replace(alike[0], closeness=mean(sentence.closeness for sentence in alike))
            for alike in zip(*(item.sentences for item in items), strict=True)
        )
        largest = {
            name.name: max(getattr(item.signals, name.name) for item in items) for name in fields(PassageSignals)
        }
        return replace(
            items[0],
            sentences=sentences,
            heading=mean(item.heading for item in items),
            signals=PassageSignals(**largest),
            score=mean(item.score for item in items),
        )

    both = [join([item, *(other[chunk] for other in others)]) for chunk, item in first.items()]
    return sorted(both, key=lambda item: -item.score)


def _in_context(chunk: Chunk, start: int, end: int) -> str:
    about = chunk.heading.split(" > ")[0]
    return f"{about}: {chunk.text[start:end]}" if about else chunk.text[start:end]


def bounded(margin: float) -> float:
    """A reader's margin without the extremes, which say no more than 10 does."""
    return max(-_MARGIN_BOUND, min(_MARGIN_BOUND, margin))


def _signals(
    terms: Terms, passage: Passage, spans: Sequence[AnswerSpan], sentences: Sequence[ReadSentence]
) -> PassageSignals:
    chunk = passage.chunk
    heading = words_of(chunk.heading).content
    held = [frozenset(heading + words_of(chunk.text[read.start : read.end]).content) for read in sentences]
    return PassageSignals(
        passage.dense,
        passage.lexical / terms.total,
        max((read.closeness for read in sentences), default=passage.dense),
        max(map(terms.share, held), default=0.0),
        bounded(spans[0].margin if spans else -_MARGIN_BOUND),
    )
