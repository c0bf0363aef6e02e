import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.evaluation.qa import evaluate_qa
from rag.evaluation.squad import load_squad
from rag.reader.types import AnswerSpan, PassageReading, PassageText
from tests.evaluation.conftest import quiet

CONTEXT = "The bridge opened in 1932 and crosses the harbour."


class PlacedReader:
    """Answers every question with the words that it names in quotes, as sure as the number behind them says."""

    no_answer_margin = 1.0

    def read_pairs(self, pairs: Sequence[tuple[str, PassageText]]) -> list[PassageReading]:
        found = []
        for question, passage in pairs:
            _, words, margin = question.split("'")
            start = passage.text.find(words)
            spans = (AnswerSpan(start, start + len(words), float(margin)),) if words else ()
            found.append(PassageReading(spans, float(margin), ()))
        return found


def test_figures_are_those_of_squad(tmp_path: Path) -> None:
    questions = [
        ("When? 'in 1932' 5", "1932"),
        ("When? '1932' 5", "1932"),
        ("When? '1932' 0.5", "1932"),  # not sure enough: says that there is no answer
        ("What? '' 0", "the harbour"),
        ("Who? 'The bridge' 0.5", ""),
        ("Who? 'The bridge' 5", ""),
    ]
    asked = [
        {
            "id": str(place),
            "question": question,
            "answers": [{"text": answer, "answer_start": CONTEXT.index(answer)}] if answer else [],
        }
        for place, (question, answer) in enumerate(questions)
    ]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": [{"title": "", "paragraphs": [{"context": CONTEXT, "qas": asked}]}]}))
    data = load_squad(path)
    evaluation = evaluate_qa(data, data.questions, PlacedReader(), quiet)
    figures = evaluation.figures
    assert figures["em"] == pytest.approx(2 / 6)
    assert figures["f1"] == pytest.approx((2 / 3 + 1 + 1) / 6)
    assert figures["has_answer_em"] == 0.25
    assert figures["has_answer_f1"] == pytest.approx((2 / 3 + 1) / 4)
    assert figures["no_answer_accuracy"] == 0.5
    assert (figures["questions"], figures["answerable"], figures["unanswerable"]) == (6, 4, 2)
    assert figures["questions_per_second"] > 0
    assert [item.given for item in evaluation.items] == ["in 1932", "1932", "", "", "", "The bridge"]

    answerable = evaluate_qa(data, data.questions[:4], PlacedReader(), quiet).figures
    assert answerable["no_answer_accuracy"] is None
    assert answerable["f1"] == answerable["has_answer_f1"]
