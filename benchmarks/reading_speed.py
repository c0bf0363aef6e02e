"""The embedded reader in int8 beside its float32 network, and a question from search to spans on all of MedQuAD."""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from benchmarks.data import ingested, medquad_questions, unpack_medquad
from benchmarks.reranking import held_out_questions
from benchmarks.tables import table
from rag.desk import open_reader
from rag.evaluation.qa import evaluate_qa
from rag.reader.embedded import NO_ANSWER_MARGIN, load_embedded
from rag.reader.model import ExtractiveReader
from rag.reader.networks import TorchNetwork
from rag.settings import load_settings
from vectorstore.knowledge import KnowledgeBase

_PASSAGES = 20


def run(
    data: Path, work: Path, questions: int = 200, timed: int = 20, rounds: int = 5, seed: int = 3
) -> dict[str, Any]:
    """``questions`` of MedQuAD for the latency; ``timed`` of them, in turn by both networks, for their speed."""
    reader = open_reader(load_settings())
    folder = unpack_medquad(data, work / "medquad")
    knowledge = ingested(work / "home", [folder])
    drawn = random.Random(seed).sample([text for _, text in medquad_questions(folder)], questions + timed)
    for question in drawn[:timed]:  # the first questions of a start are slower
        _search_and_read(knowledge, reader, question)
    latencies = [_seconds(partial(_search_and_read, knowledge, reader, question)) for question in drawn[timed:]]
    jobs = [
        (question, [passage.chunk.text for passage in knowledge.search(question, limit=_PASSAGES)])
        for question in drawn[:timed]
    ]
    knowledge.close()
    plain = _float32_reader()
    ratios, quick, slow = [], [], []
    for _ in range(rounds):
        quick.append(_seconds(lambda: _read(reader, jobs)))
        slow.append(_seconds(lambda: _read(plain, jobs)))
        ratios.append(slow[-1] / quick[-1])
    return {
        "passages": _PASSAGES,
        "search_and_read_ms": _percentiles(latencies),
        "questions": questions,
        "questions_per_second": {
            "int8": round(timed / statistics.median(quick), 2),
            "float32": round(timed / statistics.median(slow), 2),
        },
        "ratio": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)},
        "timed": timed,
        "rounds": rounds,
        "f1": {part.name: _f1(part, reader, plain) for part in held_out_questions(data)},
    }


def section(result: Mapping[str, Any]) -> str:
    speed, ratio, latency = result["questions_per_second"], result["ratio"], result["search_and_read_ms"]
    rows = [
        ("int8, OpenVINO", speed["int8"], *(f"{f1['int8']:.3f}" for f1 in result["f1"].values())),
        ("float32, torch", speed["float32"], *(f"{f1['float32']:.3f}" for f1 in result["f1"].values())),
    ]
    rows.append(
        (
            "ratio",
            f"{ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f})",
            *(f"{f1['int8'] / f1['float32']:.3f}" for f1 in result["f1"].values()),
        )
    )
    header = ("network", f"questions a second, {result['passages']} passages", *(f"F1 {name}" for name in result["f1"]))
    return f"""## The reader's speed

Both networks read the same {result["passages"]} passages of MedQuAD for each of {result["timed"]} questions, in turn,
{result["rounds"]} rounds. F1 is that of SQuAD 2.0 on the held-out questions, with the shipped margin.

{table(header, rows)}

From the question to the spans in {result["passages"]} passages, with the search among all of MedQuAD,
{result["questions"]} questions: median {latency["p50"]} ms, 95 of 100 within {latency["p95"]} ms."""


def _float32_reader() -> ExtractiveReader:
    model, network = load_embedded()
    tokenizer = AutoTokenizer.from_pretrained(model.path, local_files_only=True)
    return ExtractiveReader("float32", tokenizer, TorchNetwork(network, torch.float32), NO_ANSWER_MARGIN)


def _search_and_read(knowledge: KnowledgeBase, reader: ExtractiveReader, question: str) -> None:
    reader.read(question, [passage.chunk.text for passage in knowledge.search(question, limit=_PASSAGES)])


def _read(reader: ExtractiveReader, jobs: Sequence[tuple[str, list[str]]]) -> None:
    for question, passages in jobs:
        reader.read(question, passages)


def _f1(part: Any, *readers: ExtractiveReader) -> dict[str, float]:
    found = [evaluate_qa(part.file, part.held_out, reader, lambda *_: None).figures["f1"] for reader in readers]
    return dict(zip(("int8", "float32"), found, strict=True))


def _seconds(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _percentiles(seconds: Sequence[float]) -> dict[str, int]:
    cuts = statistics.quantiles(seconds, n=20)
    return {"p50": round(1000 * cuts[9]), "p95": round(1000 * cuts[18])}
