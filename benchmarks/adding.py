"""How soon is a new file found in a large knowledge base?

``refdesk sync --watch`` follows a folder, and another process goes on searching.
"""

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tables import table
from rag.components import open_embedder, open_knowledge, worker_settings
from rag.settings.model import load_settings
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, FileState, Page, ParsedDocument, Span

HANDBOOK = Path(__file__).parents[1] / "docs/handbook"
_CHUNKS_EACH = 100
_CHUNK_WORDS = 90


def run(chunks: int = 100_000, files: int = 10, seed: int = 11) -> dict[str, Any]:
    """Fill a knowledge base with ``chunks`` of words drawn from the handbook and random vectors, then add ``files``."""
    with tempfile.TemporaryDirectory() as folder:
        home, watched = Path(folder, "home"), Path(folder, "documents")
        watched.mkdir()
        (watched / "first.txt").write_text("The first document.", encoding="utf-8")
        settings = load_settings(home)
        embedder = open_embedder(settings)
        with closing(open_store(home, embedder)) as knowledge:
            _fill(knowledge, worker_settings(settings, embedder).chunking, chunks, random.Random(seed))
        refdesk = Path(sys.executable).with_name("refdesk")
        command: list[str | Path] = [refdesk, "sync", watched, "--watch", "--home", home]
        with (
            subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as watching,
            closing(open_knowledge(settings)) as desk,
        ):
            assert watching.stderr
            while "Watching" not in watching.stderr.readline():
                pass
            desk.search("warm up", EVERYTHING)
            seconds = [_seconds_until_found(desk, watched / f"{number}.txt", number) for number in range(files)]
            watching.terminate()
        return {
            "chunks": chunks,
            "files": files,
            "seconds": {"median": round(statistics.median(seconds), 2), "worst": round(max(seconds), 2)},
        }


def section(result: Mapping[str, Any]) -> str:
    rows = [(f"{result['chunks']:,}", result["files"], *result["seconds"].values())]
    return (
        "## Adding a file\n\n"
        + table(("chunks before", "files added", "seconds until found, median", "worst"), rows)
        + "\n\nFrom the end of writing a file into a folder that `refdesk sync --watch` follows, to the search of "
        "another process that finds it."
    )


def _fill(knowledge: KnowledgeStore, chunking: str, chunks: int, draw: random.Random) -> None:
    words = " ".join(path.read_text(encoding="utf-8") for path in sorted(HANDBOOK.glob("*.md"))).split()
    vectors = np.random.default_rng(0).standard_normal((_CHUNKS_EACH, knowledge.embedder.dimension), dtype=np.float32)
    for first in range(0, chunks, 20 * _CHUNKS_EACH):
        with knowledge.change() as change:
            change.require_chunking(chunking)
            for number in range(first // _CHUNKS_EACH, min(first + 20 * _CHUNKS_EACH, chunks) // _CHUNKS_EACH):
                texts = [" ".join(draw.choices(words, k=_CHUNK_WORDS)) + "\n\n" for _ in range(_CHUNKS_EACH)]
                ends = np.cumsum([len(text) for text in texts]).tolist()
                spans = tuple(Span(end - len(text), end - 2, "") for text, end in zip(texts, ends, strict=True))
                parsed = ParsedDocument("", (Page(None, 0, "".join(texts)),), (), spans)
                own = np.roll(vectors, number, axis=0) + draw.random()
                own /= np.linalg.norm(own, axis=1, keepdims=True)
                content = change.add_content(str(number), "filler", parsed, own, knowledge.embedder.fingerprint)
                change.put_document("filler", f"/{number}.txt", "Filler", content, FileState(0, 0))
    knowledge.compact(force=True)


def _seconds_until_found(desk: KnowledgeStore, path: Path, number: int) -> float:
    word = f"zebrafinch{number}"
    path.write_text(f"The {word} is kept in the aviary beside the gate.", encoding="utf-8")
    began = time.perf_counter()
    while not any(word in passage.chunk.text for passage in desk.search(f"Where is the {word} kept?", EVERYTHING)):
        pass
    return time.perf_counter() - began
