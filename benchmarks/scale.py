"""How kinds of FAISS indexes cost and recall as a knowledge base grows, the one that Refdesk uses among them."""

import os
import resource
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import faiss
import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from benchmarks.tables import table
from benchmarks.windows import embedded_windows
from vectorstore.index.faiss import EXACT_UP_TO, FaissIndex, build_index
from vectorstore.index.types import ChunkIds, ChunkSet, DenseSearch
from vectorstore.index.versions import INDEX_FILE
from vectorstore.sqlite.chunks import SqliteVectors
from vectorstore.sqlite.meta import get_meta
from vectorstore.sqlite.schema import INDEX_FOLDER
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import FileState, Page, ParsedDocument, Span, Vectors

PLOT = Path(__file__).parents[1] / "docs/images/scale.svg"
REFDESK = "Refdesk"
_K = 10
_CHUNKS_EACH = 1_000
_LISTS, _PROBED = 1024, 64
_CANDIDATES = 50
"""What Refdesk's search asks of the dense index."""

Search = Callable[[Vectors], Sequence[int]]
"""The ids of the nearest to a query of shape (1, dimension)."""


@dataclass(frozen=True)
class _Given:
    """The vectors are at hand: nothing is embedded."""

    dimension: int
    fingerprint: ClassVar = "scale"

    def embed(self, texts: list[str]) -> Vectors:
        return np.zeros((len(texts), self.dimension), np.float32)

    def embed_queries(self, texts: list[str]) -> Vectors:
        return self.embed(texts)


@dataclass(frozen=True)
class _Index:
    search: Search
    bytes: int
    build_seconds: float


def run(
    data: Path,
    work: Path,
    sizes: Sequence[int] = (50_000, 100_000, 200_000, 500_000, 1_000_000),
    graph_up_to: int = 1_000_000,
    timed: int = 50,
    rounds: int = 3,
) -> dict[str, Any]:
    """All kinds at all sizes (HNSW, which takes long to build, up to ``graph_up_to``), searched on one thread.

    Queries are timed one at a time, ``timed`` of them in each of ``rounds``.
    """
    windows = embedded_windows(data, work)
    vectors, near = _grown(windows.vectors, max(sizes))
    queries = windows.queries
    curves: list[dict[str, Any]] = []
    for size in sizes:
        stored = vectors[:size]
        right = _exact(stored, queries)
        for kind, index in _indexes(stored, work, graph_up_to):
            curves.append({"kind": kind, "vectors": size, **_measured(index, queries, right, timed, rounds)})
    return {
        "sources": windows.sources,
        "real": len(windows.vectors),
        "near": near,
        "queries": len(queries),
        "curves": curves,
        "largest": _largest(vectors, queries, work, timed, rounds),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
    }


def _grown(real: Vectors, size: int, seed: int = 3, pairs: int = 2_000) -> tuple[Vectors, dict[str, float]]:
    """``real`` and, up to ``size``, copies of it that are as far from the original as its nearest neighbour would be.

    They move in the direction from one real vector to another, so that they spread as real ones do.
    """
    draw = np.random.default_rng(seed)
    index = build_index(np.arange(len(real)), real)
    scores, _ = index.search(np.ascontiguousarray(real[draw.choice(len(real), pairs, replace=False)]), 2)
    cosines = scores[:, 1]
    grown = np.empty((max(size, len(real)), real.shape[1]), np.float32)
    grown[: len(real)] = real
    for first in range(len(real), size, len(real)):
        n = min(len(real), size - first)
        origin = real[:n]
        direction = real[draw.integers(0, len(real), n)] - real[draw.integers(0, len(real), n)]
        direction -= (direction * origin).sum(1, keepdims=True) * origin
        direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-6)
        cosine = draw.choice(cosines, n)[:, None].clip(-1, 1)
        grown[first : first + n] = cosine * origin + np.sqrt(1 - cosine**2) * direction
    return grown, {"median": round(float(np.median(cosines)), 3), "p90": round(float(np.quantile(cosines, 0.9)), 3)}


def _exact(stored: Vectors, queries: Vectors) -> ChunkIds:
    flat = faiss.IndexFlatIP(stored.shape[1])
    flat.add(stored)
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    nearest_ids: ChunkIds = flat.search(queries, _K)[1]
    return nearest_ids


def _indexes(stored: Vectors, work: Path, graph_up_to: int) -> Iterator[tuple[str, _Index]]:
    """One at a time, so that one at a time takes memory."""
    dimension = stored.shape[1]
    eight_bits, measure = faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    yield "flat, float32", _built(faiss.IndexFlatIP(dimension), stored)
    yield "flat, 8 bits", _built(faiss.IndexScalarQuantizer(dimension, eight_bits, measure), stored)
    lists = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(dimension), dimension, _LISTS, eight_bits, measure)
    lists.cp.spherical, lists.cp.max_points_per_centroid, lists.cp.niter, lists.nprobe = True, 64, 10, _PROBED
    yield f"IVF, 8 bits, {_PROBED} of {_LISTS:,} lists", _built(lists, stored)
    if len(stored) <= graph_up_to:
        graph = faiss.IndexHNSWSQ(dimension, eight_bits, 32, measure)
        graph.hnsw.efConstruction, graph.hnsw.efSearch = 80, 128
        yield "HNSW, 8 bits", _built(graph, stored)
    with _indexed(stored, work / "scale") as (dense, size, seconds):
        yield REFDESK, _Index(_among(dense, _CANDIDATES), size, seconds)


def _built(index: faiss.Index, stored: Vectors) -> _Index:
    began = time.perf_counter()
    index.train(stored)
    index.add(stored)
    seconds = time.perf_counter() - began
    return _Index(lambda query: index.search(query, _K)[1][0].tolist(), len(faiss.serialize_index(index)), seconds)


@contextmanager
def _indexed(stored: Vectors, home: Path) -> Iterator[tuple[DenseSearch, int, float]]:
    """A knowledge base of the vectors, with a letter for each: the search in its index, the bytes of the index's file,
    and the seconds until it was written. Ids begin with 1.
    """
    shutil.rmtree(home, ignore_errors=True)
    with closing(SqliteStore(home, _Given(stored.shape[1]))) as knowledge:
        for first in range(0, len(stored), _CHUNKS_EACH):
            own = stored[first : first + _CHUNKS_EACH]
            spans = tuple(Span(2 * number, 2 * number + 1, "") for number in range(len(own)))
            parsed = ParsedDocument("", (Page(None, 0, "x " * len(own)),), (), spans)
            with knowledge.change() as change:
                content = change.add_content(str(first), "scale", parsed, own, _Given.fingerprint)
                change.put_document("scale", str(first), "", content, FileState(0, 0))
        began = time.perf_counter()
        knowledge.compact(force=True)
        seconds = time.perf_counter() - began
        with knowledge.database.read() as connection:
            state = SqliteVectors(connection, get_meta(connection), stored.shape[1])
            file = home / INDEX_FOLDER / state.version.name / INDEX_FILE
            yield FaissIndex(home / INDEX_FOLDER).at(state), file.stat().st_size, seconds


def _among(dense: DenseSearch, candidates: int, within: ChunkSet | None = None) -> Search:
    """The best of so many candidates."""
    return lambda query: [chunk - 1 for chunk in list(dense.search(query, candidates, within))[:_K]]


def _measured(index: _Index, queries: Vectors, right: ChunkIds, timed: int, rounds: int) -> dict[str, Any]:
    return {"bytes": index.bytes, "build_seconds": round(index.build_seconds, 1)} | _searched(
        index.search, queries, right, timed, rounds
    )


def _searched(search: Search, queries: Vectors, right: ChunkIds, timed: int, rounds: int) -> dict[str, Any]:
    faiss.omp_set_num_threads(1)  # so that the processor's time is the search's, whatever else runs on the machine
    shares, speeds = [], []
    for number in range(rounds):
        chosen = range(number * timed, (number + 1) * timed)
        began = time.process_time()
        found = [search(queries[i : i + 1]) for i in chosen]
        speeds.append(timed / (time.process_time() - began))
        shares += [_recall(ids, right[i]) for ids, i in zip(found, chosen, strict=True)]
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    error = 1.96 * statistics.stdev(shares) / len(shares) ** 0.5
    return {
        "recall": round(statistics.mean(shares), 4),
        "recall_error": round(error, 4),
        "queries_per_second": {
            "median": round(statistics.median(speeds), 1),
            "min": round(min(speeds), 1),
            "max": round(max(speeds), 1),
        },
    }


def _recall(found: Sequence[int], right: ChunkIds) -> float:
    return len(set(found) & set(right.tolist())) / len(right)


def _largest(vectors: Vectors, queries: Vectors, work: Path, timed: int, rounds: int) -> dict[str, Any]:
    """At the largest size: more or fewer candidates, and searches within a scope."""
    right = _exact(vectors, queries)
    with _indexed(vectors, work / "scale") as (dense, _, _):
        asked = [
            {"candidates": number, **_searched(_among(dense, number), queries, right, timed, rounds)}
            for number in (10, 25, 50, 100)
        ]
        scopes = []
        for share in (0.001, 0.01, 0.1):
            allowed = np.flatnonzero(np.random.default_rng(1).random(len(vectors)) < share)
            within = allowed[_exact(np.ascontiguousarray(vectors[allowed]), queries)]
            measured = _searched(_among(dense, _CANDIDATES, ChunkSet.of(allowed + 1)), queries, within, timed, rounds)
            scopes.append({"chunks": len(allowed), **measured})
    return {"asked": asked, "scopes": scopes}


def section(result: Mapping[str, Any]) -> str:
    _plot(result)
    top = max(curve["vectors"] for curve in result["curves"])
    rows = [
        (
            f"{curve['vectors']:,}{' *' if curve['vectors'] > result['real'] else ''}",
            curve["kind"],
            f"{curve['bytes'] / 1e6:,.0f}",
            curve["build_seconds"],
            f"{curve['recall']:.4f} ± {curve['recall_error']:.4f}",
            _speed(curve),
        )
        for curve in result["curves"]
    ]
    at_top = {curve["kind"]: curve for curve in result["curves"] if curve["vectors"] == top}
    flat, ours = at_top["flat, float32"], at_top[REFDESK]
    faster = ours["queries_per_second"]["median"] / flat["queries_per_second"]["median"]
    asked, scopes = (
        [(of[name], f"{of['recall']:.4f} ± {of['recall_error']:.4f}", _speed(of)) for of in result["largest"][part]]
        for part, name in (("asked", "candidates"), ("scopes", "chunks"))
    )
    sources = ", ".join(f"{name} {count:,}" for name, count in result["sources"].items())
    header = ("vectors", "index", "MB", "built in, s", "recall@10", "queries a second, one thread")
    return f"""## Search at scale

{table(header, rows)}

![Queries a second, recall and size against the number of vectors](images/{PLOT.name})

Windows of 40 words of real text, embedded: {result["real"]:,} ({sources}). Sizes with a * go beyond them: there the
rest is made from real vectors, each moved away from the original as far as a nearest neighbour is (cosine
{result["near"]["median"]} in the middle, {result["near"]["p90"]} for the closest tenth). {result["queries"]:,} queries,
half of them questions, half windows that were left out; queries are searched one at a time; how many in a second of
the processor's time is the median, the least and the most of the rounds. Refdesk's index is flat up to
{EXACT_UP_TO:,} vectors; beyond, it holds 4 bits for every four dimensions, and four times the {_CANDIDATES} candidates
that are asked for get exact scores from their vectors in SQLite, which is part of the time. At {top:,} vectors it
takes {ours["bytes"] / flat["bytes"]:.3f} of the flat index's bytes and answers {faster:.1f} times as fast.

{table((f"candidates asked for, at {top:,} vectors", "recall@10", "queries a second"), asked)}

{table((f"a scope of so many chunks, at {top:,} vectors", "recall@10", "queries a second"), scopes)}"""


def _speed(of: Mapping[str, Any]) -> str:
    speed = of["queries_per_second"]
    return f"{speed['median']:,} ({speed['min']:,} to {speed['max']:,})"


def _plot(result: Mapping[str, Any]) -> None:
    figure = Figure(figsize=(9, 3), layout="constrained")
    faster, recall, size = figure.subplots(1, 3)
    for kind in dict.fromkeys(curve["kind"] for curve in result["curves"]):
        curves = [curve for curve in result["curves"] if curve["kind"] == kind]
        numbers = [curve["vectors"] for curve in curves]
        speeds = [curve["queries_per_second"] for curve in curves]
        middle = [speed["median"] for speed in speeds]
        spread = [
            [speed["median"] - speed["min"] for speed in speeds],
            [speed["max"] - speed["median"] for speed in speeds],
        ]
        faster.errorbar(numbers, middle, yerr=spread, marker="o", label=kind)
        recall.errorbar(
            numbers, [curve["recall"] for curve in curves], [curve["recall_error"] for curve in curves], marker="o"
        )
        size.plot(numbers, [curve["bytes"] / 1e6 for curve in curves], marker="o")
    faster.set(ylabel="queries a second, one thread", yscale="log")
    recall.set(ylabel="recall@10")
    size.set(ylabel="MB", yscale="log")
    for axes in (faster, recall, size):
        axes.set(xscale="log", xlabel="vectors")
        axes.axvline(result["real"], color="grey", linestyle=":")
        axes.grid(alpha=0.3)
    size.text(result["real"], size.get_ylim()[0], " made, not real", fontsize=7, va="bottom")
    faster.legend(fontsize=7)
    with rc_context({"svg.hashsalt": "refdesk"}):
        figure.savefig(PLOT, format="svg", metadata={"Date": None})
