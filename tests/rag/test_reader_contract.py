"""What any reader must do: the packaged one, and its twin that knows its answers."""

import pytest

from rag.reader.model import load_reader
from rag.reader.types import Reader
from tests.fakes import KeywordReader

PASSAGES = [
    "The Normans were a people who settled in the north of France.",
    "The library was opened by the mayor in 1962 and is closed on Sundays.",
]
QUESTION = "When was the library opened?"


@pytest.fixture(scope="module", params=[pytest.param("packaged", marks=pytest.mark.models), "twin"])
def reader(request: pytest.FixtureRequest) -> Reader:
    return KeywordReader("1962") if request.param == "twin" else load_reader("deepset/tinyroberta-squad2")


def test_the_answer_is_marked_where_it_stands_and_is_likelier_there(reader: Reader) -> None:
    other, right = reader.read(QUESTION, PASSAGES)
    assert PASSAGES[1][right[0].start : right[0].end] == "1962"
    assert right[0].margin > other[0].margin


def test_spans_lie_in_their_passage_the_best_first_and_none_overlaps_another(reader: Reader) -> None:
    for passage, spans in zip(PASSAGES, reader.read(QUESTION, PASSAGES), strict=True):
        assert spans
        assert all(0 <= span.start < span.end <= len(passage) for span in spans)
        assert [span.margin for span in spans] == sorted((span.margin for span in spans), reverse=True)
        for number, span in enumerate(spans):
            assert all(span.end <= other.start or span.start >= other.end for other in spans[number + 1 :])


def test_each_passage_is_read_by_itself_and_in_its_place(reader: Reader) -> None:
    together = reader.read(QUESTION, PASSAGES)
    turned = reader.read(QUESTION, PASSAGES[::-1])
    assert [[(s.start, s.end) for s in spans] for spans in turned[::-1]] == [
        [(s.start, s.end) for s in spans] for spans in together
    ]


def test_nothing_to_read_gives_nothing(reader: Reader) -> None:
    assert reader.read(QUESTION, []) == []
    assert reader.read(QUESTION, [""]) == [()]


def test_it_says_what_it_is(reader: Reader) -> None:
    name, at, weights = reader.fingerprint.rpartition("@")
    assert reader.name
    assert name
    assert at
    assert weights
