"""How the desk decides that the documents do not say: fits and tests the weights of ``rag.answering.answerability``,
and shows what the setting ``answering.caution`` trades.

Four knowledge bases (encyclopedia articles, forum posts, long scientific articles, medical answers), each asked what it
holds and what it does not: adversarial questions about the same paragraphs, questions on diseases that were left out,
questions of another field. None of them was used to train the embedded reader. One half fits the weights that judge the
other half.
"""

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.data import ingested, medquad_questions, unpack_medquad, write_squad_articles
from benchmarks.reranking import held_out_questions
from benchmarks.tables import table
from rag.answering.decision import decide
from rag.calibration.fitting import fit_answerability
from rag.calibration.numbers import shipped_calibration
from rag.calibration.scoring import LogisticModel
from rag.calibration.signals import AnswerabilitySignals
from rag.components import open_reader
from rag.evaluation.squad import f1
from rag.reader.model import ExtractiveReader
from rag.retrieval.reranking import rerank
from rag.retrieval.variants import QueryVariant
from rag.settings.model import load_settings
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING

PLOT = Path(__file__).parents[1] / "docs/images/risk-coverage.svg"
_CAUTION = (0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
_LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9)

Asked = tuple[str, bool, str, tuple[str, ...]]
"""Kind of question, whether the documents answer it, the question, and its answers where they are known."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question's signals. ``quality`` is the F1 of the desk's short answer, ``reader_quality`` that of the reader's
    best span anywhere, None where no short answer is known; ``margin`` is that span's.
    """

    kind: str
    answerable: bool
    signals: AnswerabilitySignals
    quality: float | None
    margin: float
    reader_quality: float | None


def run(data: Path, work: Path, questions: int = 120, seed: int = 7) -> dict[str, Any]:
    """Collect the cases, judge each with weights that were fitted on the others, and draw the curve."""
    cases = _cases(data, work, questions, seed)
    random.Random(seed).shuffle(cases)
    halves = cases[::2], cases[1::2]
    judged = [
        (case, model.probability(case.signals))
        for half, other in (halves, halves[::-1])
        for model in [_fit(other)]
        for case in half
    ]
    answerable = [case.answerable for case, _ in judged]
    desk = [(probability, case.quality, case.kind) for case, probability in judged]
    reader = [(case.margin, case.reader_quality, case.kind) for case, _ in judged]
    _draw(desk, reader, answerable)
    return {
        "cases": len(cases),
        "auc": {
            "the desk": round(float(roc_auc_score(answerable, [sure for sure, *_ in desk])), 3),
            "the reader alone": round(float(roc_auc_score(answerable, [sure for sure, *_ in reader])), 3),
        },
        "caution": {str(level): _answered(judged, level) for level in _CAUTION},
        "equal_f1": _at_equal_f1(desk, reader, answerable),
        "weights": {
            "shipped": _weights(shipped_calibration().answerability),
            "fitted": _weights(_fit(cases)),
        },
    }


def section(result: Mapping[str, Any]) -> str:
    """Markdown for docs/benchmarks.md."""
    kinds = list(next(iter(result["caution"].values())))
    caution = table(
        ("`answering.caution`", *kinds),
        [(level, *(f"{shares[kind]:.2f}" for kind in kinds)) for level, shares in result["caution"].items()],
    )
    equal = table(
        ("F1 on answerable questions", "false answers of the desk", "of the reader alone", "ratio"),
        [
            (f"{row['f1']:.2f}", f"{row['desk']:.2f}", f"{row['reader']:.2f}", f"{row['desk'] / row['reader']:.2f}")
            for row in result["equal_f1"]
            if row["reader"]
        ],
    )
    weights = table(
        ("weights", *result["weights"]["shipped"]),
        [(name, *weights.values()) for name, weights in result["weights"].items()],
    )
    auc = result["auc"]
    return f"""## Saying that the documents do not say

The desk answers where the probability that the documents hold the answer reaches the setting `answering.caution`.
Shares of questions that are answered, of {result["cases"]} questions to four knowledge bases; those "not held: ..."
have no answer in the documents, so an answer to them is false:

{caution}

Beside the reader alone, which answers with its best span where its margin is large enough, at equal F1 of the short
answers to answerable questions:

{equal}

![False answers against answered questions, for the desk and for the reader alone](images/{PLOT.name})

Area under the ROC curve: the desk {auc["the desk"]}, the reader alone {auc["the reader alone"]}.

{weights}"""


def _cases(data: Path, work: Path, questions: int, seed: int) -> list[Case]:
    reader = open_reader(load_settings())
    cases: list[Case] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, documents, asked in _sets(data, work, Path(folder), questions, seed):
            knowledge = ingested(Path(folder) / f"home-{name}", documents)
            cases += [_case(knowledge, reader, *question) for question in asked]
            knowledge.close()
    return cases


def _sets(data: Path, work: Path, folder: Path, n: int, seed: int) -> Iterator[tuple[str, list[Path], list[Asked]]]:
    draw = random.Random(seed)
    held_out = {part.name: part.held_out for part in held_out_questions(data)}

    def drawn(name: str, count: int, answerable: bool, kind: str, here: bool = True) -> list[Asked]:
        fitting = [question for question in held_out[name] if bool(question.answers) == answerable]
        return [
            (kind, answerable and here, q.text, tuple(answer.text for answer in q.answers) if here else ())
            for q in draw.sample(fitting, min(count, len(fitting)))
        ]

    off_topic = "not held: off topic"
    for name, kind, other in (
        ("squad2-part-a", "encyclopedia", "squadshifts-amazon"),
        ("squadshifts-reddit", "forum posts", "squad2-part-a"),
        ("covidqa", "scientific articles", "squad2-part-a"),
    ):
        asked = drawn(name, n, True, kind) + drawn(other, n // 3, True, off_topic, here=False)
        if name == "squad2-part-a":
            asked += drawn(name, n, False, "not held: adversarial")
        yield name, [write_squad_articles(data / f"qa/{name}.json", folder / name)], asked

    everything = medquad_questions(unpack_medquad(data, work / "medquad"))
    files = sorted({path for path, _ in everything})
    draw.shuffle(files)
    kept, left_out = set(files[:600]), set(files[600:3000])
    asked = [("medical", True, text, ()) for text in draw.sample([t for path, t in everything if path in kept], n)]
    missing = draw.sample([text for path, text in everything if path in left_out], n)
    asked += [("not held: disease left out", False, text, ()) for text in missing]
    yield "medquad", sorted(kept), asked + drawn("squadshifts-amazon", n // 3, True, off_topic, here=False)


def _case(
    knowledge: KnowledgeStore,
    reader: ExtractiveReader,
    kind: str,
    answerable: bool,
    question: str,
    answers: tuple[str, ...],
) -> Case:
    calibration = shipped_calibration()
    with knowledge.view() as view:
        asked = [QueryVariant(question).weighed(view, EVERYTHING)]
        scored = rerank(asked, view.search(question, EVERYTHING), reader, view.embedder, calibration.reranking)
    decision = decide(scored, asked, calibration)
    short = (decision.best.short_answer if decision.best else None) or ""
    surest = max(scored, key=lambda passage: passage.margin)
    span = surest.chunk.text[surest.spans[0].start : surest.spans[0].end] if surest.spans else ""
    return Case(
        kind,
        answerable,
        decision.signals,
        f1(short, answers) if answers and short else 0.0 if answers else None,
        surest.spans[0].margin if surest.spans else surest.margin,
        f1(span, answers) if answers and span else 0.0 if answers else None,
    )


def _weights(model: LogisticModel[AnswerabilitySignals]) -> dict[str, float]:
    return {"intercept": round(model.intercept, 2)} | {
        name: round(weight, 2) for name, weight in asdict(model.weights).items()
    }


def _fit(cases: Sequence[Case]) -> LogisticModel[AnswerabilitySignals]:
    return fit_answerability([case.signals for case in cases], [case.answerable for case in cases])


def _answered(judged: Sequence[tuple[Case, float]], level: float) -> dict[str, float]:
    kinds: defaultdict[str, list[bool]] = defaultdict(list)
    for case, probability in judged:
        kinds[case.kind].append(probability >= level)
    return {kind: round(float(np.mean(yes)), 3) for kind, yes in sorted(kinds.items())}


Sure = Sequence[tuple[float, float | None, str]]
"""For each question how sure the answer is, how good, and the kind of question."""


def _curve(sure: Sure, answerable: Sequence[bool]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """F1 on the answerable questions with a known short answer, and the share of false answers on all others, when the
    surest are answered, from none to all; each of shape ``(questions,)``."""
    order = sorted(range(len(sure)), key=lambda i: -sure[i][0])
    known = sum(quality is not None for _, quality, _ in sure)
    good = np.cumsum([sure[i][1] or 0.0 for i in order]) / known
    false = np.cumsum([not answerable[i] for i in order]) / (len(answerable) - sum(answerable))
    return good, false


def _at_equal_f1(desk: Sure, reader: Sure, answerable: Sequence[bool]) -> list[dict[str, float]]:
    curves = _curve(desk, answerable), _curve(reader, answerable)
    best = min(float(good[-1]) for good, _ in curves)

    def false_at(good: NDArray[np.float64], false: NDArray[np.float64], level: float) -> float:
        return round(float(false[np.argmax(good >= level)]), 3)

    return [
        {
            "f1": round(share * best, 3),
            "desk": false_at(*curves[0], share * best),
            "reader": false_at(*curves[1], share * best),
        }
        for share in _LEVELS
    ]


def _draw(desk: Sure, reader: Sure, answerable: Sequence[bool]) -> None:
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for name, sure, color in (("the desk", desk, "#1f5f8b"), ("the reader alone", reader, "#b3541e")):
        good, false = _curve(sure, answerable)
        axes.plot(good, false, label=name, color=color)
    axes.set(xlabel="F1 on answerable questions", ylabel="unanswerable questions answered", ylim=(0.0, 1.0))
    axes.grid(alpha=0.3)
    axes.legend()
    with rc_context({"svg.hashsalt": "refdesk"}):
        figure.savefig(PLOT, metadata={"Date": None, "Creator": None})
