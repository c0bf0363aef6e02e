"""Questions within letters: does what people write around a question keep the desk from answering it, or make it answer
what the documents do not say?

The same questions, alone and with a story around them (``letters.json``), to medical answers and to encyclopedia
articles. In one kind of letter only the story names the subject. Each letter is asked as it was typed and as the desk
asks it (decision 27).
"""

import json
import random
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from benchmarks.data import ingested, medquad_questions, unpack_medquad, write_squad_articles
from benchmarks.reranking import held_out_questions
from benchmarks.tables import table, with_interval
from rag.answering.decision import decide
from rag.calibration.numbers import shipped_calibration
from rag.components import open_reader, retriever_on
from rag.evaluation.figures import intervals, means
from rag.evaluation.types import Item
from rag.query.understanding import query_of
from rag.reader.model import ExtractiveReader
from rag.retrieval.hybrid import HybridRetriever, retrieve_variants
from rag.retrieval.reranking import rerank
from rag.retrieval.variants import QueryVariant
from rag.settings.model import Settings, load_settings
from vectorstore.types import EVERYTHING

LETTERS = Path(__file__).with_name("letters.json")
_TYPED, _DESK = "as typed", "as the desk asks"
_ALONE, _AROUND, _BEFORE = "the question alone", "a story around it", "the subject in the story"
_FIGURES = ("answered", "right_document", "answered_falsely")


@dataclass(frozen=True, slots=True)
class _Asked:
    """``document`` is the file that answers, None for none; ``subject`` is what ``question`` is about."""

    question: str
    document: Path | None
    subject: str = ""


def run(data: Path, work: Path, questions: int = 80, seed: int = 13) -> dict[str, Any]:
    """Ask ``questions`` that each knowledge base holds and as many that it does not, in every form."""
    draw = random.Random(seed)
    settings = load_settings()
    reader = open_reader(settings)
    tables: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, documents, asked in (
            ("medical answers", *_medical(data, work, questions, draw)),
            ("encyclopedia", *_encyclopedia(data, Path(folder) / "articles", questions, draw)),
        ):
            knowledge = ingested(Path(folder) / f"home-{len(tables)}", documents)
            forms = _forms(asked, draw)
            with knowledge.view() as view:
                retriever = retriever_on(settings)(view)
                tables[name] = {
                    form: {
                        way: _figures(
                            [
                                _item(way, message, one.document, retriever, reader, settings)
                                for message, one in messages
                            ]
                        )
                        for way in (_TYPED, _DESK)
                    }
                    for form, messages in forms.items()
                }
            knowledge.close()
    return {"questions": questions, "tables": tables}


def section(result: Mapping[str, Any]) -> str:
    """Markdown for docs/benchmarks.md."""
    rows = [
        (name, form, way, *(_cell(of, figure) for figure in _FIGURES))
        for name, forms in result["tables"].items()
        for form, ways in forms.items()
        for way, of in ways.items()
    ]
    return f"""## Questions within letters

{result["questions"]} questions that the documents answer and as many that they do not (diseases that were left out;
adversarial questions), alone and in letters (`benchmarks/letters.json`). "As typed" takes the whole message as the
question; the desk takes out what is asked and adds what it is about (decision 27). With 95% bootstrap intervals.

{table(("documents", "form", "asked", *(name.replace("_", " ") for name in _FIGURES)), rows)}"""


def _medical(data: Path, work: Path, n: int, draw: random.Random) -> tuple[list[Path], list[_Asked]]:
    everything = medquad_questions(unpack_medquad(data, work / "medquad"))
    files = sorted({path for path, _ in everything})
    draw.shuffle(files)
    kept, left_out = files[:600], set(files[600:3000])
    known = set(kept)

    def drawn(among: set[Path]) -> list[_Asked]:
        named = [
            (path, text, subject)
            for path, text in everything
            if path in among and (subject := _subject(path)).lower() in text.lower()
        ]
        return [_Asked(text, path if path in known else None, subject) for path, text, subject in draw.sample(named, n)]

    return sorted(kept), drawn(known) + drawn(left_out)


def _subject(path: Path) -> str:
    return " ".join((etree.parse(path).getroot().findtext("Focus") or "no subject").split())


def _encyclopedia(data: Path, folder: Path, n: int, draw: random.Random) -> tuple[list[Path], list[_Asked]]:
    part = next(part for part in held_out_questions(data) if part.name == "squad2-part-a")
    write_squad_articles(data / "qa/squad2-part-a.json", folder)
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}

    def holding(context: str) -> Path:
        start = " ".join(context.split())
        return next(path for path, text in texts.items() if start in text)

    asked = []
    for answerable in (True, False):
        fitting = [question for question in part.held_out if bool(question.answers) == answerable]
        asked += [
            _Asked(one.text, holding(part.context(one)) if answerable else None) for one in draw.sample(fitting, n)
        ]
    return [folder], asked


def _forms(asked: Sequence[_Asked], draw: random.Random) -> dict[str, list[tuple[str, _Asked]]]:
    texts = json.loads(LETTERS.read_text(encoding="utf-8"))
    forms = {
        _ALONE: [(one.question, one) for one in asked],
        _AROUND: [(draw.choice(texts["around"]).format("", one.question), one) for one in asked],
    }
    if all(one.subject for one in asked):
        forms[_BEFORE] = [
            (draw.choice(texts["before"]).format(one.subject, _without_subject(one)), one) for one in asked
        ]
    return forms


def _without_subject(asked: _Asked) -> str:
    return re.sub(rf"{re.escape(asked.subject)}\s*", "it ", asked.question, flags=re.IGNORECASE).replace(" ?", "?")


def _item(
    way: str,
    message: str,
    document: Path | None,
    retriever: HybridRetriever,
    reader: ExtractiveReader,
    settings: Settings,
) -> Item:
    view, calibration = retriever.view, shipped_calibration()
    variants = [QueryVariant(message)]
    if way == _DESK:
        variants = list(query_of(message, (), view, retriever, EVERYTHING).variants)
    _, passages = retrieve_variants(retriever, variants, EVERYTHING, settings.reader.passages)
    asked = [variant.weighed(view, EVERYTHING) for variant in variants]
    decision = decide(rerank(asked, passages, reader, view.embedder, calibration.reranking), asked, calibration)
    answered = decision.answer(settings.answering.caution) is not None
    scores = (
        {"answered": float(answered), "right_document": float(Path(decision.source.chunk.path) == document)}
        if document
        else {"answered_falsely": float(answered)}
    )
    return Item("", message, (), decision.best.text if decision.best else "", 0.0, scores)


def _figures(items: Sequence[Item]) -> dict[str, Any]:
    return {"figures": means(items, _FIGURES), "intervals": intervals(items, _FIGURES)}


def _cell(of: Mapping[str, Any], figure: str) -> str:
    return with_interval(of["figures"][figure], of["intervals"][figure])
