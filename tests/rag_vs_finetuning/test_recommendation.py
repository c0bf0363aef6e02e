"""The words that are made of the figures."""

from collections.abc import Sequence
from typing import Any

import pytest

from rag.evaluation.squad import GoldAnswer, SquadFile, SquadParagraph, SquadQuestion
from rag.evaluation.types import Item
from rag.rag_vs_finetuning.changing import FactChange
from rag.rag_vs_finetuning.configurations import BASE, BOTH, RETRIEVAL, STALE, TUNED
from rag.rag_vs_finetuning.figures import ChangeMade, figures
from rag.rag_vs_finetuning.questions import QuestionSet
from rag.rag_vs_finetuning.recommendation import Recommendation, recommend
from rag.rag_vs_finetuning.report import rows

INGESTED = {"seconds": 2.5, "peak_memory_mb": 900, "documents": 40, "refused": 0, "chunks": 40}
TRAINED = {"seconds": 300.0, "peak_memory_mb": 2400, "steps": 60}


def question_set(answerable: int, unanswerable: int = 4) -> QuestionSet:
    asked = tuple(
        SquadQuestion(str(n), f"Question {n}?", (GoldAnswer("seven", 0),) if n < answerable else (), n)
        for n in range(answerable + unanswerable)
    )
    paragraphs = tuple(SquadParagraph("seven", "", n) for n in range(len(asked)))
    return QuestionSet(SquadFile(paragraphs, asked), asked, frozenset(range(0, len(asked), 2)))


def items(questions: QuestionSet, right: float) -> list[Item]:
    """The first of the answerable questions are answered rightly, in the share ``right``, and the others wrongly."""
    answerable = sum(bool(question.answers) for question in questions.asked)
    found = []
    for number, question in enumerate(questions.asked):
        score = float(number < right * answerable)
        scores = {"wrong": 1.0 - score}
        if question.answers:
            scores |= {"right": score, "taught" if questions.is_taught(question) else "not_taught": score}
        else:
            scores["declined"] = 0.0
        text = "It is seven." if score else "It is eight."
        found.append(
            Item(question.id, question.text, (), text, score, scores, latency_ms=1500.0, details={"kind": "extractive"})
        )
    return found


def report(shares: Sequence[float], answerable: int = 40, *, changed: bool = True) -> dict[str, Any]:
    """With the share that was answered rightly by the model alone, fine-tuned, with retrieval, and with both."""
    questions = question_set(answerable)
    configurations = (BASE, TUNED, RETRIEVAL, BOTH)
    answered = {one.name: items(questions, share) for one, share in zip(configurations, shares, strict=True)}
    change = None
    if changed:
        one = FactChange(questions.asked[0], "seven", "nine")
        after = dict.fromkeys((RETRIEVAL.name, TUNED.name, BOTH.name, STALE), answered[BOTH.name][:1])
        change = ChangeMade((one,), ({"seconds": 0.4, "found": True},), after, TRAINED)
    return figures(questions, answered, INGESTED, TRAINED, change)


def recommended(shares: Sequence[float], answerable: int = 40) -> Recommendation:
    return recommend(report(shares, answerable))


@pytest.mark.parametrize(
    ("shares", "configuration"),
    [
        ((0.1, 0.2, 0.8, 0.8), RETRIEVAL.name),
        ((0.1, 0.2, 0.5, 0.9), BOTH.name),
        ((0.1, 0.9, 0.3, 0.3), TUNED.name),
        ((0.9, 0.9, 0.9, 0.9), BASE.name),
        ((0.1, 0.1, 0.1, 0.1), None),
        ((0.5, 0.5, 0.55, 0.55), None),
    ],
)
def test_what_is_recommended_is_better_by_more_than_chance(shares: Sequence[float], configuration: str | None) -> None:
    assert recommended(shares).configuration == configuration


def test_a_difference_that_chance_explains_is_called_so() -> None:
    reasons = " ".join(recommended((0.1, 0.7, 0.75, 0.78)).reasons)
    assert "Answered rightly: retrieval 0.75, the fine-tuned model alone 0.70; a difference of +0.05 (95%: " in reasons
    assert "which 40 questions cannot tell from chance" in reasons


def test_with_few_questions_nothing_is_recommended_or_it_is_said_how_few() -> None:
    few = recommended((0.0, 0.0, 1.0, 1.0), answerable=6)
    assert few.configuration is None
    assert few.verdict.startswith("These questions do not decide it. Begin with retrieval")
    assert "Only 6 questions have an answer" in few.reasons[-2]
    assert not any("Only" in reason for reason in recommended((0.0, 0.0, 1.0, 1.0)).reasons)


def test_costs_and_changes_are_told_with_their_figures() -> None:
    told = recommended((0.1, 0.1, 0.1, 0.1))
    assert told.verdict.endswith("a change costs it 0.40 s instead of 5.0 minutes.")
    reasons = " ".join(told.reasons)
    assert "Taking in the documents took 2.5 s and 900 MB, training 5.0 minutes and 2,400 MB." in reasons
    assert "A changed document was searchable after 0.40 s" in reasons
    assert "It learned few of them in 60 steps" in reasons
    assert "of both together 0 written and 44 quoted" in reasons


def test_the_table_has_a_column_for_each_way_and_no_empty_row() -> None:
    table = {label: cells for label, *cells in rows(report((0.1, 0.2, 0.5, 0.9)))}
    assert table["right"][2] == "0.50 (0.35–0.65)"
    assert table["time to adapt"] == ["-", "5.0 minutes", "2.5 s", "5.0 minutes"]
    assert table["memory to adapt, MB"] == ["-", "2,400", "900", "2,400"]
    assert table["new answer given after it"][0] == "-"
    assert "sentences grounded in the documents" not in table  # none was judged
    assert "time for a change" not in {label for label, *_ in rows(report((0.1, 0.2, 0.5, 0.9), changed=False))}
