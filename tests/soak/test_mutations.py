"""Documents with random damage are indexed or refused with a reason; the job and their neighbours go on."""

import io
import random
import string
import zipfile
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from ingest.job import Ingestion
from ingest.readers.base import Reason
from tests.fakes import HashEmbedder
from tests.ingest.conftest import SETTINGS, WORKER
from tests.ingest.office import EXAMPLES
from tests.soak.folders import HANDBOOK, write_document
from tests.soak.noted import noted
from vectorstore.knowledge import KnowledgeBase
from vectorstore.library import show
from vectorstore.verification import verify

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


@pytest.mark.parametrize("tries", [pytest.param(30, id="sample"), pytest.param(500, id="soak", marks=pytest.mark.soak)])
def test_mutated_documents_are_indexed_or_refused_with_a_reason(tmp_path: Path, tries: int) -> None:
    rng = random.Random(_SEED)
    healthy, mutated, home = tmp_path / "healthy", tmp_path / "mutated", tmp_path / "home"
    healthy.mkdir()
    for number, suffix in enumerate((".csv", ".xml")):
        write_document(healthy / f"{number}{suffix}", rng)
    for suffix, data in EXAMPLES.items():
        (healthy / f"example{suffix}").write_bytes(data)
    originals = [*sorted(HANDBOOK.iterdir()), *sorted(healthy.iterdir())]
    by_suffix = {
        suffix: [path for path in originals if path.suffix == suffix] for suffix in {p.suffix for p in originals}
    }
    mutated.mkdir()
    for number in range(tries):
        path = rng.choice(by_suffix[sorted(by_suffix)[number % len(by_suffix)]])
        data = path.read_bytes()
        change = mutate_inside if data.startswith(b"PK") and rng.random() < 0.8 else mutate
        (mutated / f"{number}-{path.name}").write_bytes(change(data, rng))
    files = [*sorted(mutated.iterdir()), *sorted(healthy.iterdir())]
    with noted(f"seed {_SEED}; the files are in {mutated}"), closing(KnowledgeBase(home, HashEmbedder())) as knowledge:
        outcomes = Ingestion(knowledge, WORKER, "default").run(files)
    for path, outcome in zip(files, outcomes, strict=True):
        with noted(f"seed {_SEED}; {outcome}"):
            if outcome.status == "indexed":
                assert "".join(page.text for page in show(home, str(path))[1]).strip()
            else:
                assert path.parent == mutated
                assert outcome.reason in set(get_args(Reason)) - {"timeout"}
                assert outcome.detail.endswith(".")
    assert {outcome.status for outcome in outcomes} == {"indexed", "refused"}
    assert verify(home, SETTINGS) == []
