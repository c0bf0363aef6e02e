"""Ingesting all of MedQuAD, and its embedding beside a plain LlamaIndex ``IngestionPipeline`` on the same chunks."""

import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import TextNode
from pydantic import PrivateAttr
from sentence_transformers import SentenceTransformer

from benchmarks.data import unpack_medquad
from rag.embedding import open_embedder
from rag.settings import load_settings
from vectorstore import library
from vectorstore.embedding import SentenceTransformerEmbedder
from vectorstore.knowledge import KnowledgeBase
from vectorstore.models import resolve_model
from vectorstore.types import embedding_input


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


def run(data: Path, work: Path, rounds: int = 3, sampled: int = 1500, seed: int = 7) -> dict[str, Any]:
    """Ingest everything, again unchanged, then embed ``sampled`` of its chunks both ways in turn, ``rounds`` times.

    The knowledge base stays in ``work / "home"`` for the measurements after it.
    """
    home = work / "home"
    shutil.rmtree(home, ignore_errors=True)
    folder = unpack_medquad(data, work / "medquad")
    first, again = _ingest(folder, home), _ingest(folder, home)
    state = library.status(home)
    embedder = open_embedder(load_settings(home))
    knowledge = KnowledgeBase(home, embedder)
    texts = _texts(knowledge, sampled, seed)
    knowledge.close()
    return {
        **first.summary,
        **{name: state[name] for name in ("documents", "contents", "units", "chunks")},
        "minutes": round(first.seconds / 60, 2),
        "chunks_per_second": round(int(str(state["chunks"])) / first.seconds, 1),
        "unchanged_again_seconds": round(again.seconds, 2),
        "peak_memory_mb": max(first.peak_mb, again.peak_mb),
        "stored_mb": round(sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / 1e6),
        "against_llama_index": _compare(embedder, texts, rounds),
    }


@dataclass(frozen=True)
class _Run:
    summary: dict[str, Any]
    seconds: float
    peak_mb: int


def _ingest(folder: Path, home: Path) -> _Run:
    """``refdesk ingest`` as a person calls it. Its peak memory is that of its largest process."""
    refdesk = Path(sys.executable).with_name("refdesk")
    command: list[str | Path] = [refdesk, "ingest", folder, "--home", home, "--json"]
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.perf_counter() - began
    scale = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * scale
    return _Run(json.loads(done.stdout)["summary"], seconds, round(peak / 1e6))


def _compare(embedder: SentenceTransformerEmbedder, texts: list[str], rounds: int) -> dict[str, Any]:
    """Chunks a second of both, and their ratio round by round, in alternating order."""
    path = resolve_model(load_settings().embedding.model).path
    plain = SentenceTransformer(str(path), device="cpu", local_files_only=True)
    pipeline = IngestionPipeline(transformations=[PlainEmbedding(plain)])
    nodes = [TextNode(text=text) for text in texts]
    tokens = sum(len(ids) for ids in plain.tokenizer(texts, truncation=True, max_length=256)["input_ids"])
    embedder.embed(texts[:64])
    pipeline.run(nodes=nodes[:64])
    ours, theirs = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        embedder.embed(texts)
        ours.append(tokens / (time.perf_counter() - began))
        pipeline.disable_cache = True
        began = time.perf_counter()
        pipeline.run(nodes=nodes)
        theirs.append(tokens / (time.perf_counter() - began))
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return {
        "chunks": len(texts),
        "refdesk_tokens_per_second": round(statistics.median(ours)),
        "llama_index_tokens_per_second": round(statistics.median(theirs)),
        "ratio_median": round(statistics.median(ratios), 2),
        "ratio_min": round(min(ratios), 2),
        "ratio_max": round(max(ratios), 2),
        "rounds": rounds,
    }


def _texts(knowledge: KnowledgeBase, n: int, seed: int) -> list[str]:
    with knowledge.database.read() as connection:
        rows: list[Any] = connection.execute("SELECT heading, body FROM chunk_texts ORDER BY id").fetchall()
    return [embedding_input(*row) for row in random.Random(seed).sample(rows, min(n, len(rows)))]
