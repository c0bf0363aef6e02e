"""Ingesting all of MedQuAD, and its embedding beside a plain LlamaIndex ``IngestionPipeline`` on the same chunks."""

import json
import random
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import embedding
from benchmarks.data import medquad_questions, unpack_medquad
from rag.components import open_embedder
from rag.settings.model import load_settings
from vectorstore import library
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, embedding_input


def run(
    data: Path, work: Path, rounds: int = 3, sampled: int = 1500, files: int = 400, seed: int = 7
) -> dict[str, Any]:
    """Ingest everything, again unchanged, then embed ``sampled`` of its chunks both ways in turn, ``rounds`` times.

    The knowledge base stays in ``work / "home"`` for the measurements after it.
    """
    home = work / "home"
    shutil.rmtree(home, ignore_errors=True)
    folder = unpack_medquad(data, work / "medquad")
    first, again = _ingest(folder, home), _ingest(folder, home)
    state = library.status(home, EVERYTHING)
    embedder = open_embedder(load_settings(home))
    knowledge = open_store(home, embedder)
    texts = _texts(knowledge, sampled, seed)
    knowledge.close()
    questions = [text for _, text in medquad_questions(folder)]
    return {
        **first.summary,
        **{name: state[name] for name in ("documents", "contents", "units", "chunks")},
        "minutes": round(first.seconds / 60, 2),
        "chunks_per_second": round(int(str(state["chunks"])) / first.seconds, 1),
        "unchanged_again_seconds": round(again.seconds, 2),
        "peak_memory_mb": max(first.peak_mb, again.peak_mb),
        "stored_mb": round(sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / 1e6),
        "backend": embedding.backend(home),
        "against_llama_index": embedding.against_llama_index(embedder, texts, rounds),
        "stages": embedding.stages(folder, home, embedder, files, rounds, seed),
        "quality": embedding.quality(folder, embedder, 2 * sampled, seed),
        "one_question": embedding.one_question(embedder, random.Random(seed).sample(questions, 50)),
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


def _texts(knowledge: KnowledgeStore, n: int, seed: int) -> list[str]:
    with knowledge.view() as view:
        documents = sorted(document.id for document in view.documents(EVERYTHING)[1])
        chunks = [chunk for document in documents for chunk in view.chunks(document, EVERYTHING)]
    return [embedding_input(one.heading, one.text) for one in random.Random(seed).sample(chunks, min(n, len(chunks)))]
