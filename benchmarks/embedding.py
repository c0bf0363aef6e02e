"""Embedding beside a plain LlamaIndex ``IngestionPipeline`` on the same chunks, and where an ingestion's time goes."""

import functools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import torch
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import TextNode
from pydantic import PrivateAttr
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from benchmarks.beir import medquad_answers
from benchmarks.tables import table
from ingest.sources.mapping import presets
from ingest.worker.guard import ParseWorker
from rag.components import worker_settings
from rag.embedding_selection import embedding_model
from rag.settings.model import load_settings
from vectorstore.embedded import open_store
from vectorstore.embedders.backends import TorchBackend
from vectorstore.embedders.fastest import fastest, remembered
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.models import resolve_model
from vectorstore.store import KnowledgeStore
from vectorstore.types import FileState, Vectors, embedding_input

_FILES_A_TRANSACTION = 128


class PlainEmbedding(BaseEmbedding):
    """The model behind LlamaIndex's interface, in float32, as its own Hugging Face integration calls it."""

    _model: SentenceTransformer = PrivateAttr()

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__(model_name="all-MiniLM-L6-v2")
        self._model = model

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors = self._model.encode(texts, batch_size=self.embed_batch_size, normalize_embeddings=True)
        return [[float(value) for value in vector] for vector in vectors]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def against_llama_index(embedder: LocalEmbedder, texts: list[str], rounds: int) -> dict[str, Any]:
    """Tokens a second of both, and their ratio round by round, in turn."""
    plain = SentenceTransformer(str(_folder()), device="cpu", local_files_only=True)
    pipeline = IngestionPipeline(transformations=[PlainEmbedding(plain)], disable_cache=True)
    nodes = [TextNode(text=text) for text in texts]
    tokens = sum(_token_counts(embedder, texts))
    embedder.embed(texts[:64])
    pipeline.run(nodes=nodes[:64])
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(tokens / _seconds(lambda: embedder.embed(texts)))
        theirs.append(tokens / _seconds(lambda: pipeline.run(nodes=nodes)))
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return {
        "chunks": len(texts),
        "refdesk_tokens_per_second": _spread(ours, 0),
        "llama_index_tokens_per_second": _spread(theirs, 0),
        "ratio": _spread(ratios, 2),
        "rounds": rounds,
    }


def stages(folder: Path, home: Path, embedder: LocalEmbedder, files: int, rounds: int, seed: int) -> dict[str, Any]:
    """Seconds that each stage takes by itself for ``files`` of ``folder``, and the least that the arithmetic could."""
    paths = random.Random(seed).sample(sorted(folder.rglob("*.xml")), files)
    settings = worker_settings(load_settings(home), embedder)
    parsed = {}
    with ParseWorker(settings) as worker:
        worker.start()
        began = time.perf_counter()
        for path in paths:
            parsed[path] = worker.parse(path, presets())
        parsing = time.perf_counter() - began
    texts = [
        embedding_input(chunk.heading, document.text[chunk.start : chunk.end])
        for document in (one.document for one in parsed.values())
        for chunk in document.chunks
    ]
    counts = _token_counts(embedder, texts)
    tokenising = _seconds(lambda: _token_counts(embedder, texts))
    embedding = [_seconds(lambda: embedder.embed(texts)) for _ in range(rounds)]
    vectors = embedder.embed(texts)
    with tempfile.TemporaryDirectory() as other, closing(open_store(Path(other), embedder)) as knowledge:
        storing = _seconds(lambda: _store(knowledge, parsed, vectors))
    half = "bfloat16" in (backend(home) or "")
    return {
        "files": files,
        "chunks": len(texts),
        "tokens": sum(counts),
        "seconds": {
            "parsing, in a process of its own": round(parsing, 2),
            "tokenising": round(tokenising, 2),
            "the network's arithmetic": round(statistics.median(embedding) - tokenising, 2),
            "storing, word index and FAISS included": round(storing, 2),
        },
        "gigaflops": round(_operations(counts) / 1e9),
        "peak_gigaflops_per_second": round(_peak(torch.bfloat16 if half else torch.float32) / 1e9),
        "precision": "bfloat16" if half else "float32",
    }


def quality(data: Path, embedder: LocalEmbedder, documents: int, seed: int) -> dict[str, Any]:
    """nDCG@10 of MedQuAD's questions among ``documents`` of its answers, with our vectors and with float32's."""
    answers, asked = medquad_answers(data)
    drawn = random.Random(seed).sample(range(len(answers)), documents)
    place = {answers[number].id: row for row, number in enumerate(drawn)}
    texts = [embedding_input(answers[number].title, answers[number].text) for number in drawn]
    judged = [(question, place[document]) for question, document in asked if document in place]
    plain = TorchBackend(_folder(), "float32")
    found, made = {}, []
    for name, embed in (("refdesk", embedder.embed), ("float32", plain.embed)):
        made.append(embed(texts))
        found[name] = round(_ndcg(embed([question for question, _ in judged]), made[-1], [row for _, row in judged]), 4)
    cosines = (made[0] * made[1]).sum(1)
    return {
        "documents": documents,
        "questions": len(judged),
        "ndcg@10": found,
        "cosine": {"mean": round(float(cosines.mean()), 5), "least": round(float(cosines.min()), 5)},
    }


def one_question(embedder: LocalEmbedder, questions: Sequence[str]) -> dict[str, dict[str, float]]:
    """Milliseconds to embed one question, with our backend and with torch in both precisions, in turn."""
    ways: dict[str, Callable[[list[str]], Vectors]] = {
        "Refdesk": embedder.embed,
        "torch bfloat16": TorchBackend(_folder(), "bfloat16").embed,
        "torch float32": TorchBackend(_folder(), "float32").embed,
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for question in [*questions[:3], *questions]:
        for name, embed in ways.items():
            taken[name].append(1000 * _seconds(functools.partial(embed, [question])))
    return {name: _spread(milliseconds[3:], 1) for name, milliseconds in taken.items()}


def backend(home: Path) -> str | None:
    speeds = remembered(resolve_model(embedding_model(load_settings(home))), home)
    return fastest(speeds) if speeds else None


def tables(result: Mapping[str, Any]) -> str:
    """Of the parts above, which ``result`` holds by the names of their functions."""
    against, spent, same = result["against_llama_index"], result["stages"], result["quality"]
    beside = table(
        ("embedding the same chunks", "tokens a second"),
        [
            (f"Refdesk ({result['backend']})", _with_range(against["refdesk_tokens_per_second"])),
            ("LlamaIndex `IngestionPipeline`, float32", _with_range(against["llama_index_tokens_per_second"])),
            ("ratio", _with_range(against["ratio"])),
        ],
    )
    total = sum(spent["seconds"].values())
    rows: list[tuple[object, ...]] = [
        (name, f"{seconds:.1f}", f"{seconds / total:.0%}") for name, seconds in spent["seconds"].items()
    ]
    floor = spent["gigaflops"] / spent["peak_gigaflops_per_second"]
    times = table(("stage, each by itself", "seconds", "share"), rows)
    questions = table(
        ("embedding one question", "milliseconds"),
        [(name, _with_range(milliseconds)) for name, milliseconds in result["one_question"].items()],
    )
    return f"""{beside}

Side by side on {against["chunks"]:,} chunks drawn by seed, in turn, {against["rounds"]} rounds, one model; the
median, and the least and the most. nDCG@10 of {same["questions"]:,} questions among {same["documents"]:,} answers of
MedQuAD by their vectors alone: {same["ndcg@10"]["refdesk"]:.4f}, with float32's vectors
{same["ndcg@10"]["float32"]:.4f}; cosine of the two vectors of an answer {same["cosine"]["mean"]} on average,
{same["cosine"]["least"]} at least.

{times}

{spent["files"]:,} files, {spent["chunks"]:,} chunks, {spent["tokens"]:,} tokens. In an ingestion the first stage runs
beside the others. The network needs {spent["gigaflops"]:,} billion operations for these tokens, without any padding; a
large matrix product in {spent["precision"]} reaches {spent["peak_gigaflops_per_second"]:,} billion a second here, so
that the arithmetic's floor is {floor:.2f} s: the network takes
{spent["seconds"]["the network's arithmetic"] / floor:.1f} times that.

{questions}"""


def _ndcg(questions: Vectors, documents: Vectors, right: Sequence[int]) -> float:
    """Each question has one right document."""
    scores = questions @ documents.T
    own = scores[np.arange(len(right)), right][:, None]
    ranks = (scores > own).sum(1)
    return float(np.where(ranks < 10, 1 / np.log2(ranks + 2), 0).mean())


def _operations(counts: Sequence[int]) -> float:
    """Of MiniLM's six layers: for each token and layer 24 width^2 in the linear ones, 4 width x tokens in attention."""
    layers, width = 6, 384
    return float(sum(layers * (24 * width**2 * tokens + 4 * width * tokens**2) for tokens in counts))


def _peak(dtype: torch.dtype, size: int = 4096, rounds: int = 5) -> float:
    """Operations a second of a matrix product on all cores, the best of ``rounds``."""
    a, b = torch.randn(size, size).to(dtype), torch.randn(size, size).to(dtype)
    return 2 * size**3 / min(_seconds(lambda: a @ b) for _ in range(rounds))


def _store(knowledge: KnowledgeStore, parsed: Mapping[Path, Any], vectors: Vectors) -> None:
    first = 0
    files = list(parsed.items())
    for start in range(0, len(files), _FILES_A_TRANSACTION):
        with knowledge.change() as change:
            for path, one in files[start : start + _FILES_A_TRANSACTION]:
                document = one.document
                own = vectors[first : first + len(document.chunks)]
                first += len(document.chunks)
                content = change.add_content(one.sha256, "benchmark", document, own, knowledge.embedder.fingerprint)
                change.put_document("default", str(path), document.title, content, FileState(0, 0))
    knowledge.compact(force=True)


def _token_counts(embedder: LocalEmbedder, texts: list[str]) -> list[int]:
    tokenizer = Tokenizer.from_file(str(embedder.tokenizer_file))
    tokenizer.no_padding()
    tokenizer.enable_truncation(embedder.max_tokens)
    return [len(encoding.ids) for encoding in tokenizer.encode_batch_fast(texts)]


def _folder() -> Path:
    return resolve_model(embedding_model(load_settings())).path


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _spread(values: Sequence[float], digits: int) -> dict[str, float]:
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, digits or None) for name, value in found.items()}


def _with_range(spread: Mapping[str, float]) -> str:
    return f"{spread['median']:,} ({spread['min']:,} to {spread['max']:,})"
