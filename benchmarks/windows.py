"""Real text in windows of 40 words, embedded: MedQuAD, COVID-QA and the documentation that Debian has installed.

    apt-get install debian-handbook git-doc linux-doc postgresql-doc python3-doc

brings the last of them. What is embedded is kept, piece by piece, in the work folder.
"""

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree, html
from numpy.lib.format import open_memmap

from benchmarks.data import medquad_questions, unpack_medquad
from rag.components import open_embedder
from rag.settings.model import load_settings
from vectorstore.types import Vectors

_DEBIAN = Path("/usr/share/doc")
_FOLDERS = (
    "debian-handbook/html/en-US",
    "git-doc",
    "postgresql-doc-15/html",
    "python3.11/html",
    "linux-doc-6.1/html",
)
_WORDS = 40
_QUESTIONS = 500
_STORED = 220_000
_PIECE = 2_048


@dataclass(frozen=True)
class Windows:
    """``vectors`` (n, dimension) of windows, ``queries`` of questions and of windows that were held out, mixed.

    ``sources`` counts the windows of each folder or file.
    """

    vectors: Vectors
    queries: Vectors
    sources: dict[str, int]


def embedded_windows(data: Path, work: Path, seed: int = 5) -> Windows:
    texts: dict[str, str] = {}
    for source, text in _texts(data, work):
        words = text.split()
        texts |= {" ".join(words[i : i + _WORDS]): source for i in range(0, len(words) - _WORDS // 2, _WORDS)}
    windows = sorted(texts)
    draw = random.Random(seed)
    windows = draw.sample(windows, min(_QUESTIONS + _STORED, len(windows)))
    questions = [text for _, text in medquad_questions(unpack_medquad(data, work / "medquad"))]
    questions += [qa["question"] for _, paragraph in _covid(data) for qa in paragraph["qas"]]
    asked = draw.sample(sorted(set(questions)), _QUESTIONS)
    vectors = _embedded([*asked, *windows], work / "windows.npy")
    queries = np.random.default_rng(seed).permutation(vectors[: 2 * _QUESTIONS])
    stored = windows[_QUESTIONS:]
    sources = {source: sum(texts[window] == source for window in stored) for source in dict.fromkeys(texts.values())}
    return Windows(vectors[2 * _QUESTIONS :], queries, sources)


def _embedded(texts: list[str], file: Path) -> Vectors:
    """Unit vectors of ``texts``; those that an interrupted call made are not made again."""
    embedder = open_embedder(load_settings(file.parent))
    done_file = file.with_suffix(".done")
    shape = (len(texts), embedder.dimension)
    vectors = open_memmap(file, "r+") if file.exists() else None
    if vectors is None or vectors.shape != shape:
        done_file.unlink(missing_ok=True)
        vectors = open_memmap(file, "w+", np.float32, shape)
    done = int(done_file.read_text()) if done_file.exists() else 0
    for first in range(done, len(texts), _PIECE):
        vectors[first : first + _PIECE] = embedder.embed(texts[first : first + _PIECE])
        vectors.flush()
        done_file.write_text(str(first + _PIECE))
    return np.asarray(vectors)


def _texts(data: Path, work: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(unpack_medquad(data, work / "medquad").rglob("*.xml")):
        for answer in etree.parse(path).getroot().iterfind("QAPairs/QAPair/Answer"):
            yield "MedQuAD", answer.text or ""
    for _, paragraph in _covid(data):
        yield "COVID-QA", paragraph["context"]
    for folder in _FOLDERS:
        for path in sorted((_DEBIAN / folder).rglob("*.html*")):
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            if raw.strip():
                yield folder.partition("/")[0], _text_of_page(raw)


def _covid(data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for article in json.loads((data / "qa/covidqa.json").read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            yield article.get("title", ""), paragraph


def _text_of_page(raw: bytes) -> str:
    page = html.fromstring(raw)
    etree.strip_elements(page, "script", "style", "nav", with_tail=False)
    return " ".join(piece.strip() for piece in page.itertext() if isinstance(piece, str))
