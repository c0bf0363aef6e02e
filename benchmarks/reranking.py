"""How the passages of a question are put in order, and a sentence of them is chosen: fits the weights of
``rag.retrieval.reranking`` and shows what each signal there and in ``rag.answering.extractive`` is worth.

Six knowledge bases: encyclopedia paragraphs, product reviews, forum posts, long scientific articles, medical answers
without their question, and medical documents in sections (asked in other words than the headings', with only the right
section counting). Of the first four, only questions are asked that the embedded reader was not trained on.
"""

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.beir import medquad_answers
from benchmarks.data import ingested, unpack_medquad
from benchmarks.held_out import QuestionSet, load_question_sets
from benchmarks.sections import write_sections
from benchmarks.tables import table, with_interval
from benchmarks.tried_signals import TriedSignals, tried_signals
from rag.answering.selection import SentenceCandidate, ranked
from rag.calibration.fitting import Candidates, Table, fit_order
from rag.calibration.numbers import shipped_calibration
from rag.calibration.signals import PassageSignals
from rag.components import open_embedder, open_reader, worker_settings
from rag.evaluation.figures import intervals, mean
from rag.evaluation.squad import normalised
from rag.evaluation.temporary_collection import temporary_collection
from rag.evaluation.types import Item, Text
from rag.reader.types import Reader
from rag.retrieval.reranking import rerank
from rag.retrieval.variants import QueryVariant
from rag.settings.model import load_settings
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, Chunk

_PASSAGES = 20
_SIGNALS, _TRIED = ([field.name for field in fields(of)] for of in (PassageSignals, TriedSignals))
_COLUMNS = (*_SIGNALS, *_TRIED)
_FUSED, _SHIPPED = "dense and BM25, averaged", "as shipped"
# The split of the embedded reader's training; see rag/reader/embedded/reports.json.
_HELD_OUT, _SPLIT_SEED = 0.12, 0

_WAYS: dict[str, Sequence[str]] = {
    "dense alone": ("cosine",),
    "dense, heading not embedded": ("text",),
    "BM25 alone": ("bm25",),
    "reader alone": ("margin",),
    "dense and BM25, weighted": ("cosine", "bm25"),
    "weights by the query's length": ("cosine", "bm25", "cosine_terms", "bm25_terms"),
    "weights by the scores' lead": ("cosine", "bm25", "cosine_lead", "bm25_lead"),
    "heading as a lexical field": ("cosine", "bm25", "heading"),
    "with the passages around": ("cosine", "bm25", "around"),
    "with feedback": ("cosine", "bm25", "feedback"),
    "with the words of one sentence": ("cosine", "bm25", "words"),
    "with the reader": ("cosine", "bm25", "margin"),
    "with the aspect": ("cosine", "bm25", "aspect"),
    "with these": _SIGNALS,
    **{f"with these but not {name}": [other for other in _SIGNALS if other != name] for name in _SIGNALS},
    "with all that were tried": _COLUMNS,
}
_CALIBRATION = shipped_calibration()
_SELECTIONS = {"as shipped": _CALIBRATION.sentence_selection} | {
    f"without {field.name}": replace(_CALIBRATION.sentence_selection, **{field.name: 0.0})
    for field in fields(_CALIBRATION.sentence_selection)
}

IsRight = Callable[[Chunk], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: ``signals`` has the shape ``(passages, signals)``, ``fused`` and ``right`` a place a passage.

    ``quoted`` tells for each of ``_SELECTIONS`` whether the sentence is right: it holds the answer or, where none is
    known, is of the right passage.
    """

    text: str
    signals: Table
    fused: Table
    right: NDArray[np.bool_]
    quoted: Mapping[str, bool]


def run(data: Path, work: Path, questions: int = 150) -> dict[str, Any]:
    """Collect the signals and try them, alone and together; no question takes part in a fit that it judges."""
    asked = dict(_bases(data, work, questions))
    fitted = _fit(asked, _SIGNALS)
    return {
        "passages": _PASSAGES,
        "questions": {name: len(of_one) for name, of_one in asked.items()},
        "found": {name: round(float(np.mean([q.right.any() for q in of_one])), 4) for name, of_one in asked.items()},
        "ways": {way: {name: _hits(asked, name, way) for name in asked} for way in (_FUSED, *_WAYS, _SHIPPED)},
        "weights": {
            "shipped": dict(zip(_SIGNALS, astuple(_CALIBRATION.reranking), strict=True)),
            "fitted": dict(zip(_SIGNALS, np.round(fitted[: len(_SIGNALS)], 2).tolist(), strict=True)),
        },
        "quotes": {
            selection: {name: _share([q.quoted[selection] for q in of_one]) for name, of_one in asked.items()}
            for selection in _SELECTIONS
        },
    }


def section(result: Mapping[str, Any]) -> str:
    """Markdown for docs/benchmarks.md."""
    names = list(result["questions"])

    def rows_of(key: str) -> list[tuple[object, ...]]:
        return [
            (way, *(with_interval(of_one[name]["share"], of_one[name]["interval"]) for name in names))
            for way, of_one in result[key].items()
        ]

    rows = rows_of("ways")
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
other columns and on the half of its own column that it is not judged by. "These" are the signals that are shipped; the
others, which are not, are described in `benchmarks/tried_signals.py`.

{table(("order", *names), rows)}

{weights}

### The quoted sentence

The share of the same questions whose best sentence (decision 9) holds the answer or, in the last two columns, is of the
right document or section; with all signals, and with one of them taken away:

{table(("sentence", *names), rows_of("quotes"))}"""


def _bases(data: Path, work: Path, questions: int) -> Iterator[tuple[str, list[Asked]]]:
    settings = load_settings()
    embedder, reader = open_embedder(settings), open_reader(settings)
    draw = random.Random(7)

    def documents(texts: Sequence[Text], drawn: Sequence[tuple[str, str, Sequence[str]]]) -> list[Asked]:
        """Questions come with the id of their text and their answers, if known."""
        with temporary_collection(texts, embedder, worker_settings(settings, embedder), lambda *_: None) as collection:

            def is_of(right: str, chunk: Chunk) -> bool:
                return right in collection.ids[chunk.document]

            return [
                _ask(collection.knowledge, reader, question, partial(is_of, right), answers)
                for question, right, answers in drawn
            ]

    for part in held_out_questions(data):
        texts = [Text(str(n), paragraph.title, paragraph.text) for n, paragraph in enumerate(part.file.paragraphs)]
        answered = [
            (question.text, str(question.paragraph), [answer.text for answer in question.answers])
            for question in part.held_out
            if question.answers
        ]
        yield part.name, documents(texts, draw.sample(answered, min(questions, len(answered))))
    medquad = unpack_medquad(data, work / "medquad")
    answers, pairs = medquad_answers(medquad)
    first = draw.randrange(len(answers) - 1500)
    kept = answers[first : first + 1500]  # neighbours are about like things: harder than answers drawn at random
    ids = {text.id for text in kept}
    about_these = [(question, right, ()) for question, right in pairs if right in ids]
    yield "medquad answers", documents(kept, draw.sample(about_these, questions))
    with tempfile.TemporaryDirectory() as folder:
        asked = write_sections(medquad, Path(folder, "documents"), 800, questions, seed=7)
        knowledge = ingested(Path(folder, "home"), [Path(folder, "documents")])
        yield (
            "medquad sections",
            [_ask(knowledge, reader, question, partial(_is_under, right), ()) for question, right in asked],
        )
        knowledge.close()


def _is_under(headings: frozenset[str], chunk: Chunk) -> bool:
    return chunk.heading in headings


def held_out_questions(data: Path) -> list[QuestionSet]:
    """The files of the embedded reader's training, split as they were for it."""
    names = ("squad2-part-a", "squadshifts-amazon", "squadshifts-reddit", "covidqa")
    return load_question_sets([data / f"qa/{name}.json" for name in names], _HELD_OUT, _SPLIT_SEED)


def _ask(knowledge: KnowledgeStore, reader: Reader, question: str, is_right: IsRight, answers: Sequence[str]) -> Asked:
    with knowledge.view() as view:
        asked = QueryVariant(question).weighed(view, EVERYTHING)
        found = view.search(question, EVERYTHING, limit=_PASSAGES)
        scored = rerank([asked], found, reader, view.embedder, _CALIBRATION.reranking)
    tried = tried_signals(knowledge, asked, scored)
    return Asked(
        question,
        np.array([(*astuple(item.signals), *astuple(more)) for item, more in zip(scored, tried, strict=True)]),
        np.array([item.passage.score for item in scored]),
        np.array([is_right(item.chunk) for item in scored]),
        {name: _is_right(ranked(scored, of), is_right, answers) for name, of in _SELECTIONS.items()},
    )


def _is_right(candidates: Sequence[SentenceCandidate], is_right: IsRight, answers: Sequence[str]) -> bool:
    if not candidates:
        return False
    best = candidates[0]
    said = f" {normalised(best.text)} "
    return any(f" {normalised(answer)} " in said for answer in answers) if answers else is_right(best.passage.chunk)


def _hits(asked: Mapping[str, Sequence[Asked]], name: str, way: str) -> dict[str, Any]:
    own = asked[name]
    first = [False] * len(own)
    for half in (0, 1):
        weights = _weights_of(way, {**asked, name: own[1 - half :: 2]})
        for place in range(half, len(own), 2):
            scores = own[place].fused if weights is None else own[place].signals @ weights
            first[place] = bool(own[place].right[np.argmax(scores)])
    return _share(first)


def _weights_of(way: str, learned: Mapping[str, Sequence[Asked]]) -> Table | None:
    if way == _SHIPPED:
        return np.array([*astuple(_CALIBRATION.reranking), *(0.0 for _ in _TRIED)])
    return _fit(learned, _WAYS[way]) if way in _WAYS else None


def _share(found: Sequence[bool]) -> dict[str, Any]:
    return _mean(list(map(float, found)))


def _mean(values: Sequence[float]) -> dict[str, Any]:
    items = [Item(str(n), "", (), "", 1.0, {"found": one}) for n, one in enumerate(values)]
    return {"share": round(mean(items, "found") or 0.0, 4), "interval": intervals(items, ["found"])["found"]}


def _fit(asked: Mapping[str, Sequence[Asked]], signals: Sequence[str]) -> Table:
    """Weights of all signals, 0 for those not named, every knowledge base counting the same."""
    chosen = [_COLUMNS.index(name) for name in signals]
    groups = [[Candidates(one.signals[:, chosen], one.right) for one in of_one] for of_one in asked.values()]
    weights = np.zeros(len(_COLUMNS))
    weights[chosen] = fit_order(groups)
    return weights
