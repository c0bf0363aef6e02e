"""Long files and many small ones: how fast they are read, in how much memory, and taken in as a person does it.

python -m benchmarks --only large
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from benchmarks.tables import table
from ingest.worker.guard import ParseWorker, WorkerSettings
from rag.components import open_embedder, worker_settings
from rag.settings.model import load_settings
from vectorstore.types import ParsedDocument

_WORDS = "river mountain table house window garden paper letter number yellow silver stone valve pump gauge".split()


def run(
    megabytes: float = 5, rows: int = 50_000, files: int = 1_000, stored: float = 0.5, seed: int = 3
) -> dict[str, Any]:
    """Read a log and a paragraph of so many ``megabytes`` and a table of so many ``rows``; then take in a folder with a
    log of ``stored`` megabytes and so many small ``files``.
    """
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        home, texts, taken = Path(folder, "home"), Path(folder, "texts"), Path(folder, "taken")
        texts.mkdir()
        taken.mkdir()
        log = _written(texts / "plant.log", _log(draw), megabytes)
        paragraph = _written(texts / "paragraph.txt", _sentences(draw), megabytes)
        sheet = texts / "parts.csv"
        sheet.write_text("code,name,price\n" + "".join(_rows(draw, rows)), encoding="utf-8")
        settings = load_settings(home)
        worker = worker_settings(settings, open_embedder(settings))
        read = {path.name: _read(path, worker) for path in (log, paragraph, sheet)}
        _written(taken / "plant.log", _log(draw), stored)
        for number in range(files):
            text = " ".join(draw.choices(_WORDS, k=50))
            (taken / f"{number}.txt").write_text(f"Note {number}: {text}.", encoding="utf-8")
        return {"read": read, "taken_in": {"files": files + 1, "log_mb": stored, **_taken_in(taken, home)}}


def section(result: Mapping[str, Any]) -> str:
    rows = [(name, *figures.values()) for name, figures in result["read"].items()]
    taken = result["taken_in"]
    return (
        "## Long files\n\n"
        + table(("file", "MB", "passages", "processor seconds", "MB a second", "reader process, most MB"), rows)
        + f"\n\nRead and cut, not embedded. {taken['files']:,} files, a log of {taken['log_mb']} MB among them, were "
        f"taken in by `refdesk ingest` in {taken['seconds']} s: {taken['passages_per_second']} passages a second, in "
        f"{taken['peak_memory_mb']:,} MB at most."
    )


def _written(path: Path, lines: Iterator[str], megabytes: float) -> Path:
    size = 0
    with path.open("w", encoding="utf-8") as file:
        while size < megabytes * 1e6:
            size += file.write(next(lines))
    return path


def _log(draw: random.Random) -> Iterator[str]:
    second = 0
    while True:
        second += draw.randrange(3)
        at = f"2026-03-{1 + second // 86400 % 28:02} {second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"
        yield f"{at} {draw.choice(['INFO', 'WARN'])} [{draw.choice(_WORDS)}] {' '.join(draw.choices(_WORDS, k=6))}\n"


def _sentences(draw: random.Random) -> Iterator[str]:
    while True:
        yield f"{' '.join(draw.choices(_WORDS, k=12)).capitalize()}. "


def _rows(draw: random.Random, rows: int) -> Iterator[str]:
    return (f"P-{n},{' '.join(draw.choices(_WORDS, k=3))},{draw.randrange(10_000) / 100}\n" for n in range(rows))


def _read(path: Path, worker: WorkerSettings) -> dict[str, float]:
    with ParseWorker(worker) as parser:
        process = psutil.Process(parser.start().pid)
        chunks = most = 0

        def look(_sha256: str, stretch: ParsedDocument, _share: float) -> None:
            nonlocal chunks, most
            chunks += len(stretch.chunks)
            most = max(most, process.memory_info().rss)

        before = _processor_seconds(process)
        parsed = parser.parse(path, (), on_stretch=look)
        look(parsed.sha256, parsed.document, 1.0)
        seconds, size = _processor_seconds(process) - before, path.stat().st_size / 1e6
    return {
        "mb": round(size, 1),
        "passages": chunks,
        "processor_seconds": round(seconds, 1),
        "mb_per_second": round(size / seconds, 2),
        "most_mb": round(most / 1e6),
    }


def _processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _taken_in(folder: Path, home: Path) -> dict[str, float]:
    refdesk = Path(sys.executable).with_name("refdesk")
    began = time.perf_counter()
    done = subprocess.run(
        [refdesk, "ingest", folder, "--home", home, "--json"], stdout=subprocess.PIPE, text=True, check=True
    )
    seconds = time.perf_counter() - began
    scale = 1 if sys.platform == "darwin" else 1024
    passages = json.loads(done.stdout)["status"]["chunks"]
    return {
        "passages": passages,
        "seconds": round(seconds, 1),
        "passages_per_second": round(passages / seconds, 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * scale / 1e6),
    }
