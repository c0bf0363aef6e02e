"""An ingestion that is killed loses nothing that it acknowledged, shows nothing by halves, and is carried on."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import pytest

from tests.fakes import HashEmbedder
from tests.ingest.conftest import SETTINGS
from tests.soak.folders import change, fill
from tests.soak.noted import noted
from vectorstore.embedded import open_store, verify
from vectorstore.sqlite.schema import INDEX_FOLDER
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import EVERYTHING

_SEED = 20261122
_QUERIES = 10

# NLTK imports the three where they are installed, which takes seconds, and nothing here needs them.
_PROGRAM = """
import sys
sys.modules.update(pandas=None, scipy=None, sklearn=None)
from tests.soak.ingester import main
main()
"""

Passages = list[tuple[float, str, str, float]]


@dataclass(frozen=True)
class Run:
    """What an ingestion said until it ended, and how it ended: an exit status, or minus a signal."""

    said: list[tuple[str, Any]]
    ended: int
    seconds: float

    def last(self, what: str) -> Any:
        return next((value for name, value in reversed(self.said) if name == what), None)


class Ingester:
    """A process of ``tests.soak.ingester``."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, home: Path, folder: Path, killed_after: float | None = None) -> Run:
        """Ingest ``folder`` into ``home``; SIGKILL after so many seconds, unless it has ended before."""
        return self._ask({"home": str(home), "folder": str(folder)}, killed_after)

    def reindex(self, home: Path, model: str, killed_after: float | None = None) -> Run:
        """Index ``home`` by the HashEmbedder ``model``; SIGKILL as above."""
        return self._ask({"home": str(home), "model": model}, killed_after)

    def _ask(self, request: dict[str, str], killed_after: float | None) -> Run:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(request), file=self._process.stdin, flush=True)
        said = [json.loads(self._process.stdout.readline())]
        start = time.monotonic()
        killer = threading.Timer(killed_after or 0, _kill, said[0][1:])
        if killed_after is not None:
            killer.start()
        while said[-1][0] != "ended":
            said.append(json.loads(self._process.stdout.readline()))
        killer.cancel()
        return Run(said[:-1], said[-1][1], time.monotonic() - start)


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):  # it has ended a moment ago
        os.kill(process, signal.SIGKILL)


@dataclass(frozen=True)
class Stored:
    """All that a knowledge base holds of a document, ids and dates apart."""

    title: str
    sha256: str
    text: str
    chunks: tuple[tuple[object, ...], ...]
    units: tuple[tuple[object, ...], ...]


def everything_stored(home: Path) -> dict[str, Stored]:
    stored: dict[str, Stored] = {}
    with (
        closing(SqliteStore(home)) as knowledge,
        knowledge.view() as view,
        knowledge.database.read() as connection,
    ):
        for document in view.documents(EVERYTHING)[1]:
            (content,) = connection.execute("SELECT content_id FROM documents WHERE id = ?", (document.id,)).fetchone()
            chunks = connection.execute(
                "SELECT number, chunks.start, end, heading, vector FROM chunks JOIN pages ON page_id = pages.id "
                "LEFT JOIN vectors ON chunk_id = chunks.id WHERE chunks.content_id = ? ORDER BY chunks.start",
                (content,),
            )
            units = connection.execute(
                "SELECT start, end, heading, metadata FROM units WHERE content_id = ? ORDER BY start", (content,)
            )
            stored[document.path] = Stored(
                document.title,
                document.sha256,
                "".join(page.text for page in view.pages(document.id, EVERYTHING)),
                tuple(chunks),
                tuple(units),
            )
    return stored


def marks(stored: dict[str, Stored]) -> list[str]:
    """The words that stand in one document only (or in its copies)."""
    return sorted({mark for document in stored.values() for mark in re.findall(r"\bmark\w+", document.text)})


def answers(home: Path, queries: list[str]) -> dict[str, Passages]:
    """What each query finds: passages and scores, ids apart."""
    with closing(open_store(home, HashEmbedder())) as knowledge:
        return {
            query: sorted(
                (-round(passage.score, 4), passage.chunk.text, passage.chunk.heading, round(passage.dense, 4))
                for passage in knowledge.search(query, EVERYTHING)
            )
            for query in queries
        }


def check_killed(home: Path, run: Run, before: dict[str, Stored], after: dict[str, Stored], refused: int) -> None:
    """The state that a killed ingestion from ``before`` to ``after`` may leave."""
    assert verify(home, SETTINGS) == []
    stored = everything_stored(home)
    for path in before.keys() | after.keys() | stored.keys():
        assert stored.get(path) in (before.get(path), after.get(path)), f"{path} is neither as it was nor as it will be"
    assert not stored.keys() & set(run.last("removed") or []), "a document that was removed is back"
    arrived = sum(stored.get(path) == document for path, document in after.items())
    assert arrived + refused >= (run.last("files done") or 0), "a file that was acknowledged is lost"
    for query, found in answers(home, marks(stored)[:_QUERIES]).items():
        assert query in str(found), f"{query} is stored, but not found"


def check_complete(home: Path, after: dict[str, Stored], expected: dict[str, Passages]) -> None:
    """The state of an ingestion that came to its end: that of a clean build; the next index leaves no other behind."""
    assert verify(home, SETTINGS) == []
    assert everything_stored(home) == after
    assert answers(home, list(expected)) == expected
    with closing(open_store(home, HashEmbedder())) as knowledge:
        knowledge.compact(force=True)
    assert len(list((home / INDEX_FOLDER).glob("v-*"))) == 1


@pytest.fixture(scope="module")
def ingester() -> Iterator[Ingester]:
    with Ingester() as process:
        yield process


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rounds", "kills"), [pytest.param(2, 2, id="sample"), pytest.param(20, 25, id="soak", marks=pytest.mark.soak)]
)
def test_a_killed_ingestion_loses_nothing_and_is_carried_on(
    ingester: Ingester, tmp_path: Path, rounds: int, kills: int
) -> None:
    rng = random.Random(_SEED)
    folder, home = tmp_path / "documents", tmp_path / "home"
    fill(folder, rng)
    before: dict[str, Stored] = {}
    for number in range(rounds):
        clean, whole = tmp_path / f"clean-{number}", tmp_path / f"whole-{number}"
        refused = sum(item["status"] == "refused" for item in ingester.run(clean, folder).last("outcomes"))
        after = everything_stored(clean)
        expected = answers(clean, marks(after)[:_QUERIES])
        copy(home, whole)
        seconds = ingester.run(whole, folder).seconds
        check_complete(whole, after, expected)
        for kill in range(kills):
            state, found = tmp_path / "killed", tmp_path / "found"
            run = killed(ingester, home, state, folder, rng.uniform(0, seconds))
            with noted(f"seed {_SEED}, round {number}, kill {kill} after {run.seconds:.3f} s; it said {run.said}"):
                copy(state, found)  # looking recovers the database, which the next run is to do by itself
                check_killed(found, run, before, after, refused)
                assert ingester.run(state, folder).ended == 0
                check_complete(state, after, expected)
            shutil.rmtree(state)
            shutil.rmtree(found)
        home, before = whole, after
        change(folder, rng)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("homes", "kills"), [pytest.param(1, 3, id="sample"), pytest.param(10, 20, id="soak", marks=pytest.mark.soak)]
)
def test_a_killed_reindexing_serves_the_old_index_and_is_carried_on(
    ingester: Ingester, tmp_path: Path, homes: int, kills: int
) -> None:
    rng = random.Random(_SEED)
    for number in range(homes):
        folder, home = tmp_path / f"documents-{number}", tmp_path / f"home-{number}"
        fill(folder, rng)
        ingester.run(home, folder)
        expected, words = everything_stored(home), marks(everything_stored(home))[:_QUERIES]
        copy(home, tmp_path / "whole")
        seconds = ingester.reindex(tmp_path / "whole", "other").seconds
        shutil.rmtree(tmp_path / "whole")
        for kill in range(kills):
            run = ingester.reindex(home, "other", killed_after=rng.uniform(0, seconds))
            with noted(f"seed {_SEED}, home {number}, kill {kill} after {run.seconds:.3f} s"):
                found = tmp_path / "found"
                copy(home, found)
                with closing(open_store(found, HashEmbedder(), HashEmbedder)) as knowledge:
                    model = knowledge.embedder.fingerprint
                    assert all(word in str(knowledge.search(word, EVERYTHING)) for word in words)
                assert verify(found, replace(SETTINGS, embedding=model)) == []
                shutil.rmtree(found)
        assert ingester.reindex(home, "other").ended == 0
        assert ingester.reindex(home, "hash").ended == 0
        assert everything_stored(home) == expected


def killed(ingester: Ingester, home: Path, state: Path, folder: Path, moment: float) -> Run:
    """Ingest into ``state``, a copy of ``home``, until the kill; one that ended before is tried again, and sooner."""
    while True:
        copy(home, state)
        run = ingester.run(state, folder, killed_after=moment)
        if run.ended == -signal.SIGKILL:
            return run
        shutil.rmtree(state)
        moment /= 2


def copy(home: Path, target: Path) -> None:
    if home.exists():
        shutil.copytree(home, target)
