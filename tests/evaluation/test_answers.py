import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.evaluation.answers import evaluate_answers, texts_of
from rag.evaluation.gold import GoldText
from rag.evaluation.squad import GoldAnswer, load_squad
from rag.evaluation.support import ordinary_words, unsupported
from rag.evaluation.temporary_collection import TemporaryCollection
from rag.evaluation.types import Evaluation
from rag.evaluation.unfinished import unfinished
from rag.types import Answer, Citation, Done, Event, Quoted, Sentence, Timings
from tests.evaluation.conftest import quiet, stored

TOWER = "The tower was built in 1889.  Gustave Eiffel\nled the work. It is 330 metres high."
BRIDGE = "The bridge opened in 1932. It crosses the harbour."

QUESTIONS: list[tuple[int, str, str]] = [
    (0, "When was the tower built?", "1889"),
    (0, "Who led the work?", "Gustave Eiffel"),
    (1, "When did the bridge open?", "1932"),
    (1, "What does the bridge cross?", "the harbour"),
    (0, "Who sold the tower?", ""),
    (1, "Who sold the bridge?", ""),
]


@pytest.fixture
def squad_file(tmp_path: Path) -> Path:
    paragraphs = []
    for number, context in enumerate((TOWER, BRIDGE)):
        asked = [
            {
                "id": str(place),
                "question": question,
                "is_impossible": not answer,
                "answers": [{"text": answer, "answer_start": context.index(answer)}] if answer else [],
            }
            for place, (paragraph, question, answer) in enumerate(QUESTIONS)
            if paragraph == number
        ]
        paragraphs.append({"context": context, "qas": asked})
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": [{"title": "Sights_of_towns", "paragraphs": paragraphs}]}))
    return path


class ScriptedDesk:
    """Answers each question as it is told to: (document's paragraph, quote, short answer, probability, sentence).

    Without a paragraph it abstains and withholds the short answer.
    """

    def __init__(self, collection: TemporaryCollection, script: dict[str, tuple[Any, ...]]) -> None:
        self._collection = collection
        self._script = script

    def ask(self, question: str) -> Iterator[Event]:
        timings = Timings(first_answer=10.0, total=20.0)
        paragraph, quote, short, probability, *written = self._script.get(question, (None, "", None, None))
        if paragraph is None:
            abstention = Answer("abstained", "scripted", probability=probability, timings=timings, withheld=short)
            yield Done(abstention)
            return
        document = next(key for key, ids in self._collection.ids.items() if str(paragraph) in ids)
        start = self._collection.stored_text(document).index(quote)
        citation = Citation(1, document, "", None, start, start + len(quote), quote, 0.5)
        said = ((citation,), (), short, timings, (), probability)
        quoted = Answer("extractive", "scripted", (Sentence(quote, (1,)),), *said)
        if not written:
            yield Done(quoted)
            return
        yield Quoted(quoted)
        sentences = tuple(Sentence(text, (1,)) for text in written)
        yield Done(Answer("generated", "scripted", sentences, *said))


def measured(squad_file: Path, script: dict[str, tuple[Any, ...]]) -> Evaluation:
    data = load_squad(squad_file)
    with stored(texts_of(data)) as collection:
        return evaluate_answers(data, data.questions, collection, ScriptedDesk(collection, script).ask, quiet)


def test_figures_of_the_whole_desk(squad_file: Path) -> None:
    evaluation = measured(
        squad_file,
        {
            "When was the tower built?": (0, "The tower was built in 1889.", "in 1889", 0.9),
            "Who led the work?": (0, "It is 330 metres high.", "330 metres", 0.6),
            "When did the bridge open?": (
                1,
                "The bridge opened in 1932.",
                "1932",
                0.8,
                "The bridge opened in 1932.",
                "However, Sydney has 3 of them.",
            ),
            "Who sold the tower?": (1, "It crosses the harbour.", "the harbour", 0.7),
            "What does the bridge cross?": (None, "", "the harbour", 0.4),
        },
    )
    figures = evaluation.figures
    assert figures["answered"] == 0.75
    assert figures["em"] == 0.25
    assert figures["f1"] == pytest.approx((2 / 3 + 0 + 1 + 0) / 4)
    assert figures["false_answers"] == 0.5
    assert figures["citation_precision"] == pytest.approx(2 / 3)
    assert figures["unsupported_sentences"] == pytest.approx(1 / 5)
    assert figures["latency"]["first_answer"] == {"median": 10.0, "p95": 10.0}
    assert figures["latency"]["total"] == {"median": 20.0, "p95": 20.0}
    assert figures["kinds"] == {"extractive": 3, "generated": 1, "abstained": 2}
    assert (figures["questions"], figures["answerable"], figures["unanswerable"]) == (6, 4, 2)

    first, *_, last = evaluation.curve
    assert first == {
        "confidence": 0.9,
        "coverage": pytest.approx(1 / 6, abs=1e-3),
        "risk": pytest.approx(1 / 3, abs=1e-3),
        "answered": 0.25,
        "false_answers": 0.0,
    }
    assert (last["confidence"], last["answered"], last["false_answers"]) == (0.4, 1.0, 0.5)


def test_a_desk_that_never_answers_has_no_citations_to_judge(squad_file: Path) -> None:
    evaluation = measured(squad_file, {})
    figures = evaluation.figures
    assert (figures["f1"], figures["em"], figures["answered"], figures["false_answers"]) == (0.0, 0.0, 0.0, 0.0)
    assert figures["citation_precision"] is None
    assert figures["unsupported_sentences"] is None
    assert evaluation.curve == ()


def test_the_same_sentence_of_another_paragraph_is_no_right_citation(squad_file: Path) -> None:
    wrong = (1, "It crosses the harbour.", "1889", 0.9)
    assert measured(squad_file, {"When was the tower built?": wrong}).figures["citation_precision"] == 0.0


def test_gold_answers_are_found_where_white_space_has_changed() -> None:
    kept = "Sights\nThe tower was built in 1889. Gustave Eiffel led the work. It is 330 metres high.\n\n"
    text = GoldText(TOWER, kept)
    (place,) = text.sentences(GoldAnswer("Gustave Eiffel", TOWER.index("Gustave")))
    assert kept[slice(*place)] == "Gustave Eiffel led the work."
    over_two = GoldAnswer("1889.  Gustave", TOWER.index("1889"))
    assert [kept[slice(*place)] for place in text.sentences(over_two)] == [
        "The tower was built in 1889.",
        "Gustave Eiffel led the work.",
    ]
    assert text.sentences(GoldAnswer("London", None)) == []


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("The tower was built in 1889 by Eiffel's firm.", ()),
        ("It was built in 1890.", ("1890",)),
        ("It took two years.", ("two",)),
        ("It has 1,665 steps on 3 floors.", ()),
        ("The work was led by Gustave Flaubert.", ("Flaubert",)),
        ("Paris is proud of it.", ("Paris",)),
        ("Built early, it stands.", ()),
        ("I saw it.", ()),
    ],
)
def test_numbers_and_names_that_quotes_do_not_hold(sentence: str, missing: tuple[str, ...]) -> None:
    quotes = ["Gustave Eiffel’s tower, built in 1889, has 1665 steps.", "There are three floors. It took one year."]
    ordinary = ordinary_words(["In the town it rose.", "They built it."])
    assert unsupported(sentence, quotes, ordinary) == missing


@pytest.mark.slow
def test_an_evaluation_that_was_killed_goes_on_after_the_questions_it_has_asked(
    squad_file: Path, tmp_path: Path
) -> None:
    data, setup = load_squad(squad_file), {"data": "this file"}
    script = {"When was the tower built?": (0, "The tower was built in 1889.", "in 1889", 0.9)}

    class Killed(BaseException):
        """As far as the evaluation is concerned, the end of the process."""

    def evaluate(ends_at: int | None = None, *, resume: bool = False, **more: str) -> tuple[Evaluation, list[str]]:
        heard: list[str] = []
        with unfinished(tmp_path, setup | more, resume=resume) as asked, stored(texts_of(data)) as collection:

            def ask(question: str) -> Iterator[Event]:
                if len(heard) == ends_at:
                    raise Killed
                heard.append(question)
                return ScriptedDesk(collection, script).ask(question)

            return evaluate_answers(data, data.questions, collection, ask, quiet, asked), heard

    whole, every = evaluate()
    assert list((tmp_path / "evaluations").iterdir()) == []
    with pytest.raises(Killed):
        evaluate(ends_at=4)  # the first question is asked twice, to load what is loaded late
    (kept,) = (tmp_path / "evaluations").iterdir()
    kept.write_text(kept.read_text() + '{"id": "cut o')
    another, heard = evaluate(resume=True, model="another")
    assert (heard, another.figures) == (every, whole.figures)
    resumed, heard = evaluate(resume=True)
    assert heard == [every[0], *every[4:]]
    assert (resumed.figures, resumed.items, resumed.curve) == (whole.figures, whole.items, whole.curve)
