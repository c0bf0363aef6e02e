"""What any reader must do: the packaged ones, and their twin that knows its answers."""

import pytest

from ingest.sentences import sentence_spans
from rag.reader.embedded import EMBEDDED
from rag.reader.model import load_reader
from rag.reader.types import PassageReading, PassageText, Reader
from tests.fakes import KeywordReader


def passage(text: str, heading: str = "") -> PassageText:
    return PassageText(heading, text, tuple(sentence_spans(text)))


PASSAGES = [
    passage("The Normans were a people who settled in the north of France. They spoke French."),
    passage(
        "The town has a library. The library was opened by the mayor in 1962. It is closed on Sundays.", "The town"
    ),
]
QUESTION = "When was the library opened?"


@pytest.fixture(scope="module", params=["twin", *(pytest.param(name, marks=pytest.mark.models) for name in EMBEDDED)])
def reader(request: pytest.FixtureRequest) -> Reader:
    return KeywordReader("1962") if request.param == "twin" else load_reader(request.param)


def test_the_answer_is_marked_where_it_stands_and_is_likelier_there(reader: Reader) -> None:
    other, right = reader.read(QUESTION, PASSAGES)
    best = right.spans[0]
    assert PASSAGES[1].text[best.start : best.end] == "1962"
    assert best.margin > other.spans[0].margin
    assert right.relevance > other.relevance


def test_spans_lie_in_their_passage_the_best_first_and_none_overlaps_another(reader: Reader) -> None:
    for asked, reading in zip(PASSAGES, reader.read(QUESTION, PASSAGES), strict=True):
        assert reading.spans
        assert all(0 <= span.start < span.end <= len(asked.text) for span in reading.spans)
        margins = [span.margin for span in reading.spans]
        assert margins == sorted(margins, reverse=True)
        for number, span in enumerate(reading.spans):
            others = reading.spans[number + 1 :]
            assert all(span.end <= other.start or span.start >= other.end for other in others)


def test_of_the_sentences_the_one_with_the_answer_belongs_to_it_most(reader: Reader) -> None:
    readings = reader.read(QUESTION, PASSAGES)
    assert [len(reading.sentences) for reading in readings] == [2, 3]
    before, answering, after = readings[1].sentences
    assert answering > max(before, after)


def test_each_passage_is_read_by_itself_and_in_its_place(reader: Reader) -> None:
    def told(reading: PassageReading) -> tuple[list[tuple[int, int]], list[float]]:
        places = [(span.start, span.end) for span in reading.spans]
        return places, [round(value, 1) for value in (reading.relevance, *reading.sentences)]

    together = reader.read(QUESTION, PASSAGES)
    turned = reader.read(QUESTION, PASSAGES[::-1])
    assert [told(reading) for reading in turned[::-1]] == [told(reading) for reading in together]


def test_nothing_to_read_gives_nothing(reader: Reader) -> None:
    assert reader.read(QUESTION, []) == []
    (nothing,) = reader.read(QUESTION, [passage("")])
    assert (nothing.spans, nothing.sentences) == ((), ())


def test_it_says_what_it_is(reader: Reader) -> None:
    name, at, weights = reader.fingerprint.rpartition("@")
    assert reader.name
    assert name
    assert at
    assert weights
