"""``refdesk evaluate`` as a person calls it, with the packaged models, on a few questions."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from rag.components import Components
from rag.conversations.store import ConversationStore
from rag.settings.model import load_settings
from tests.cli.conftest import Refdesk
from tests.command import TERMINATED, refdesk_apart
from vectorstore.types import EVERYTHING

pytestmark = pytest.mark.models

BRIDGE = "The harbour bridge opened in 1932. It carries eight lanes of traffic."
LIBRARY = "The library opens at nine o'clock on weekdays. Visitors park behind the house."


@pytest.fixture
def squad_file(tmp_path: Path) -> Path:
    def asked(key: str, question: str, context: str, answer: str = "") -> dict[str, object]:
        answers = [{"text": answer, "answer_start": context.index(answer)}] if answer else []
        return {"id": key, "question": question, "answers": answers, "is_impossible": not answer}

    bridge = [asked("1", "When did the harbour bridge open?", BRIDGE, "1932"), asked("2", "Who eats moss?", BRIDGE)]
    library = [asked("3", "When does the library open on weekdays?", LIBRARY, "nine o'clock")]
    paragraphs = [{"context": BRIDGE, "qas": bridge}, {"context": LIBRARY, "qas": library}]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": [{"title": "Town", "paragraphs": paragraphs}]}))
    return path


@pytest.fixture
def beir_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    documents = [{"_id": "b/1", "title": "Town", "text": BRIDGE}, {"_id": "l", "text": LIBRARY}]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(document) + "\n" for document in documents))
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "lanes of the harbour bridge"}) + "\n")
    (folder / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nq\tb/1\t2\n")
    return folder


def test_retrieval(refdesk: Refdesk, beir_folder: Path, home: Path) -> None:
    figures = refdesk("evaluate", "retrieval", beir_folder, "--json").json
    assert (
        figures["hits@1"] == figures["hits@5"] == figures["hits@20"] == figures["ndcg@10"] == figures["mrr@10"] == 1.0
    )
    assert figures["mean_judgement@1"] == 2.0
    assert figures["queries_per_second"] > 0
    assert (figures["queries"], figures["documents"]) == (1, 2)
    assert not (home / "refdesk.db").exists()  # the knowledge base of the home is not touched


def test_qa(refdesk: Refdesk, squad_file: Path) -> None:
    figures = refdesk("evaluate", "qa", squad_file, "--json").json
    assert {"em", "f1", "has_answer_em", "has_answer_f1", "no_answer_accuracy"} <= set(figures)
    assert figures["questions"] == 3
    assert figures["questions_per_second"] > 0
    assert figures["has_answer_f1"] > 0.4
    assert refdesk("evaluate", "qa", squad_file, "--limit", 1, "--json").json["questions"] == 1


def test_answers_runs_comparison_and_report(refdesk: Refdesk, squad_file: Path, home: Path, tmp_path: Path) -> None:
    figures = refdesk("evaluate", "answers", squad_file, "--engine", "extractive", "--json").json
    assert figures["f1"] > 0.4
    assert figures["citation_precision"] == 1.0
    assert figures["unsupported_sentences"] == 0.0
    assert figures["false_answers"] == 0.0
    assert set(figures["latency"]) == {"first_answer", "total"}

    second = refdesk("evaluate", "answers", squad_file, "--engine", "extractive")
    assert "citation_precision" in second.out
    runs = refdesk("evaluate", "runs", "--json").json
    assert len(runs) == 2
    assert figures["run"] in runs

    table = refdesk("evaluate", "compare", *runs).out
    assert "unsupported_sentences" in table
    assert "+0.000 (+0.000 to +0.000)" in table
    compared = refdesk("evaluate", "compare", *runs, "--json").json
    assert compared["questions"] == 3
    assert all(difference["difference"] == 0.0 for difference in compared["differences"])
    assert "3 questions: 0 went better, 0 worse." in refdesk("evaluate", "compare", *runs).out

    report = tmp_path / "report.html"
    assert refdesk("evaluate", "report", runs[0], "--output", report).code == 0
    assert "squad.json" in report.read_text(encoding="utf-8")
    setup = json.loads((home / "evaluations" / runs[0] / "run.json").read_text())["setup"]
    assert setup["data"]["name"] == "squad.json"
    assert len(setup["models"]["embedding"]["sha256"]) == 64


@pytest.mark.usefixtures("refdesk")
def test_answers_that_sigterm_stops_go_on_after_the_questions_asked(
    squad_file: Path, home: Path, tmp_path: Path
) -> None:
    data = json.loads(squad_file.read_text())
    opened = data["data"][0]["paragraphs"][0]["qas"][0]
    data["data"][0]["paragraphs"][0]["qas"] = [opened | {"id": str(key)} for key in range(40)]  # so many take a while
    squad_file.write_text(json.dumps(data))
    call = ("evaluate", "answers", squad_file, "--engine", "extractive")

    def asked() -> int:
        return sum(file.read_bytes().count(b"\n") for file in home.glob("evaluations/unfinished-*"))

    stopped = refdesk_apart(*call, folder=tmp_path, until=lambda: asked() > 0)
    assert stopped.code == TERMINATED
    assert "The same call with --resume goes on" in stopped.err
    assert 0 < asked() < 41
    figures = refdesk_apart(*call, "--resume", "--json", folder=tmp_path).json
    assert (figures["questions"], asked()) == (41, 0)


def test_golden_asks_again_what_was_judged_in_the_chat(refdesk: Refdesk, home: Path, tmp_path: Path) -> None:
    assert "No answer has been judged yet" in refdesk("evaluate", "golden", "--json").err
    (tmp_path / "library.txt").write_text(LIBRARY)
    refdesk("ingest", tmp_path / "library.txt")
    question = "When does the library open on weekdays?"
    flow = Components(load_settings(home)).flow(None)
    with closing(ConversationStore(home)) as store:
        conversation, turn = store.add_turn(None, question)
        store.set_turn(turn, "done", flow.answer(question, EVERYTHING))
        store.rate(conversation, turn, "up")

    figures = refdesk("evaluate", "golden", "--engine", "extractive", "--json").json
    assert (figures["questions"], figures["answered"], figures["same_words"]) == (1, 1.0, 1.0)
    assert refdesk("evaluate", "qa", figures["file"], "--json").json["questions"] == 1
    runs = [run for run in refdesk("evaluate", "runs", "--json").json if run.endswith("golden")]
    assert runs == [figures["run"]]
    assert "same_words" in refdesk("evaluate", "golden", "--engine", "extractive").out
    assert refdesk("evaluate", "report", figures["run"]).code == 0


def test_own_questions_are_asked_of_the_documents_of_the_home(
    refdesk: Refdesk, squad_file: Path, tmp_path: Path
) -> None:
    asked = [
        {"ask": "When does the library open on weekdays?", "must": ["(?i)nine o.clock"], "doc": "(?i)library"},
        {"ask": "Which moss does the mayor's camel prefer?", "abstain": True},
    ]
    wrong = [{"ask": "When does the library open on weekdays?", "must": ["midnight"]}]
    for name, questions in (("own.json", asked), ("wrong.json", wrong)):
        (tmp_path / name).write_text(json.dumps({"questions": questions}))
    call = ("evaluate", "questions", tmp_path / "own.json", "--engine", "extractive")
    assert "no documents to ask" in refdesk(*call).err
    (tmp_path / "library.txt").write_text(LIBRARY)
    refdesk("ingest", tmp_path / "library.txt", "--collection", "town")

    passed = refdesk(*call, "--at-least", 1, "--output", tmp_path / "out.json", "--json")
    assert passed.code == 0
    assert (passed.json["right"], passed.json["rightly_silent"], passed.json["sure_and_right"]) == (1.0, 1.0, 1.0)
    assert {"ask", "ok", "kind", "certainty", "text", "titles"} <= set(passed.json["answers"][0])
    assert json.loads((tmp_path / "out.json").read_text()) == passed.json

    failed = refdesk("evaluate", "questions", tmp_path / "wrong.json", "--engine", "extractive", "--at-least", 0.5)
    assert failed.code == 1
    assert "lacks: midnight" in failed.out
    assert "Less than 0.5 is right" in failed.err
    elsewhere = refdesk(*call, "--collection", "country")
    assert (elsewhere.code, "country" in elsewhere.err) == (2, True)
    not_such_a_file = refdesk("evaluate", "questions", squad_file)
    assert (not_such_a_file.code, "no questions" in not_such_a_file.err) == (2, True)
    assert "lacks: midnight" in _report(refdesk, tmp_path)


def _report(refdesk: Refdesk, folder: Path) -> str:
    """Of the evaluation that was made last."""
    newest = refdesk("evaluate", "runs", "--json").json[0]
    refdesk("evaluate", "report", newest, "--output", folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


def test_counterfactuals_ask_the_documents_of_the_home(refdesk: Refdesk, tmp_path: Path) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_text("May a 30-year-old woman drive across the bridge?\nWhen does the library open?\n")
    empty = refdesk("evaluate", "counterfactuals", questions, "--json")
    assert (empty.code, empty.out) == (2, "")
    assert "no documents to ask" in empty.err
    (tmp_path / "town.txt").write_text(f"{BRIDGE}\n\n{LIBRARY}")
    refdesk("ingest", tmp_path / "town.txt")
    found = refdesk("evaluate", "counterfactuals", questions, "--json").json
    assert (found["kind"], found["pairs"], found["questions_without_counterfactual"]) == ("counterfactuals", 2, 1)
    assert set(found["flipped_by_kind"]) == {"sex", "age", "origin"}
    assert len(found["flips"]) == round(found["flipped"] * found["pairs"])
    assert refdesk("evaluate", "runs", "--json").json == [found["run"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retrieval", "/nowhere"], "/nowhere"),
        (["qa", "/nowhere.json"], "/nowhere.json"),
        (["answers", __file__], "Not a JSON file"),
        (["qa", "x", "--limit", "0"], "--limit"),
        (["report", "nothing"], "no such evaluation"),
        (["compare", "nothing", "nothing"], "no such evaluation"),
    ],
)
def test_wrong_calls_exit_2_and_name_the_file(refdesk: Refdesk, arguments: list[str], message: str) -> None:
    result = refdesk("evaluate", *arguments, "--json")
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_fit_writes_numbers_of_ones_own_which_the_doctor_names(refdesk: Refdesk, tmp_path: Path, home: Path) -> None:
    towns = [
        f"{first}{last}" for first in ("Ash", "Bram", "Cold", "Dun") for last in ("by", "ford", "ham", "ton", "sea")
    ]
    paragraphs = []
    for number, town in enumerate(towns):
        text = f"{town} lies on a river. The mayor of {town} lives in mill {number}. Trains stop twice a day."
        answer = {"text": f"mill {number}", "answer_start": text.index("mill ")}
        asked = {"id": town, "question": f"Where does the mayor of {town} live?", "answers": [answer]}
        paragraphs.append({"context": text, "qas": [asked]})
    file = tmp_path / "towns.json"
    file.write_text(json.dumps({"data": [{"title": "Towns", "paragraphs": paragraphs}]}))
    assert refdesk("doctor", "--json").json["fitted_numbers"] == {"from": "Refdesk", "unfitted": ""}

    figures = refdesk("evaluate", "fit", file, "--json").json
    assert (figures["fitted_to"], figures["passage_found"]) == (str(file), 20)
    assert figures["first_passage_right_after"] > 0.9
    own = str(home / "calibration.json")
    assert refdesk("doctor", "--json").json["fitted_numbers"] == {"from": own, "unfitted": ""}
    other = json.loads(Path(own).read_text())
    for numbers in other.values():
        numbers["embedder"] = "other@123"
    Path(own).write_text(json.dumps(other))
    assert "evaluate fit" in refdesk("doctor").out

    assert refdesk("evaluate", "fit", "--reset", "--json").json == {"reset": True}
    assert refdesk("doctor", "--json").json["fitted_numbers"] == {"from": "Refdesk", "unfitted": ""}
    assert "at least 20 are needed" in refdesk("evaluate", "fit", "--json").err
