"""Files that are longer than what is in memory of them: a log, one paragraph, a table, a list."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.pipeline.ingestion import Ingestion
from ingest.pipeline.outcomes import Outcome, Progress
from ingest.readers.base import ReadDocument, ReadOptions
from ingest.readers.registry import read_file
from tests.fakes import HashEmbedder
from tests.ingest.conftest import WORKER
from vectorstore.library import show, status
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import EVERYTHING

WORDS = "river mountain table house window garden paper letter number yellow silver stone".split()
SIZE = 1_150_000


def _lines(line: Callable[[int, str], str]) -> str:
    draw = random.Random(3)
    lines: list[str] = []
    while sum(map(len, lines[-1000:])) * max(1, len(lines) / 1000) < SIZE:
        lines += [line(len(lines) + n, " ".join(draw.choices(WORDS, k=9))) for n in range(1000)]
    return "\n".join(lines)


def log() -> str:
    return _lines(lambda n, said: f"2026-03-01 {n // 3600:02}:{n // 60 % 60:02}:{n % 60:02} {said}")


def paragraph() -> str:
    return _lines(lambda _, said: f"{said.capitalize()}.").replace("\n", " ")


def unparted() -> str:
    return "".join(random.Random(5).choices("abcdefgh", k=SIZE))


def table() -> str:
    return "code,name,price\n" + _lines(lambda n, said: f"P-{n},{said},{n % 97}.50")


def records() -> str:
    return _lines(lambda n, said: json.dumps({"code": f"P-{n}", "name": said}))


def bullets() -> str:
    return _lines(lambda n, said: f"- {said} {n}")


KINDS = {"a.log": log, "a.txt": paragraph, "b.txt": unparted, "a.csv": table, "a.jsonl": records, "c.txt": bullets}


def in_stretches(name: str, data: bytes) -> list[ReadDocument]:
    parts: list[ReadDocument] = []
    last = read_file(Path(name), data, ReadOptions(on_stretch=lambda part, _: parts.append(part)))
    return [*parts, last]


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_a_long_file_comes_in_parts_and_loses_nothing(name: str) -> None:
    data = KINDS[name]().encode()
    parts = in_stretches(name, data)
    assert len(parts) > 2
    assert max(len(part.pages[0].text) for part in parts) < SIZE / 2
    told = "".join(part.pages[0].text for part in parts)
    whole = read_file(Path(name), data, ReadOptions())
    assert told.split() == whole.pages[0].text.split()
    assert sum(len(part.units) for part in parts) == len(whole.units)
    assert max((block.end - block.start for part in parts for block in part.blocks), default=0) < 40_000


def test_the_entries_of_a_log_stay_lines_with_what_belongs_to_them() -> None:
    text = (
        "2026-03-01 10:00:01 INFO The server listens on port 8080 of all interfaces here\n"
        "2026-03-01 10:00:02 ERROR The request failed\n"
        "Traceback of the request:\n"
        "  at line 7\n"
        "2026-03-01 10:00:03 INFO Ready"
    )
    document = read_file(Path("a.log"), text.encode(), ReadOptions())
    stored = document.pages[0].text
    assert stored.rstrip() == text
    assert [stored[block.start : block.end].count("\n") for block in document.blocks] == [0, 2, 0]


def test_a_few_broken_bytes_spoil_no_other_letter() -> None:
    data = ("Größe und Länge, Öl für Häuser.\n" * 50).encode() + b"The sensor said \xff\xfe.\n"
    text = read_file(Path("a.log"), data, ReadOptions()).pages[0].text
    assert text.count("Größe") == 50
    assert "sensor said \ufffd" in text


class Interrupted(Exception):
    pass


@pytest.mark.slow
def test_a_long_file_is_found_line_by_line_and_an_interrupted_run_goes_on(folder: Path, knowledge: SqliteStore) -> None:
    lines = log().split("\n")
    lines[7_000] = "2026-03-01 01:56:40 The pump Zephyr stopped because valve V-88 was shut"
    path = folder / "plant.log"
    path.write_text("\n".join(lines))
    shares: list[float] = []

    def ingested(stop_after: int = 0) -> list[Outcome]:
        def show_progress(progress: Progress) -> None:
            if progress.path:
                shares.append(progress.share)
                if len(shares) == stop_after:
                    raise Interrupted

        return Ingestion(knowledge, WORKER, "default", on_progress=show_progress).run([path])

    def embedded() -> int:
        assert isinstance(knowledge.embedder, HashEmbedder)
        return knowledge.embedder.embedded

    with pytest.raises(Interrupted):
        ingested(stop_after=2)
    before = embedded()
    assert before > 0
    assert status(knowledge.home, EVERYTHING)["documents"] == status(knowledge.home, EVERYTHING)["chunks"] == 0
    (outcome,) = ingested()
    assert outcome.status == "indexed"
    assert shares[:2] == shares[2:4]  # what was read again was not embedded again
    assert shares == [*shares[:2], *sorted(shares[2:])]
    assert embedded() == outcome.chunks
    state = status(knowledge.home, EVERYTHING)
    assert (state["documents"], state["units"], state["chunks"]) == (1, 1, outcome.chunks)
    document, (page,) = show(knowledge, str(path), EVERYTHING)
    assert page.text.split() == path.read_text().split()
    chunk = knowledge.search("which valve stopped the pump Zephyr", EVERYTHING)[0].chunk
    assert lines[7_000] in chunk.text
    assert page.text[chunk.start : chunk.end] == chunk.text
    place = (chunk.start - 40, chunk.end + 40)
    with knowledge.view() as view:
        (near,) = view.pages(document.id, EVERYTHING, place)
        assert (near.start, near.text) == (place[0], page.text[slice(*place)])
        assert all(
            block.start < place[1] and block.end > place[0] for block in view.blocks(document.id, EVERYTHING, place)
        )
    with path.open("a") as file:
        file.write("\n2026-03-02 00:00:00 The pump runs again")
    (changed,) = ingested()
    assert changed.document == outcome.document
    assert embedded() < outcome.chunks + 5  # only what was added
