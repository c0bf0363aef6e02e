"""A sentence that repeats the question with the answer that was found: the reader says whether it is supported."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.calibration.numbers import shipped_calibration
from rag.calibration.scoring import AnswerSupportModel
from rag.calibration.signals import AnswerSupportSignals
from rag.components import open_embedder, open_reader
from rag.grounding.asked import AnswersAsRead
from rag.grounding.rules import RuleChecker
from rag.reader.embedded import DEFAULT
from rag.reader.types import AnswerSpan, PassageText, Support, SupportReader
from rag.settings.model import load_settings
from tests.fakes import HashEmbedder
from vectorstore.types import Chunk

MODEL = AnswerSupportModel(0.0, AnswerSupportSignals(margin=0.1, supported=1.0), threshold=0.9)
TEXT = (
    "Rickets is common in children of the north. It was treated by Ida Voss with a diet of fresh fish in 1871. Tea was "
    "not allowed with the fish."
)
QUESTION = "Who treated rickets in 1871?"
ANSWER = "Ida Voss"
SENTENCE = "Ida Voss treated rickets in 1871."


class Says:
    """A reader that says of every passage how likely it is that it supports a sentence."""

    def __init__(self, supported: float) -> None:
        self.passages: list[str] = []
        self._supported = supported

    def support(self, pairs: Sequence[tuple[str, str]]) -> list[Support]:
        self.passages += [passage for _, passage in pairs]
        return [Support(self._supported, 0.0, 1.0 - self._supported) for _ in pairs]


def cited(reader: Says, sentence: str, question: str = QUESTION, answer: str = ANSWER) -> list[str]:
    """The words that are cited for a sentence."""
    chunk = Chunk(1, 7, "Diets", "/d.txt", None, 50, 50 + len(TEXT), "Diets", TEXT)
    start = TEXT.index(answer)
    checker = RuleChecker(HashEmbedder(), shipped_calibration().support, AnswersAsRead(reader, MODEL))
    verdict = checker.on([chunk], question, [[AnswerSpan(start, start + len(answer), 2.0)]])(sentence)
    return [TEXT[place.start - 50 : place.end - 50] for place in verdict.places]


def test_it_stands_where_the_answer_was_found_if_the_reader_says_so() -> None:
    # From the sentence on that names what "it" stands for.
    assert cited(Says(0.99), SENTENCE) == [TEXT[: TEXT.index(" Tea")]]
    assert cited(Says(0.6), SENTENCE) == []


def test_another_answer_another_question_or_none_is_no_such_sentence() -> None:
    sure = Says(0.99)
    assert cited(sure, "Fresh fish treated rickets in 1871.") == []
    assert cited(sure, SENTENCE, "Who described rickets in 1871?") == []
    assert cited(sure, SENTENCE, "") == []


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Who treated rickets in 1872?", "Ida Voss treated rickets in 1872."),
        ("Who treated rickets in Sweden?", "Ida Voss treated rickets in Sweden."),
        ("Who did not treat rickets in 1871?", "Ida Voss did not treat rickets in 1871."),
    ],
)
def test_numbers_names_and_negations_are_not_the_reader_s_to_decide(question: str, sentence: str) -> None:
    assert cited(Says(0.999), sentence, question) == []


def test_the_reader_is_shown_the_place_with_what_it_is_about_and_the_sentence_before() -> None:
    reader = Says(0.99)
    cited(reader, SENTENCE)
    assert reader.passages == ["Diets: " + TEXT[: TEXT.index(" Tea")]]


def test_the_numbers_that_come_with_refdesk_are_those_of_its_reader_alone() -> None:
    shipped = shipped_calibration()
    assert shipped.answer_support_of(DEFAULT.fingerprint) == shipped.answer_support
    assert shipped.answer_support_of("another@1") is None


@pytest.mark.models
def test_the_reader_that_comes_with_refdesk_tells_right_answers_from_wrong_ones() -> None:
    pairs = json.loads((Path(__file__).parents[1] / "data/grounding_pairs.json").read_text(encoding="utf-8"))
    settings, shipped = load_settings(), shipped_calibration()
    reader = open_reader(settings)
    assert isinstance(reader, SupportReader)
    checker = RuleChecker(open_embedder(settings), shipped.support, AnswersAsRead(reader, shipped.answer_support))
    let_through: dict[bool, list[bool]] = {True: [], False: []}
    for pair in (pair for pair in pairs if "question" in pair):
        text, question = pair["passage"], pair["question"]
        chunk = Chunk(1, 7, "T", "/t.txt", None, 0, len(text), "", text)
        found = [reading.spans for reading in reader.read(question, [PassageText.of(chunk)])]
        let_through[pair["supported"]].append(bool(checker.on([chunk], question, found)(pair["sentence"]).places))
    assert not any(let_through[False])
    assert sum(let_through[True]) >= 3
