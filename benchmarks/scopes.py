"""What does a scope cost in a large knowledge base? Texts and vectors are made up: only their number matters here."""

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.tables import table
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore, PassageView
from vectorstore.types import EVERYTHING, FileState, Page, ParsedDocument, Scope, Span, Vectors

_CHUNKS_EACH = 100
_CHUNK_WORDS = 15
_QUESTION_WORDS = 5
_FILES_A_TRANSACTION = 500
_SHARES = {"a half": 2, "a tenth": 10, "a hundredth": 100}
"""Every so manieth document is in the collection of this name."""


class _Made:
    """Vectors that have nothing to do with their texts."""

    fingerprint = "made@64"
    dimension = 64

    def __init__(self, seed: int) -> None:
        self._draw = np.random.default_rng(seed)

    def embed(self, texts: list[str]) -> Vectors:
        vectors: Vectors = self._draw.standard_normal((len(texts), self.dimension), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def embed_queries(self, texts: list[str]) -> Vectors:
        return self.embed(texts)


def run(chunks: int = 1_000_000, questions: int = 9, seed: int = 1) -> dict[str, Any]:
    """Milliseconds of the processor's time, the median over the questions; ``first`` is what a new scope costs."""
    draw = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder, closing(open_store(Path(folder), _Made(seed))) as knowledge:
        _fill(knowledge, chunks // _CHUNKS_EACH, draw)
        asked = [" ".join(words) for words in _words(draw, (questions, _QUESTION_WORDS))]
        scopes = {"everything": EVERYTHING} | {name: Scope(frozenset({name})) for name in _SHARES}
        with knowledge.view() as view:
            view.search(asked[0], EVERYTHING)
            rows = []
            for name, scope in (scopes | {"one document": Scope(documents=frozenset({1}))}).items():
                rows.append(_measured(name, scope, view, asked))
    return {"chunks": chunks, "questions": questions, "scopes": rows}


def _measured(name: str, scope: Scope, view: PassageView, asked: list[str]) -> dict[str, Any]:
    return {
        "scope": name,
        "first": _milliseconds(lambda _: view.count(scope), asked[:1]),
        "chunks": view.count(scope),
        "search": _milliseconds(lambda text: view.search(text, scope), asked),
        "words": _milliseconds(lambda text: view.frequencies(text.split(), scope), asked),
    }


def section(result: Mapping[str, Any]) -> str:
    rows = [(of["scope"], f"{of['chunks']:,}", of["first"], of["search"], of["words"]) for of in result["scopes"]]
    header = ("scope", "chunks", "its first use, ms", "a search, ms", f"counting {_QUESTION_WORDS} words, ms")
    return f"""## Scopes

{table(header, rows)}

{result["chunks"]:,} made-up chunks of {_CHUNK_WORDS} words, {_CHUNKS_EACH} to a document, with made-up vectors.
Milliseconds of the processor's time, median of {result["questions"]} questions. The first scope of a process is the
dearest: what it reads serves all others."""


def _fill(knowledge: KnowledgeStore, documents: int, draw: np.random.Generator) -> None:
    embedder = knowledge.embedder
    for first in range(0, documents, _FILES_A_TRANSACTION):
        with knowledge.change() as change:
            for number in range(first, min(first + _FILES_A_TRANSACTION, documents)):
                texts = [" ".join(words) + "\n\n" for words in _words(draw, (_CHUNKS_EACH, _CHUNK_WORDS))]
                ends = itertools.accumulate(map(len, texts))
                spans = tuple(Span(end - len(text), end - 2, "") for text, end in zip(texts, ends, strict=True))
                parsed = ParsedDocument("", (Page(None, 0, "".join(texts)),), (), spans)
                content = change.add_content(str(number), "made", parsed, embedder.embed(texts), embedder.fingerprint)
                of = [name for name, every in _SHARES.items() if number % every == 0] or ["the rest"]
                for name in of:  # the same content under several names
                    change.put_document(name, f"/{number}.txt", "Made", content, FileState(0, 0))
    knowledge.compact(force=True)


def _words(draw: np.random.Generator, shape: tuple[int, int], vocabulary: int = 20_000) -> NDArray[np.str_]:
    """As rare as words are in texts (Zipf)."""
    weights = 1 / np.arange(1, vocabulary + 1)
    drawn = draw.choice(vocabulary, size=shape, p=weights / weights.sum())
    return np.char.add("word", drawn.astype(str))


def _milliseconds(call: Callable[[str], object], texts: list[str]) -> float:
    seconds = []
    for text in texts:
        began = time.process_time()
        call(text)
        seconds.append(time.process_time() - began)
    return round(1000 * statistics.median(seconds), 1)
