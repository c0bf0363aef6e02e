"""Documents with random damage are indexed or refused with a reason; the job and their neighbours go on."""

import io
import random
import shutil
import string
import zipfile
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from ingest.pipeline.ingestion import Ingestion
from ingest.readers.base import Reason, has_tesseract
from ingest.readers.registry import Format, format_of, required_format
from tests.fakes import HashEmbedder
from tests.ingest.conftest import SETTINGS, WORKER
from tests.ingest.formats import FORMATS
from tests.ingest.structured import DOCUMENTS
from tests.soak.folders import HANDBOOK, write_document
from tests.soak.noted import noted
from vectorstore.embedded import open_store, verify
from vectorstore.library import show
from vectorstore.types import EVERYTHING

_SEED = 20261122
_LONGEST = 400
_CHARACTERS = string.printable.encode()


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Flip bits; cut, repeat and insert pieces: one to five changes."""
    mutated = bytearray(data)
    for _ in range(rng.randint(1, 5)):
        start = rng.randrange(len(mutated) + 1)
        end = start + rng.randint(1, _LONGEST)
        kind = rng.choice(("flip", "cut", "repeat", "insert bytes", "insert characters"))
        if kind == "flip" and start < len(mutated):
            mutated[start] ^= 1 << rng.randrange(8)
        elif kind == "cut":
            del mutated[start:end]
        elif kind == "repeat":
            mutated[start:start] = mutated[start:end]
        elif kind == "insert bytes":
            mutated[start:start] = rng.randbytes(end - start)
        else:
            mutated[start:start] = bytes(rng.choices(_CHARACTERS, k=end - start))
    return bytes(mutated)


def mutate_inside(archive: bytes, rng: random.Random) -> bytes:
    """Mutate one part of a ZIP archive, whose own checksums then hold: the damage gets past the archive's reader."""
    parts = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(parts, "w") as target:
        names = source.namelist()
        main = max(source.infolist(), key=lambda entry: entry.file_size).filename
        chosen = main if rng.random() < 0.5 else rng.choice(names)
        for name in names:
            data = source.read(name)
            target.writestr(name, mutate(data, rng) if name == chosen else data)
    return parts.getvalue()


def healthy_documents(folder: Path, rng: random.Random) -> dict[Format, list[Path]]:
    """By format, documents of every one."""
    folder.mkdir()
    for suffix in (".txt", ".md", ".html", ".csv", ".xml"):
        write_document(folder / f"made{suffix}", rng)
    for suffix, (data, _) in FORMATS.items():
        (folder / f"example{suffix}").write_bytes(data)
    for suffix, data in DOCUMENTS.items():
        (folder / f"structured{suffix}").write_bytes(data)
    for path in HANDBOOK.iterdir():
        if path.suffix in (".pdf", ".docx"):
            shutil.copyfile(path, folder / path.name)
    by_format: dict[Format, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        by_format.setdefault(required_format(path, path.read_bytes()), []).append(path)
    return by_format


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rounds", "tries"), [pytest.param(1, 30, id="sample"), pytest.param(20, 500, id="soak", marks=pytest.mark.soak)]
)
def test_mutated_documents_are_indexed_or_refused_with_a_reason(tmp_path: Path, rounds: int, tries: int) -> None:
    for number in range(rounds):
        folder = tmp_path / str(number)
        with noted(f"seed {_SEED} {number}; the files are in {folder}"):
            folder.mkdir()
            check_mutated(folder, random.Random(f"{_SEED} {number}"), tries)
        shutil.rmtree(folder)


def check_mutated(folder: Path, rng: random.Random, tries: int) -> None:
    mutated, home = folder / "mutated", folder / "home"
    formats = list(healthy_documents(folder / "healthy", rng).values())
    healthy = [path for paths in formats for path in paths]
    mutated.mkdir()
    for number in range(tries):
        path = rng.choice(formats[number % len(formats)])
        data = path.read_bytes()
        change = mutate_inside if data.startswith(b"PK") and rng.random() < 0.8 else mutate
        (mutated / f"{number}-{path.name}").write_bytes(change(data, rng))
    files = [*sorted(mutated.iterdir()), *healthy]
    rng.shuffle(files)
    with closing(open_store(home, HashEmbedder())) as knowledge:
        outcomes = Ingestion(knowledge, WORKER, "default").run(files)
    for path, outcome in zip(files, outcomes, strict=True):
        with noted(str(outcome)):
            if outcome.status == "indexed":
                assert "".join(page.text for page in show(knowledge, str(path), EVERYTHING)[1]).strip()
            else:
                known = format_of(path)
                assert path.parent == mutated or (known and "ocr" in known.reader and not has_tesseract())
                assert outcome.reason in set(get_args(Reason)) - {"timeout"}
                assert outcome.detail.endswith(".")
    assert {outcome.status for outcome in outcomes} == {"indexed", "refused"}
    assert verify(home, SETTINGS) == []
