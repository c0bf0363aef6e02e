import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.calibration.numbers import shipped_calibration
from rag.grounding.rules import RuleChecker
from rag.grounding.types import Place
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.models import MINILM, resolve_model
from vectorstore.types import Chunk

pytestmark = pytest.mark.models

PAIRS = json.loads((Path(__file__).parents[1] / "data/grounding_pairs.json").read_text(encoding="utf-8"))
LEAST_RECALL = 0.85

GLAUCOMA = (
    "Nearly everyone with open-angle glaucoma is treated first with eye drops. Eye drops do not cure glaucoma. They "
    "lower the pressure in the eye by 20 to 30 percent. Lost sight does not come back.\n\n"
    "Signs of a sudden attack are:\n"
    "- severe pain\n- red eyes\n- blurred vision\n\nSurgery makes a new opening for the fluid."
)


@pytest.fixture(scope="module")
def checker() -> RuleChecker:
    return RuleChecker(LocalEmbedder(resolve_model(MINILM)), shipped_calibration().support)


def chunk(text: str, heading: str = "Eye drops > How do eye drops work?") -> Chunk:
    return Chunk(1, 7, "Eye drops", "/g.txt", None, 100, 100 + len(text), heading, text)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Nearly everyone with open-angle glaucoma is treated first with eye drops.", "Nearly everyone"),
        ("Nearly everyone with the open-angle glaucoma was treated first with eye drops.", "Nearly everyone"),
        ("Eye drops do not cure glaucoma.", "Eye drops do"),
        ("Eye drops lower the pressure in the eye by 20 to 30 percent.", "They lower"),  # the heading names "they"
        ("Surgery makes a new opening for the fluid.", "Surgery"),
        ("Signs of a sudden attack are severe pain, red eyes and blurred vision.", "Signs of"),
    ],
)
def test_what_a_passage_says_is_supported_by_that_very_place(checker: RuleChecker, sentence: str, quote: str) -> None:
    (support,) = checker.on([chunk("Cats purr when they are content."), chunk(GLAUCOMA)])(sentence).places
    assert support.passage == 1
    assert GLAUCOMA[support.start - 100 : support.end - 100].startswith(quote)


@pytest.mark.parametrize(
    "sentence",
    [
        "Glaucoma is treated first with surgery.",  # recombined from two sentences
        "Eye drops cure glaucoma.",  # negation dropped
        "Lost sight does come back.",
        "Surgery does not make a new opening for the fluid.",  # negation added
        "Eye drops lower the pressure in the eye by 20 to 40 percent.",  # another number
        "Latanoprost drops lower the pressure in the eye by 20 to 30 percent.",  # a name from nowhere
        "Eye drops lower the pressure in the eye by 20 to 30 percent and prevent strokes.",  # a fact added
        "The fluid makes a new opening for surgery.",  # turned round
        "The capital of France is Paris.",
        "Everyone with open-angle glaucoma is treated first with eye drops.",  # a limit dropped
        "Surgery may make a new opening for the fluid.",  # a limit added
        "Only surgery makes a new opening for the fluid.",
        "Glaucoma.",
        "",
    ],
)
def test_what_no_passage_says_is_not_supported(checker: RuleChecker, sentence: str) -> None:
    assert checker.on([chunk(GLAUCOMA)])(sentence).places == ()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "Smoking is a risk factor. Exercise lowers blood pressure in adults.",
            "Smoking lowers blood pressure in adults.",
        ),
        ("It is a myth that vaccines cause autism in children.", "Vaccines cause autism in children."),
        ("Studies failed to show that aspirin prevents cancer.", "Aspirin prevents cancer."),
        ("If untreated, glaucoma causes complete blindness.", "Glaucoma causes complete blindness."),
        ("Vaccines cause autism, which is a myth.", "Vaccines cause autism."),
        ("The sister of Anna Smith won the prize in 1999.", "Anna Smith won the prize in 1999."),
        ("Men take 40 mg daily and women take 20 mg daily.", "Men take 20 mg daily."),
        (
            "It does not cause cancer, and it is safe for adults.",
            "It does cause cancer, and it is not safe for adults.",
        ),
        ("Patients who cannot swallow tablets get injections.", "Patients who swallow tablets cannot get injections."),
        ("Take 2-4 tablets every day.", "Take 4 tablets every day."),
        ("Store it at −40 degrees in the dark.", "Store it at 40 degrees in the dark."),
        ("It costs €5 million a year.", "It costs $5 million a year."),
        ("It affects 5% of all adults.", "It affects 5 of all adults."),
        ("Take 1,5 mg of it daily.", "Take 15 mg of it daily."),
        ("Do not take doses above 4 g.", "Do not take doses of 4 g."),
        ("Patients born before 1950 were asked.", "Patients born in 1950 were asked."),
        ("Does ibuprofen cause stomach ulcers?", "Ibuprofen does cause stomach ulcers."),
        ("Sweden exported steel to France.", "Sweden exported steel from France."),
        ("Cancer spreads quickly to the lungs.", "Eye drops spread quickly to the lungs."),
    ],
)
def test_twisting_what_the_passage_says_is_noticed(checker: RuleChecker, source: str, sentence: str) -> None:
    assert checker.on([chunk(source)])(sentence).places == ()
    first = source.split(". ")[0]
    assert source.endswith("?") or checker.on([chunk(source)])(first).places


def test_the_heading_may_name_the_subject_that_a_pronoun_stands_for(checker: RuleChecker) -> None:
    passage = chunk("It is a group of diseases that damage the optic nerve.", "Glaucoma")
    check = checker.on([passage])
    assert check("Glaucoma is a group of diseases that damage the optic nerve.").places
    assert check("Cataract is a group of diseases that damage the optic nerve.").places == ()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "After the blisters erupt, the sores take a week to heal.",
            "The sores take a week to heal after the blisters erupt.",
        ),
        ("The sores crust over if untreated, which takes a week.", "If untreated, the sores crust over."),
        ("In 1979, sales were five times those of Israel's.", "Sales were five times those of Israel's in 1979."),
    ],
)
def test_what_opens_a_sentence_may_stand_at_its_end(checker: RuleChecker, source: str, sentence: str) -> None:
    assert checker.on([chunk(source)])(sentence).places


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "After the blisters erupt, the sores take a week to heal.",
            "The sores take a week to heal before the blisters erupt.",
        ),
        ("If untreated, the sores crust over.", "The sores crust over."),
        ("With steel, Sweden paid for coal.", "Sweden paid for steel with coal."),
    ],
)
def test_it_does_so_as_it_is_and_whole(checker: RuleChecker, source: str, sentence: str) -> None:
    assert not checker.on([chunk(source)])(sentence).places


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=50)
def test_any_text_can_be_looked_at(checker: RuleChecker, text: str) -> None:
    checker.on([chunk(text or "x")])(text)


def verdict_on(checker: RuleChecker, pair: dict[str, str]) -> tuple[Place, ...]:
    passage = Chunk(1, 7, "T", "/t.txt", None, 0, len(pair["passage"]), pair.get("heading", ""), pair["passage"])
    return checker.on([passage], pair.get("question", ""))(pair["sentence"]).places


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if not pair["supported"]], ids=lambda pair: pair["kind"])
def test_no_twisted_sentence_is_accepted(checker: RuleChecker, pair: dict[str, str]) -> None:
    assert not verdict_on(checker, pair)


def test_most_true_sentences_in_other_words_are_accepted(checker: RuleChecker) -> None:
    true = [pair for pair in PAIRS if pair["supported"]]
    missed = [pair["sentence"] for pair in true if not verdict_on(checker, pair)]
    assert len(missed) <= (1 - LEAST_RECALL) * len(true), missed
