"""Refdesk and its peers on the questions of a SQuAD file: the same passages, the same models, one run."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from benchmarks.peers.environment import peers_python, reader_folders
from benchmarks.peers.systems import SYSTEMS
from benchmarks.peers.types import KEPT, SEARCHED
from benchmarks.reranking import held_out_questions
from benchmarks.tables import table, with_interval
from rag.calibration.numbers import load_calibration
from rag.components import build_flow, open_embedder, open_reader, retriever_on, worker_settings
from rag.embedding_selection import embedding_model
from rag.evaluation.answers import evaluate_answers, texts_of
from rag.evaluation.beir import BeirSet
from rag.evaluation.figures import intervals, latency, means, rounded
from rag.evaluation.items import sampled
from rag.evaluation.retrieval import evaluate_retrieval
from rag.evaluation.squad import SquadFile, SquadQuestion, exact_match, f1
from rag.evaluation.temporary_collection import TemporaryCollection, temporary_collection
from rag.evaluation.types import Item
from rag.reader.embedded import DEFAULT
from rag.settings.model import load_settings
from vectorstore.errors import RefdeskError
from vectorstore.models import resolve_model
from vectorstore.types import EVERYTHING, Chunk, embedding_input

ROOT = Path(__file__).parents[2]
FILE = Path("qa/squad2-part-a.json")
FIGURES = ("hits@1", "hits@5", "f1", "em", "answered", "false_answers")
_PACKAGES = ("langchain-core", "llama-index-core", "txtai", "haystack-ai")
_LONGEST_SECONDS = 1200
_QUIET = {"HAYSTACK_TELEMETRY_ENABLED": "False", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def run(data: Path, work: Path, questions: int = 200) -> dict[str, Any]:
    """Ask the same questions, which the reader has not learned from, of Refdesk and of every peer that can be had."""
    part = next(part for part in held_out_questions(data) if part.name == FILE.stem)
    squad = part.file
    asked = sampled(part.held_out, questions)
    settings = load_settings()
    embedder, reader = open_embedder(settings), open_reader(settings)
    worker = worker_settings(settings, embedder)
    with temporary_collection(texts_of(squad), embedder, worker, _silent) as collection:
        flow = build_flow(settings, collection.knowledge, reader, None)
        answered = evaluate_answers(squad, asked, collection, partial(flow.events, scope=EVERYTHING), _silent).items
        found = evaluate_retrieval(
            _judged(squad, asked),
            collection,
            retriever_on(settings),
            settings.reader.passages,
            reader,
            load_calibration(settings.home),
            _silent,
        ).items
        chunks = _chunks(collection)
        paragraphs = {str(chunk.id): collection.ids[chunk.document] for chunk in chunks}
    results: dict[str, Any] = {"Refdesk": _figures(_joined(answered, {item.id: item for item in found}))}
    reasons: dict[str, str] = {}
    versions = ""
    try:
        python = peers_python(work)
        versions = _versions(python)
        spans, relevance = reader_folders(work)
    except RefdeskError as error:
        reasons = dict.fromkeys(SYSTEMS, str(error))
    else:
        task = {
            "passages": [(str(chunk.id), embedding_input(chunk.heading, chunk.text)) for chunk in chunks],
            "questions": [question.text for question in asked],
            "warm_up": "What is Refdesk?",
            "models": {
                "embedding": str(resolve_model(embedding_model(settings)).path),
                "reader": str(spans),
                "reranker": str(relevance),
                "refdesk_reader": DEFAULT.name,
                "no_answer_margin": DEFAULT.no_answer_margin,
                "reranked": settings.reader.passages,
            },
        }
        for name in SYSTEMS:
            answers = _ask_peer(python, name, task)
            if isinstance(answers, str):
                reasons[name] = answers
                continue
            results[name] = _figures([scored(*pair, paragraphs) for pair in zip(asked, answers, strict=True)])
            failed = [answer["error"] for answer in answers if answer["error"]]
            results[name] |= {"failed": len(failed), "first_failure": failed[0] if failed else None}
    return {
        "file": str(FILE),
        "questions": len(asked),
        "unanswerable": sum(not question.answers for question in asked),
        "passages": len(chunks),
        "setup": _setup(settings.reader.passages),
        "versions": versions,
        "results": results,
        "not_measured": reasons,
    }


def section(result: Mapping[str, Any]) -> str:
    rows: list[tuple[object, ...]] = [
        (
            name,
            *(with_interval(of["figures"][figure], of["intervals"][figure]) for figure in FIGURES),
            f"{_f1_of_all(of['figures'], result['unanswerable'] / result['questions']):.2f}",
            round(of["latency_ms"]["median"]),
        )
        for name, of in result["results"].items()
    ]
    header = ("", "hits@1", "hits@5", "F1", "EM", "answered", "false answers", "F1 of all", "median, ms")
    notes = [
        f"{result['questions']} questions of {result['file']}, drawn by seed from the articles that the embedded "
        f"reader was not trained on, {result['unanswerable']} of them unanswerable, on {result['passages']} passages "
        "with their headings, all in one run; 95% bootstrap intervals. "
        "Hits, F1 and EM of the short answer, and the share that was answered are over the answerable questions; false "
        "answers are the share of unanswerable ones that got an answer; F1 of all counts silence there as 1.",
        *result["setup"],
        f"{result['versions']}.",
    ]
    notes += [
        f"{name}: {of['failed']} of {result['questions']} questions ended in an error ({of['first_failure']}) and "
        "count as not answered."
        for name, of in result["results"].items()
        if of.get("failed")
    ]
    notes += [f"{name} was not measured: {reason}" for name, reason in result["not_measured"].items()]
    return f"## Beside its peers\n\n{table(header, rows)}\n\n" + "\n\n".join(notes)


def _setup(reranked: int) -> list[str]:
    """How the systems are put together, in paragraphs; kept with what is measured."""
    return [
        "The passages, the embedding model and the reader are Refdesk's everywhere. For the peers the default reader "
        "is written as two folders of transformers: its spans as a model for question answering, its relevance as a "
        "cross-encoder, equal to the reader's own values but for rounding. Refdesk calculates the reader in int8 with "
        "OpenVINO where the processor multiplies these natively; the peers use torch, the cross-encoder in bfloat16 "
        "where the processor has it.",
        f"Plain: search by vectors returns {SEARCHED} passages. LangChain (FAISS) and LlamaIndex bring no extractive "
        "reader: behind their search Refdesk's own code reads them all, and the span's score says when there is no "
        f"answer. Haystack reads the {SEARCHED} with its own reader, and txtai the first three, joined, with its own "
        "(where the reader points at no answer, txtai raises an error, which counts as none). Else the defaults.",
        f"Best: BM25 and vectors find {reranked} passages each, joined to {reranked} (as many as Refdesk reads), which "
        f"the cross-encoder reranks; {KEPT} stay. LangChain: BM25Retriever (given lower-case words) and FAISS in an "
        "EnsembleRetriever, CrossEncoderReranker. LlamaIndex: BM25Retriever in a QueryFusionRetriever, "
        f"SentenceTransformerRerank. Behind both Refdesk's code reads the {KEPT}. txtai: hybrid search, Reranker with "
        "a Similarity that cross-encodes; it reads the first passage, if its score is at least 0.5. Haystack: BM25 and "
        "embedding retrievers, DocumentJoiner, SentenceTransformersSimilarityRanker; it reads those of the "
        f"{KEPT} whose score is above 0.5.",
    ]


def _f1_of_all(figures: Mapping[str, float], unanswerable: float) -> float:
    """F1 where silence is right for the share of questions that are ``unanswerable``."""
    return (1.0 - unanswerable) * figures["f1"] + unanswerable * (1.0 - figures["false_answers"])


def _silent(what: str, done: int, total: int) -> None:
    """Nobody watches."""


def _judged(squad: SquadFile, asked: Sequence[SquadQuestion]) -> BeirSet:
    answerable = [question for question in asked if question.answers]
    queries = {question.id: question.text for question in answerable}
    judgements = {question.id: {str(question.paragraph): 1.0} for question in answerable}
    return BeirSet(tuple(texts_of(squad)), queries, judgements)


def _chunks(collection: TemporaryCollection) -> list[Chunk]:
    with collection.knowledge.view() as view:
        documents = sorted(document.id for document in view.documents(EVERYTHING)[1])
        return [chunk for document in documents for chunk in view.chunks(document, EVERYTHING)]


def _ask_peer(python: Path, name: str, task: Mapping[str, Any]) -> list[dict[str, Any]] | str:
    """A peer's answers, or why there are none."""
    sys.stderr.write(f"  {name}\n")
    with tempfile.TemporaryDirectory() as folder:
        given, result = Path(folder, "task.json"), Path(folder, "result.json")
        given.write_text(json.dumps(task), encoding="utf-8")
        command = [str(python), "-m", "benchmarks.peers.worker", name, str(given), str(result)]
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=os.environ | _QUIET,
                capture_output=True,
                text=True,
                timeout=_LONGEST_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it took more than {_LONGEST_SECONDS // 60} minutes"
        if done.returncode:
            return (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        answers: list[dict[str, Any]] = json.loads(result.read_text(encoding="utf-8"))["answers"]
        return answers


def scored(question: SquadQuestion, answer: Mapping[str, Any], paragraphs: Mapping[str, Sequence[str]]) -> Item:
    """Scored as ``rag.evaluation`` scores Refdesk: documents rank by their best passage."""
    given = answer["answer"] or ""
    gold = tuple(gold.text for gold in question.answers)
    scores = {"false_answers": float(bool(given))}
    if gold:
        ranked = list(dict.fromkeys(tuple(paragraphs[passage]) for passage in answer["ids"]))
        hits = [str(question.paragraph) in document for document in ranked]
        scores = {f"hits@{depth}": float(any(hits[:depth])) for depth in (1, 5)}
        scores |= {"f1": f1(given, gold), "em": exact_match(given, gold), "answered": float(bool(given))}
    return Item(question.id, question.text, gold, given, 0.0, scores, latency_ms=answer["ms"])


def _joined(answered: Sequence[Item], found: Mapping[str, Item]) -> list[Item]:
    return [
        replace(item, scores={**item.scores, **(found[item.id].scores if item.id in found else {})})
        for item in answered
    ]


def _figures(items: Sequence[Item]) -> dict[str, Any]:
    return {
        "figures": rounded(means(items, FIGURES)),
        "intervals": intervals(items, FIGURES),
        "latency_ms": latency(item.latency_ms for item in items),
    }


def _versions(python: Path) -> str:
    folder = next(python.parents[1].glob("lib/python*/site-packages"))
    known = {found.metadata["Name"]: found.version for found in distributions(path=[str(folder), *sys.path])}
    return ", ".join(f"{name} {known[name]}" for name in _PACKAGES if name in known)
