"""The embedded reader in int8 beside its float32 network, and a question from search to spans on all of MedQuAD.

In int8 it is used where the processor has VNNI, else in float32 by OpenVINO (decisions 14 and 20).
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.data import ingested, medquad_questions, unpack_medquad
from benchmarks.held_out import QuestionSet
from benchmarks.reranking import held_out_questions
from benchmarks.tables import table
from rag.components import open_reader
from rag.evaluation.qa import evaluate_qa
from rag.reader.embedded import FAST, load_fast
from rag.reader.int8 import ReaderGraph
from rag.reader.model import ExtractiveReader
from rag.reader.networks import OpenVinoNetwork, ReadingNetwork
from rag.reader.torch_network import TorchNetwork
from rag.reader.types import PassageText
from rag.reader.windows import PairTokenizer
from rag.settings.model import load_settings
from vectorstore.embedders.bert_graph import BertSize
from vectorstore.embedders.tensors import read_tensors
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING

_PASSAGES = 20
_INT8, _OPENVINO_FLOAT32, _FLOAT32 = "int8", "float32, OpenVINO", "float32"
_NAMES = {_INT8: "int8, OpenVINO", _OPENVINO_FLOAT32: _OPENVINO_FLOAT32, _FLOAT32: "float32, torch"}


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
        (
            question,
            [PassageText.of(passage.chunk) for passage in knowledge.search(question, EVERYTHING, limit=_PASSAGES)],
        )
        for question in drawn[:timed]
    ]
    knowledge.close()
    readers = _readers()
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(rounds):
        for name, one in readers.items():
            seconds[name].append(_seconds(partial(_read, one, jobs)))
    ratios = [slow / quick for slow, quick in zip(seconds[_FLOAT32], seconds[_INT8], strict=True)]
    return {
        "passages": _PASSAGES,
        "search_and_read_ms": _percentiles(latencies),
        "questions": questions,
        "questions_per_second": {name: round(timed / statistics.median(of_one), 2) for name, of_one in seconds.items()},
        "ratio": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)},
        "timed": timed,
        "rounds": rounds,
        "f1": {part.name: _f1(part, readers) for part in held_out_questions(data)},
    }


def section(result: Mapping[str, Any]) -> str:
    speed, ratio, latency = result["questions_per_second"], result["ratio"], result["search_and_read_ms"]
    rows = [(_NAMES[name], speed[name], *(f"{f1[name]:.3f}" for f1 in result["f1"].values())) for name in speed]
    rows.append(
        (
            "int8 to torch",
            f"{ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f})",
            *(f"{f1[_INT8] / f1[_FLOAT32]:.3f}" for f1 in result["f1"].values()),
        )
    )
    header = ("network", f"questions a second, {result['passages']} passages", *(f"F1 {name}" for name in result["f1"]))
    return f"""## The reader's speed

All read the same {result["passages"]} passages of MedQuAD for each of {result["timed"]} questions, in turn,
{result["rounds"]} rounds. F1 is that of SQuAD 2.0 on the held-out questions, with the shipped margin.

{table(header, rows)}

From the question to the spans in {result["passages"]} passages, with the search among all of MedQuAD,
{result["questions"]} questions: median {latency["p50"]} ms, 95 of 100 within {latency["p95"]} ms."""


def _readers() -> dict[str, ExtractiveReader]:
    model, network = load_fast()
    state = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    size = BertSize.of(network.config.to_dict())
    networks: dict[str, ReadingNetwork] = {
        _INT8: OpenVinoNetwork(ReaderGraph(size, state | read_tensors(FAST.weights)).model),
        _OPENVINO_FLOAT32: OpenVinoNetwork(ReaderGraph(size, state).model),
        _FLOAT32: TorchNetwork(network, torch.float32),
    }
    tokenizer = PairTokenizer.of_model(model.path)
    return {name: ExtractiveReader(name, tokenizer, one, FAST.no_answer_margin) for name, one in networks.items()}


def _search_and_read(knowledge: KnowledgeStore, reader: ExtractiveReader, question: str) -> None:
    passages = knowledge.search(question, EVERYTHING, limit=_PASSAGES)
    reader.read(question, [PassageText.of(passage.chunk) for passage in passages])


def _read(reader: ExtractiveReader, jobs: Sequence[tuple[str, list[PassageText]]]) -> None:
    for question, passages in jobs:
        reader.read(question, passages)


def _f1(part: QuestionSet, readers: Mapping[str, ExtractiveReader]) -> dict[str, float]:
    return {
        name: evaluate_qa(part.file, part.held_out, reader, lambda *_: None).figures["f1"]
        for name, reader in readers.items()
    }


def _seconds(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _percentiles(seconds: Sequence[float]) -> dict[str, int]:
    cuts = statistics.quantiles(seconds, n=20)
    return {"p50": round(1000 * cuts[9]), "p95": round(1000 * cuts[18])}
