"""How the passages of a question are put in order: fits the weights of ``rag.answering.evidence`` and shows what each
signal is worth.

Six knowledge bases: encyclopedia paragraphs, product reviews, forum posts, long scientific articles, medical answers
without their question, and medical documents in sections (asked in other words than the headings', with only the right
section counting). Of the first four, only questions are asked that the embedded reader was not trained on.
"""

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from benchmarks.beir import medquad_answers
from benchmarks.data import ingested, unpack_medquad
from benchmarks.sections import write_sections
from benchmarks.tables import table, with_interval
from rag.answering.evidence import RELEVANCE, PassageSignals, Wording, weigh
from rag.desk import open_embedder, open_reader, worker_settings
from rag.evaluation.figures import intervals, mean
from rag.evaluation.throwaway import throwaway_collection
from rag.evaluation.types import Item, Text
from rag.reader.types import Reader
from rag.retrieval.terms import terms_of
from rag.settings import load_settings
from rag.training.reader_data import QuestionSet, load_question_sets
from vectorstore.knowledge import KnowledgeBase
from vectorstore.types import Chunk

_PASSAGES = 20
_SIGNALS = tuple(field.name for field in fields(PassageSignals))
_FUSED, _SHIPPED = "dense and BM25, averaged", "as shipped"
_RIDGE = 0.01
# The split of the embedded reader's training; see rag/reader/embedded/report.json.
_HELD_OUT, _SPLIT_SEED = 0.12, 0

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: ``signals`` has the shape ``(passages, signals)``, ``fused`` and ``right`` a place a passage."""

    text: str
    signals: Table
    fused: Table
    right: NDArray[np.bool_]


def run(data: Path, work: Path, questions: int = 150) -> dict[str, Any]:
    """Collect the signals and try them, alone and together; every fit is on the other knowledge bases."""
    asked = dict(_bases(data, work, questions))
    fitted = _fit(asked, _SIGNALS)
    return {
        "passages": _PASSAGES,
        "questions": {name: len(of_one) for name, of_one in asked.items()},
        "found": {name: round(float(np.mean([q.right.any() for q in of_one])), 4) for name, of_one in asked.items()},
        "ways": {way: {name: _hits(asked, name, way) for name in asked} for way in (_FUSED, *_WAYS, _SHIPPED)},
        "weights": {
            "shipped": dict(zip(_SIGNALS, astuple(RELEVANCE), strict=True)),
            "fitted": dict(zip(_SIGNALS, np.round(fitted, 2).tolist(), strict=True)),
        },
    }


def section(result: Mapping[str, Any]) -> str:
    """Markdown for docs/benchmarks.md."""
    names = list(result["questions"])
    rows = [
        (way, *(with_interval(of_one[name]["hits@1"], of_one[name]["interval"]) for name in names))
        for way, of_one in result["ways"].items()
    ]
    rows.append((f"right one among the {result['passages']}", *(f"{result['found'][name]:.2f}" for name in names)))
    rows.append(("questions", *(result["questions"][name] for name in names)))
    weights = table(
        ("weights", *result["weights"]["shipped"]),
        [(name, *weights.values()) for name, weights in result["weights"].items()],
    )
    return f"""## Putting passages in order

The share of questions whose first passage is of the right document (in "medquad sections": of the right section, asked
for in other words than its heading's), with 95% bootstrap intervals. The search finds
{result["passages"]} passages, which are then put in order by a weighted sum of signals (decision 13). Apart from
"{_FUSED}" (what the search itself returns) and "{_SHIPPED}", the weights of each row are fitted on the questions of the
other columns. (What a section's heading tells, the aspect, can be learnt from "medquad sections" alone: see the row
"as shipped".)

{table(("order", *names), rows)}

{weights}"""


_WAYS: dict[str, tuple[str, ...]] = {
    "dense alone": ("cosine",),
    "BM25 alone": ("bm25",),
    "reader alone": ("margin",),
    "dense and BM25, weighted": ("cosine", "bm25"),
    "with the closest sentence": ("cosine", "bm25", "sentence"),
    "with the words of one sentence": ("cosine", "bm25", "words"),
    "with both": ("cosine", "bm25", "sentence", "words"),
    "with the reader": ("cosine", "bm25", "margin"),
    "with all these": ("cosine", "bm25", "sentence", "words", "margin"),
    "with the aspect too": _SIGNALS,
}


def _bases(data: Path, work: Path, questions: int) -> Iterator[tuple[str, list[Asked]]]:
    settings = load_settings()
    embedder, reader = open_embedder(settings), open_reader(settings)
    draw = random.Random(7)

    def documents(texts: Sequence[Text], pairs: Sequence[tuple[str, str]]) -> list[Asked]:
        """``pairs`` are questions with the id of their text."""
        with throwaway_collection(texts, embedder, worker_settings(settings, embedder), lambda *_: None) as collection:
            ids = collection.ids
            return [
                _ask(collection.knowledge, reader, question, lambda chunk, right=right: right in ids[chunk.document])
                for question, right in pairs
            ]

    for part in held_out_questions(data):
        texts = [Text(str(n), paragraph.title, paragraph.text) for n, paragraph in enumerate(part.file.paragraphs)]
        pairs = [(question.text, str(question.paragraph)) for question in part.held_out if question.answers]
        yield part.name, documents(texts, draw.sample(pairs, min(questions, len(pairs))))
    medquad = unpack_medquad(data, work / "medquad")
    answers, pairs = medquad_answers(medquad)
    first = draw.randrange(len(answers) - 1500)
    kept = answers[first : first + 1500]  # neighbours are about like things: harder than answers drawn at random
    ids = {text.id for text in kept}
    yield "medquad answers", documents(kept, draw.sample([pair for pair in pairs if pair[1] in ids], questions))
    with tempfile.TemporaryDirectory() as folder:
        asked = write_sections(medquad, Path(folder, "documents"), 800, questions, seed=7)
        knowledge = ingested(Path(folder, "home"), [Path(folder, "documents")])
        yield (
            "medquad sections",
            [
                _ask(knowledge, reader, question, lambda chunk, right=right: chunk.heading in right)
                for question, right in asked
            ],
        )
        knowledge.close()


def held_out_questions(data: Path) -> list[QuestionSet]:
    """The files of the embedded reader's training, split as they were for it."""
    names = ("squad2-part-a", "squadshifts-amazon", "squadshifts-reddit", "covidqa")
    return load_question_sets([data / f"qa/{name}.json" for name in names], _HELD_OUT, _SPLIT_SEED)


def _ask(knowledge: KnowledgeBase, reader: Reader, question: str, is_right: Callable[[Chunk], bool]) -> Asked:
    asked = Wording(question, terms_of(question, knowledge.frequencies, knowledge.count()))
    evidence = weigh([asked], knowledge.search(question, limit=_PASSAGES), reader, knowledge.embedder)
    return Asked(
        question,
        np.array([astuple(item.signals) for item in evidence]),
        np.array([item.passage.score for item in evidence]),
        np.array([is_right(item.chunk) for item in evidence]),
    )


def _hits(asked: dict[str, list[Asked]], name: str, way: str) -> dict[str, Any]:
    if way == _FUSED:
        first = [one.right[np.argmax(one.fused)] for one in asked[name]]
    else:
        others = {other: of_one for other, of_one in asked.items() if other != name}
        weights = np.array(astuple(RELEVANCE)) if way == _SHIPPED else _fit(others, _WAYS[way])
        first = [one.right[np.argmax(one.signals @ weights)] for one in asked[name]]
    items = [Item(str(n), "", (), "", 1.0, {"hits@1": float(hit)}) for n, hit in enumerate(first)]
    return {"hits@1": round(mean(items, "hits@1") or 0.0, 4), "interval": intervals(items, ["hits@1"])["hits@1"]}


def _fit(asked: dict[str, list[Asked]], signals: Sequence[str]) -> Table:
    """Weights of shape ``(signals,)``, 0 for those not named, under which the right passage is the likeliest.

    Listwise softmax loss (Cao et al., "Learning to Rank", ICML 2007), every knowledge base counting the same.
    """
    chosen = [_SIGNALS.index(name) for name in signals]
    learned = [(one, 1.0 / len(of_one)) for of_one in asked.values() for one in of_one if one.right.any()]
    shape = (len(learned), _PASSAGES)
    rows, right, there = np.zeros((*shape, len(chosen))), np.zeros(shape, bool), np.zeros(shape, bool)
    for number, (one, _) in enumerate(learned):
        passages = len(one.right)
        rows[number, :passages], right[number, :passages] = one.signals[:, chosen], one.right
        there[number, :passages] = True
    share = np.array([share for _, share in learned]) / len(asked)
    spread = rows[there].std(axis=0)
    spread[spread == 0.0] = 1.0  # a signal that is the same everywhere gets no weight

    def loss(weights: Table) -> float:
        scores = (rows / spread) @ weights
        everything = logsumexp(np.where(there, scores, -np.inf), axis=1)
        lost = everything - logsumexp(np.where(right, scores, -np.inf), axis=1)
        return float(share @ lost + _RIDGE * weights @ weights)

    weights = np.zeros(len(_SIGNALS))
    weights[chosen] = minimize(loss, np.zeros(len(chosen)), method="L-BFGS-B").x / spread
    return weights
