"""People's own questions: the file that holds them, and what counts as right."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rag.evaluation.question_file import OwnQuestion, load_own_questions
from rag.evaluation.questions import evaluate_questions
from rag.evaluation.runs import load_run, store_run
from rag.evaluation.tables import asked_answers, reached
from rag.evaluation.types import Evaluation, Run
from rag.types import Answer, Citation, Done, Event, Exchange, Searching, Sentence, Timings
from tests.evaluation.conftest import quiet
from vectorstore.errors import UsageError


def said(text: str, title: str = "Terms", *, unsure: bool = False) -> Answer:
    citation = Citation(1, 1, title, None, 0, len(text), text, 0.9)
    return Answer(
        "extractive",
        "reader",
        (Sentence(text, (1,)),),
        (citation,),
        timings=Timings(total=7.0),
        certainty="unsure" if unsure else "sure",
    )


SILENT = Answer("abstained", "reader")
YEARS = "The warranty lasts two years. It covers parts."


class ScriptedDesk:
    """Answers as it is told to, and else not at all."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self._answers = answers
        self.before: list[str] = []

    def ask(self, question: str, before: Sequence[Exchange]) -> Iterator[Event]:
        self.before += [exchange.question for exchange in before]
        yield Searching(1)
        yield Done(self._answers.get(question, SILENT))


def write(path: Path, questions: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text(json.dumps({"corpus": "terms", "questions": questions}, indent=1), encoding="utf-8")
    return path


def evaluated(path: Path, questions: Sequence[Mapping[str, Any]], answers: Mapping[str, Answer]) -> Evaluation:
    return evaluate_questions(load_own_questions(write(path, questions)), ScriptedDesk(answers).ask, quiet)


def kept(home: Path, evaluation: Evaluation) -> Run:
    return load_run(home, store_run(home, evaluation, datetime.now(UTC), {}).id)


def test_right_silent_and_sure_are_counted_apart(tmp_path: Path) -> None:
    evaluation = evaluated(
        tmp_path / "own.json",
        [
            {"ask": "How long?", "must": ["(?i)TWO years"]},
            {"ask": "How long, about?", "must": ["two years"]},
            {"ask": "What is covered?", "must": ["parts", "labour"]},
            {"ask": "Who pays?", "must": ["seller"]},
            {"ask": "Who founded it?", "abstain": True},
            {"ask": "Who led it?", "abstain": True},
            {"ask": "Who sold it?", "abstain": True},
        ],
        {
            "How long?": said(YEARS),
            "How long, about?": said(YEARS, unsure=True),
            "What is covered?": said(YEARS),
            "Who led it?": said(YEARS, unsure=True),
            "Who sold it?": said(YEARS),
        },
    )
    assert evaluation.figures["right"] == pytest.approx((1.0 + 0.8) / 4)
    assert evaluation.figures["rightly_silent"] == pytest.approx((1.0 + 0.5) / 3)
    assert evaluation.figures["sure_and_right"] == pytest.approx(1 / 3)
    answers = asked_answers(kept(tmp_path, evaluation))
    assert [answer["ok"] for answer in answers] == [True, True, False, False, True, False, False]
    assert [answer["why"] for answer in answers[2:]] == [
        ["lacks: labour"],
        ["met with silence"],
        [],
        ["answered where silence was right"],
        ["answered where silence was right"],
    ]
    assert answers[1] == {
        "ask": "How long, about?",
        "ok": True,
        "kind": "extractive",
        "certainty": "unsure",
        "text": YEARS,
        "titles": ["Terms"],
        "why": [],
        "milliseconds": 7.0,
    }


def test_an_answer_is_held_to_all_that_is_asked_of_it() -> None:
    question = OwnQuestion("How long?", (("two years", "24 months"), ("parts",)), ("lifetime", "seven"), "(?i)^terms")
    assert question.faults("24 months, for\nall  parts.", ["Notes", "Terms of sale"]) == ()
    assert question.faults("A lifetime.", ["Notes"]) == (
        "lacks: two years or 24 months",
        "lacks: parts",
        "holds what it must not: lifetime",
        "not from: (?i)^terms",
    )


def test_what_is_laid_out_on_lines_is_found_as_if_it_were_one() -> None:
    assert OwnQuestion("Differ?", ((r"dry.{0,40}slow",),)).faults("Dry: thin.\ndry\nis slow", []) == ()


def test_an_expression_that_never_ends_is_given_up() -> None:
    began = time.monotonic()
    (why,) = OwnQuestion("Why?", ((r"(.*a){25}b",),)).faults("a" * 5_000, [])
    assert why.startswith("takes too long to look for: (.*a)")
    assert time.monotonic() - began < 10


def test_a_question_is_asked_after_those_before_it(tmp_path: Path) -> None:
    file = write(tmp_path / "own.json", [{"ask": "And how long?", "must": ["2"], "before": ["Is there a warranty?"]}])
    desk = ScriptedDesk({})
    evaluate_questions(load_own_questions(file), desk.ask, quiet)
    assert desk.before == ["Is there a warranty?"]


def test_yaml_says_the_same_as_json(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "# acceptance\ncorpus: terms\nquestions:\n"
        "- ask: How long is the warranty?\n  must: ['(?i)two years', [parts, labour]]\n"
        "  not: lifetime\n  doc: '^Terms'\n"
        "- ask: Who founded it?\n  abstain: true\n  note: was never written down\n"
    )
    assert load_own_questions(tmp_path / "own.yaml") == [
        OwnQuestion("How long is the warranty?", (("(?i)two years",), ("parts", "labour")), ("lifetime",), "^Terms"),
        OwnQuestion("Who founded it?", abstain=True),
    ]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"must": ["x"]}, "Question 2 on line 10: the key 'ask' is missing"),
        ({"ask": "Why?"}, "Question 2 on line 10: the key 'must' is missing"),
        ({"ask": "Why?", "must": []}, "the key 'must' is missing or empty"),
        (
            {"ask": "Why?", "must": ["(open"]},
            "Question 2 on line 10: 'must' holds no regular expression: (open (missing )",
        ),
        ({"ask": "Why?", "must": ["x"], "not": "*"}, "'not' holds no regular expression: *"),
        ({"ask": "Why?", "must": ["x"], "doc": "["}, "'doc' holds no regular expression: ["),
        ({"ask": "Why?", "must": [6700]}, "'must' holds something that is not a text: 6700; put it in quotes"),
        ({"ask": "Why?", "must": [[]]}, "'must' holds something that is not a text: []"),
        ({"ask": "Why?", "must": ["x"], "not": False}, "'not' holds something that is not a text: False"),
        ({"ask": "Why?", "must": ["x"], "doc": ["a", "b"]}, "'doc' is one expression"),
        ({"ask": "Why?", "musst": ["x"]}, "Question 2 on line 10: there is no key 'musst'"),
        ({"ask": "Why?", "abstain": "yes"}, "'abstain' is true or false"),
        ({"ask": "Why?", "must": ["x"], "abstain": True}, "where no answer is right"),
    ],
)
def test_what_is_wrong_with_a_question_is_said_with_its_place(
    tmp_path: Path, question: Mapping[str, Any], message: str
) -> None:
    file = write(tmp_path / "own.json", [{"ask": "How long?", "must": ["two"]}, question])
    with pytest.raises(UsageError) as raised:
        load_own_questions(file)
    assert message in str(raised.value)
    assert str(file) in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no questions"),
        ("{", "Not a JSON or YAML file"),
        ('{"questions": []}', "no questions"),
        ('[{"ask": "x"}]', "no questions"),
        ("questions: [\n", "Not a JSON or YAML file"),
        ('{"questions": ["How long?"]}', "Question 1 on line 1: it is not a group of keys and values"),
    ],
)
def test_a_file_of_another_form_is_named(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "own.json"
    file.write_text(content)
    with pytest.raises(UsageError, match=message) as raised:
        load_own_questions(file)
    assert str(file) in str(raised.value)


def test_both_answers_and_silence_must_reach_the_share(tmp_path: Path) -> None:
    wanted = [{"ask": "How long?", "must": ["two"]}, {"ask": "Who?", "abstain": True}]
    good = kept(tmp_path, evaluated(tmp_path / "own.json", wanted, {"How long?": said(YEARS)}))
    talks = kept(tmp_path, evaluated(tmp_path / "own.json", wanted, {"How long?": said(YEARS), "Who?": said(YEARS)}))
    only_silent = kept(tmp_path, evaluated(tmp_path / "own.json", wanted[1:], {}))
    assert (reached(good, 1.0), reached(talks, 0.1), reached(talks, 0.0), reached(only_silent, 1.0)) == (
        True,
        False,
        True,
        True,
    )
