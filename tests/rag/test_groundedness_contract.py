"""What any groundedness checker must do: the rules, a model of entailment beside them, and the twin in memory."""

import pytest

from rag.calibration.numbers import shipped_calibration
from rag.grounding.asked import AnswersAsRead
from rag.grounding.rules import RuleChecker
from rag.grounding.trained import EntailmentChecker
from rag.grounding.types import GroundednessChecker
from tests.fakes import HashEmbedder
from tests.fakes_of_answering import VerbatimChecker, WordsSupport
from vectorstore.types import Chunk

TEXT = "Glaucoma damages the optic nerve of the eye. Eye drops lower the pressure by 20 percent."
OTHER = "Cats purr when they are content and warm."


def has_its_words(premise: str, claim: str) -> float:
    """Stands for a trained model: whether the premise has all words of the claim."""
    (support,) = WordsSupport().support([(claim, premise)])
    return support.supported


@pytest.fixture(params=["rules", "rules and a reader", "entailment", "in memory"])
def checker(request: pytest.FixtureRequest) -> GroundednessChecker:
    support = shipped_calibration().support
    match request.param:
        case "rules":
            return RuleChecker(HashEmbedder(), support)
        case "rules and a reader":
            as_read = AnswersAsRead(WordsSupport(), shipped_calibration().answer_support)
            return RuleChecker(HashEmbedder(), support, as_read)
        case "entailment":
            return EntailmentChecker(HashEmbedder(), has_its_words, support.threshold)
        case _:
            return VerbatimChecker()


def chunks(start: int = 0) -> list[Chunk]:
    return [
        Chunk(number, number, "T", f"/{number}.txt", None, start, start + len(text), "", text)
        for number, text in enumerate((OTHER, TEXT), start=1)
    ]


@pytest.mark.parametrize("sentence", ["Glaucoma damages the optic nerve of the eye.", OTHER])
def test_a_sentence_of_a_passage_is_supported_at_its_place(checker: GroundednessChecker, sentence: str) -> None:
    shown = chunks(start=100)
    verdict = checker.on(shown)(sentence)
    (place,) = verdict.places
    chunk = shown[place.passage]
    assert chunk.text[place.start - chunk.start : place.end - chunk.start] == sentence
    assert verdict.reason is None
    assert verdict.probability >= 0.8


@pytest.mark.parametrize(
    "sentence",
    [
        "Glaucoma does not damage the optic nerve of the eye.",
        "Eye drops lower the pressure by 40 percent.",
        "The capital of France is Paris on the Seine.",
        "Latanoprost drops lower the pressure by 20 percent.",
        "Does glaucoma damage the optic nerve of the eye?",
        "",
    ],
)
def test_what_no_passage_says_has_no_place_and_a_reason(checker: GroundednessChecker, sentence: str) -> None:
    verdict = checker.on(chunks())(sentence)
    assert verdict.places == ()
    assert verdict.reason is not None
    assert 0.0 <= verdict.probability < 0.8


def test_without_passages_nothing_is_supported(checker: GroundednessChecker) -> None:
    assert checker.on([])(OTHER).places == ()


def test_one_check_takes_a_sentence_after_the_other(checker: GroundednessChecker) -> None:
    check = checker.on(chunks(), "What is glaucoma?")
    first = check("Glaucoma damages the optic nerve of the eye.")
    second = check("Eye drops lower the pressure by 20 percent.", first.places[-1])
    assert [place.passage for place in (*first.places, *second.places)] == [1, 1]
    assert first.places[0].end <= second.places[0].start
