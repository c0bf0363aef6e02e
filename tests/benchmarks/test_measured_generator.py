"""How a reply over three passages is scored."""

import pytest

from benchmarks.generator.measure import Reply, scored
from benchmarks.generator.sheets import Asked, Sheet
from rag.generators.prompts import REFUSAL

pytestmark = pytest.mark.torch

SHEET = Sheet("farm", (), ())
ANSWERED = Asked("Where does Tom sleep?", "answered", ("the attic", "attic"), 2, "")
SECTION = Asked("How is dry eye treated?", "answered", (), 1, "")
NOWHERE = Asked("Where does Rex sleep?", "elsewhere", (), 0, REFUSAL)


@pytest.mark.parametrize(
    ("asked", "text", "scores"),
    [
        (ANSWERED, "Tom sleeps in the attic. [2]", {"contained": 1.0, "right_citation": 1.0, "false_abstention": 0.0}),
        (ANSWERED, "In the Attic [1].", {"contained": 1.0, "right_citation": 0.0, "false_abstention": 0.0}),
        (ANSWERED, "In the attic. [2] So [3]", {"contained": 1.0, "right_citation": 0.0, "false_abstention": 0.0}),
        (ANSWERED, "In the attic.", {"contained": 1.0, "right_citation": 0.0, "false_abstention": 0.0}),
        (ANSWERED, "In the attics. [2]", {"contained": 0.0, "false_abstention": 0.0}),
        (ANSWERED, REFUSAL, {"contained": 0.0, "false_abstention": 1.0}),
        (SECTION, "Dry eye is treated with drops. [1]", {"right_citation": 1.0, "false_abstention": 0.0}),
        (SECTION, REFUSAL, {"false_abstention": 1.0}),
        (NOWHERE, "the documents do not say", {"right_abstention": 1.0}),
        (NOWHERE, "In the shed. [1]", {"right_abstention": 0.0}),
    ],
)
def test_scores(asked: Asked, text: str, scores: dict[str, float]) -> None:
    assert scored(SHEET, asked, Reply(text, 0, 0, 1.0, 20.0)).scores == scores


def test_the_check_counts_sentences() -> None:
    item = scored(SHEET, ANSWERED, Reply("One. Two. Three.", 2, 1, 1.0, 20.0))
    assert (item.scores["kept_by_the_check"], item.weights["kept_by_the_check"]) == (2 / 3, 3)
