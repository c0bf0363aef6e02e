import json
from pathlib import Path

import pytest

from benchmarks.peers import systems
from benchmarks.peers.environment import peers_python
from benchmarks.peers.measure import scored, section
from benchmarks.peers.types import Ask, Found, Models, Stored
from benchmarks.peers.worker import answer_all
from rag.evaluation.squad import GoldAnswer, SquadQuestion
from vectorstore.errors import RefdeskError

pytestmark = pytest.mark.torch

ANSWERABLE = SquadQuestion("q1", "Where does Tom sleep?", (GoldAnswer("the attic", 27),), paragraph=4)
UNANSWERABLE = SquadQuestion("q2", "Where does Tom eat?", (), paragraph=4)
PARAGRAPHS = {"10": ("3",), "11": ("3",), "12": ("4", "9"), "13": ("5",)}


def test_documents_rank_by_their_best_passage() -> None:
    found = scored(ANSWERABLE, {"ids": ["10", "11", "12"], "answer": "The attic.", "ms": 1.0}, PARAGRAPHS)
    assert found.scores == {"hits@1": 0.0, "hits@5": 1.0, "f1": 1.0, "em": 1.0, "answered": 1.0}


def test_no_answer_is_wrong_where_there_is_one_and_right_where_there_is_none() -> None:
    nothing = {"ids": ["12"], "answer": None, "ms": 1.0}
    assert scored(ANSWERABLE, nothing, PARAGRAPHS).scores["f1"] == 0.0
    assert scored(UNANSWERABLE, nothing, PARAGRAPHS).scores == {"false_answers": 0.0}
    assert scored(UNANSWERABLE, {**nothing, "answer": "a bowl"}, PARAGRAPHS).scores == {"false_answers": 1.0}


def test_one_question_that_fails_does_not_end_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def build(passages: list[Stored], models: Models) -> Ask:
        def ask(question: str) -> Found:
            if question == "Why?":
                raise TypeError("no token")
            return Found((passages[0].id,), passages[0].text)

        return ask

    monkeypatch.setitem(systems.SYSTEMS, "Fragile", build)
    folders = dict.fromkeys(("embedding", "reader", "reranker", "refdesk_reader"), ".")
    models = {**folders, "no_answer_margin": 0.0, "reranked": 12}
    task = {"passages": [["10", "the attic"]], "questions": ["Why?", "Where?"], "warm_up": "Who?"}
    failed, answered = answer_all("Fragile", {**task, "models": models})["answers"]
    assert (failed["answer"], failed["error"]) == (None, "TypeError: no token")
    assert (answered["ids"], answered["answer"], answered["error"]) == (("10",), "the attic", None)
    assert json.dumps(answered)


def test_peers_that_cannot_be_installed_are_reported(tmp_path: Path) -> None:
    requirements = tmp_path / "peers-requirements.txt"
    requirements.write_text(f"{tmp_path}/nowhere.whl\n", encoding="utf-8")
    with pytest.raises(RefdeskError, match="cannot be installed"):
        peers_python(tmp_path, requirements)


def test_the_report_names_who_was_not_measured_and_why() -> None:
    result = {"file": "qa/x.json", "questions": 2, "unanswerable": 1, "passages": 3, "setup": [], "versions": ""}
    said = section({**result, "results": {}, "not_measured": {"txtai": "no wheel"}})
    assert "txtai was not measured: no wheel" in said


def test_f1_of_all_counts_silence_where_it_is_right() -> None:
    figures = dict.fromkeys(("hits@1", "hits@5", "em", "answered"), 1.0) | {"f1": 0.6, "false_answers": 0.4}
    peer = {"figures": figures, "intervals": {name: [0.0, 1.0] for name in figures}, "latency_ms": {"median": 10.0}}
    result = {
        "file": "qa/x.json",
        "questions": 4,
        "unanswerable": 3,
        "passages": 3,
        "setup": ["Alike."],
        "versions": "",
    }
    said = section({**result, "results": {"txtai": peer}, "not_measured": {}})
    assert "| 0.60 | 10 |" in said  # (0.6 + 3 x 0.6) / 4
    assert "Alike." in said
