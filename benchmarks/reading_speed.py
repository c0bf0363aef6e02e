"""The embedded readers beside each other and in float32, and a question from search to reading on all of MedQuAD.

In int8 they are used where the processor has VNNI (decisions 14, 20 and 43).
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.data import ingested, medquad_questions, unpack_medquad
from benchmarks.held_out import QuestionSet
from benchmarks.reranking import held_out_questions
from benchmarks.tables import table
from rag.components import open_reader
from rag.evaluation.qa import evaluate_qa
from rag.reader.embedded import FAST, MULTILINGUAL, over_base
from rag.reader.int8 import ReaderGraph, dequantize
from rag.reader.model import ExtractiveReader, MultilingualReader, load_reader
from rag.reader.networks import OpenVinoNetwork
from rag.reader.types import PassageText
from rag.settings.model import load_settings
from vectorstore.embedders.bert_graph import BertSize
from vectorstore.embedders.packed import PackedModel
from vectorstore.embedders.tensors import read_tensors
from vectorstore.models import packaged_model
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING

_PASSAGES = 20
_FLOAT32 = f"{MULTILINGUAL.name}, in float32"


def run(
    data: Path, work: Path, questions: int = 200, timed: int = 20, rounds: int = 5, seed: int = 3
) -> dict[str, Any]:
    """``questions`` of MedQuAD for the latency; ``timed`` of them, in turn by all readers, for their speed."""
    folder = unpack_medquad(data, work / "medquad")
    reader = open_reader(load_settings())
    knowledge = ingested(work / "home", [folder])
    drawn = random.Random(seed).sample([text for _, text in medquad_questions(folder)], questions + timed)
    for question in drawn[:timed]:  # the first questions of a start are slower
        _search_and_read(knowledge, reader, question)
    latencies = [_seconds(partial(_search_and_read, knowledge, reader, question)) for question in drawn[timed:]]
    jobs = [(question, _found(knowledge, question)) for question in drawn[:timed]]
    knowledge.close()
    readers = _readers()
    wall: dict[str, list[float]] = {name: [] for name in readers}
    processor: dict[str, list[float]] = {name: [] for name in readers}
    for number in range(rounds + 1):
        for name, one in readers.items():
            for question, passages in jobs:
                began, before = time.perf_counter(), time.process_time()
                one.read(question, passages)
                if number:  # the first round is slower
                    wall[name].append(time.perf_counter() - began)
                    processor[name].append(time.process_time() - before)
    return {
        "passages": _PASSAGES,
        "search_and_read_ms": _percentiles(latencies),
        "questions": questions,
        "processor_ms": {name: round(1000 * statistics.median(of_one)) for name, of_one in processor.items()},
        "wall_ms": {name: _percentiles(of_one) for name, of_one in wall.items()},
        "timed": timed,
        "rounds": rounds,
        "f1": {part.name: _f1(part, readers) for part in held_out_questions(data)},
    }


def section(result: Mapping[str, Any]) -> str:
    rows = [
        (
            name,
            milliseconds,
            f"{result['wall_ms'][name]['p50']} ({result['wall_ms'][name]['p95']})",
            *(f"{f1[name]:.3f}" for f1 in result["f1"].values()),
        )
        for name, milliseconds in result["processor_ms"].items()
    ]
    header = ("reader", "processor, ms", "passed, ms (95 of 100)", *(f"F1 {name}" for name in result["f1"]))
    latency = result["search_and_read_ms"]
    return f"""## The readers' speed

All read the same {result["passages"]} passages of MedQuAD for each of {result["timed"]} questions, in turn,
{result["rounds"]} rounds. F1 is that of SQuAD 2.0 on the held-out questions, with the shipped margin.

{table(header, rows)}

From the question to what is read in {result["passages"]} passages, with the search among all of MedQuAD,
{result["questions"]} questions: median {latency["p50"]} ms, 95 of 100 within {latency["p95"]} ms."""


def _readers() -> dict[str, ExtractiveReader]:
    packed = PackedModel(packaged_model(MULTILINGUAL.base))
    floats = dequantize(over_base(packed, read_tensors(MULTILINGUAL.weights)))
    graph = ReaderGraph(BertSize.of(packed.config), floats, given_words=True)
    network = OpenVinoNetwork(graph.model, packed.words)
    return {
        MULTILINGUAL.name: load_reader(MULTILINGUAL.name),
        _FLOAT32: MultilingualReader(_FLOAT32, packed.tokenizer(), network, MULTILINGUAL.no_answer_margin),
        FAST.name: load_reader(FAST.name),
    }


def _search_and_read(knowledge: KnowledgeStore, reader: ExtractiveReader, question: str) -> None:
    reader.read(question, _found(knowledge, question))


def _found(knowledge: KnowledgeStore, question: str) -> list[PassageText]:
    return [PassageText.of(passage.chunk) for passage in knowledge.search(question, EVERYTHING, limit=_PASSAGES)]


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
    return {"p50": round(1000 * statistics.median(seconds)), "p95": round(1000 * cuts[-1])}
