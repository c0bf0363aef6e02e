from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.sentences import sentence_spans
from rag.answering.selection import SentenceCandidate, ranked
from rag.calibration.numbers import shipped_calibration
from rag.calibration.signals import PassageSignals
from rag.components import open_embedder
from rag.reader.model import ExtractiveReader, load_reader
from rag.reader.spans import MAX_ANSWER_TOKENS, best_spans, without_overlaps
from rag.reader.types import AnswerSpan, PassageText
from rag.retrieval.reranking import rerank
from rag.retrieval.types import ReadSentence, ScoredPassage
from rag.retrieval.variants import QueryVariant, Terms, terms_of
from rag.settings.model import load_settings
from rag.text.tokens import content_stems
from tests.fakes import HashEmbedder, KeywordReader
from vectorstore.identifiers import names_in
from vectorstore.types import EVERYTHING, Chunk, Passage, Scope

FITTED = shipped_calibration()


def passage(text: str, score: float = 0.5, start: int = 0) -> Passage:
    return Passage(Chunk(1, 1, "Title", "/a.txt", None, start, start + len(text), "Heading", text), score, 0.5, 1.0)


def read(passages: list[Passage], answer: str, *variants: QueryVariant) -> list[ScoredPassage]:
    asked = variants or [QueryVariant("?")]
    return rerank(asked, passages, KeywordReader(answer), HashEmbedder(), FITTED.reranking)


def best_sentence(passages: list[ScoredPassage]) -> SentenceCandidate:
    return ranked(passages, FITTED.sentence_selection)[0]


class Counts:
    """How common words are among so many passages."""

    def __init__(self, passages: int = 100, **counts: int) -> None:
        self._passages = passages
        self._counts = counts

    def count(self, scope: Scope) -> int:
        return self._passages

    def frequencies(self, words: Sequence[str], scope: Scope) -> dict[str, int]:
        return {word: self._counts.get(word, 0) for word in words}


@given(st.integers(2, 60), st.integers(0, 2**32 - 1))
@example(44, 240167)
def test_the_best_span_is_the_one_an_exhaustive_search_finds(length: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    starts, ends = generator.standard_normal((2, length)).astype(np.float32)
    offsets = [None, *((i, i + 1) for i in range(1, length))]
    best = best_spans(starts, ends, offsets, 5)[0]
    pairs = [
        (starts[i] + ends[j], i, j + 1) for i in range(1, length) for j in range(i, min(length, i + MAX_ANSWER_TOKENS))
    ]
    score, start, end = max(pairs)
    assert best.margin == pytest.approx(float(score) - float(starts[0] + ends[0]), abs=1e-4)
    assert (best.start, best.end) == (start, end)


def test_overlapping_spans_are_left_out() -> None:
    spans = [AnswerSpan(0, 10, 3.0), AnswerSpan(5, 12, 2.0), AnswerSpan(12, 20, 1.0)]
    assert without_overlaps(spans, 3) == (spans[0], spans[2])


def test_the_reader_decides_among_equals_but_not_against_a_clear_search() -> None:
    passages = [passage("nothing here"), passage("the answer is 42"), replace(passage("other words"), lexical=20.0)]
    order = [item.chunk.text for item in read(passages, "42")]
    assert order == ["other words", "the answer is 42", "nothing here"]


def test_readings_with_two_variants_are_joined() -> None:
    passages = [replace(passage("red fish"), chunk=replace(passage("red fish").chunk, id=i)) for i in (1, 2)]
    passages[1] = replace(passages[1], chunk=replace(passages[1].chunk, text="blue fish. It swims."))
    red, blue = QueryVariant("red"), QueryVariant("blue fish", 0.5, Terms({"blue": 1.0}))
    typed, carried, both = (
        {item.chunk.id: item for item in read(passages, "fish", *w)} for w in ([red], [blue], [red, blue])
    )
    for key, item in both.items():
        one, other = typed[key], carried[key]
        assert item.score == pytest.approx((one.score + 0.5 * other.score) / 1.5)
        assert item.signals.words == other.signals.words
        assert item.spans == one.spans


def test_terms_count_by_how_rare_they_are() -> None:
    terms = terms_of("How is glaucoma treated quickly?", Counts(glaucoma=2, treated=50, quickly=0), EVERYTHING)
    rarest, rare, common = (terms.weights[stem] for stem in ("quick", "glaucoma", "treat"))
    assert rarest > rare > common > 0
    assert terms.share({"glaucoma", "other"}) == pytest.approx(rare / (rarest + rare + common))


def test_a_few_passages_do_not_tell_how_rare_a_word_is() -> None:
    counts = Counts(2, mileage=2, rate=2)
    terms = terms_of("the current mileage rate", counts, EVERYTHING)
    assert terms.share(set(content_stems("mileage rate"))) > 0.5


def test_words_that_no_blank_parts_are_found_by_their_letters() -> None:
    terms = terms_of("图书馆几点关门？", Counts(), EVERYTHING)
    assert terms.share(set(content_stems("图书馆晚上七点关门。"))) == pytest.approx(4 / 6)
    assert terms.share(set(content_stems("书店没有开。"))) == 0.0


def test_of_a_code_every_part_counts() -> None:
    terms = terms_of("What is X.25?", Counts(**{"x.25": 3}), EVERYTHING)
    assert terms.share({"x"}) == terms.share({"25"}) == 0.5


@pytest.fixture(scope="module")
def reader() -> ExtractiveReader:
    return load_reader("deepset/tinyroberta-squad2")


@pytest.mark.models
def test_the_embedded_reader_finds_the_answer_and_prefers_the_passage_that_has_it(reader: ExtractiveReader) -> None:
    assert "embedded" in reader.name
    passages = [
        "The Normans were a people who settled in the north of France.",
        "The library was opened by the mayor in 1962 and is closed on Sundays.",
    ]
    asked = [PassageText("", passage, ()) for passage in passages]
    other, right = reader.read("When was the library opened?", asked)
    assert passages[1][right.spans[0].start : right.spans[0].end] == "1962"
    assert right.relevance > other.relevance


@pytest.mark.models
@pytest.mark.parametrize(
    ("question", "section"),
    [
        ("Is there a therapy for Kyrle disease?", "Treatment"),
        ("Do children inherit Kyrle disease from their parents?", "Inheritance"),
        ("How would I notice Kyrle disease?", "Symptoms"),
    ],
)
def test_the_section_whose_heading_tells_what_is_asked_is_quoted(
    reader: ExtractiveReader, question: str, section: str
) -> None:
    told = {
        "Overview": "Kyrle disease is a rare skin condition, first described in Vienna. Kyrle disease has many names.",
        "Treatment": "Creams that soften the skin are used first. Kyrle disease has been known to come back.",
        "Symptoms": "Small bumps appear on the legs. Kyrle disease was found in a man of 30 by chance.",
        "Inheritance": "Two families with several affected children are known. Kyrle disease is otherwise rare.",
    }
    passages = []
    for number, (heading, text) in enumerate(told.items()):
        chunk = Chunk(number, 1, "Kyrle", "/a.txt", None, 0, len(text), f"Kyrle disease > {heading}", text)
        passages.append(Passage(chunk, 0.5, 0.5, 1.0))
    embedder = open_embedder(load_settings())
    found = best_sentence(rerank([QueryVariant(question)], passages, reader, embedder, FITTED.reranking))
    assert found.text in told[section]


@pytest.mark.models
def test_a_document_whose_title_is_the_question_is_quoted_before_a_section_that_asks_alike(
    reader: ExtractiveReader,
) -> None:
    told = {
        "Rules > What is the lending desk not made for?": "The lending desk is not made for storing luggage.",
        "What is the lending desk?": "The lending desk is the place where readers take books home.",
        "Rules > What does the lending desk cost?": "The lending desk costs nothing for people who live in the town.",
    }
    passages = []
    for number, (heading, text) in enumerate(told.items()):
        chunk = Chunk(number, number, "Title", "/a.txt", None, 0, len(text), heading, text)
        passages.append(Passage(chunk, 0.5, 0.7, 1.0))
    asked, embedder = [QueryVariant("What is the lending desk?")], open_embedder(load_settings())
    best, *_ = rerank(asked, passages, reader, embedder, FITTED.reranking)
    assert best.chunk.heading == "What is the lending desk?"
    assert best.signals.aspect == 1


def test_what_bears_the_name_in_the_question_is_quoted_before_its_neighbours() -> None:
    told = {"press.wait (default: $roll.wait)": "It waits for 20 seconds.", "roll.wait": "It waits for 60 seconds."}
    passages = []
    for number, (heading, text) in enumerate(told.items()):
        chunk = Chunk(number, 1, "Title", "/a.txt", None, 0, len(text), f"Settings > {heading}", text)
        span, sentence = AnswerSpan(0, len(text), 9.0 - number), ReadSentence(0, len(text), 3.0 - number)
        signals = PassageSignals(0.5, 0.5, 0.5, 9.0, 0.5, 3.0)
        passages.append(ScoredPassage(Passage(chunk, 0.5, 0.5, 1.0), (span,), (sentence,), 3.0, signals, 9.0 - number))
    weights = FITTED.sentence_selection
    assert ranked(passages, weights)[0].text == "It waits for 20 seconds."
    assert ranked(passages, weights, names_in("Default of roll.wait"))[0].text == "It waits for 60 seconds."


@pytest.mark.models
def test_an_answer_deep_in_a_long_passage_is_found_at_its_place(reader: ExtractiveReader) -> None:
    text = (
        "The weather was fine and nothing happened. " * 120
        + "The treasure is buried under the old oak tree. "
        + "Then it rained. " * 100
    )
    (reading,) = reader.read("Where is the treasure buried?", [PassageText("", text, tuple(sentence_spans(text)))])
    best, *others = reading.spans
    assert "oak tree" in text[best.start : best.end]
    assert all(span.end <= best.start or span.start >= best.end for span in others)
    likeliest = max(range(len(reading.sentences)), key=reading.sentences.__getitem__)
    assert likeliest == text[: best.start].count(". ")
