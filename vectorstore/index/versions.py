"""Immutable FAISS index generations on disk: hashed, written beside the old one, renamed into place.

FAISS loads a bit-flipped file without complaint and reports success on a truncated write, so the bytes are hashed
before
they are trusted and written, synced and renamed by us. The hash that counts is the one in SQLite; the manifest in the
folder repeats it for people.
"""

import hashlib
import json
import os
import shutil
import time
import uuid
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

from vectorstore.disk import sync
from vectorstore.errors import StoreError
from vectorstore.types import Vectors

ChunkIds = NDArray[np.int64]
"""Shape ``(n,)``."""

EXACT_UP_TO = 50_000
"""Vectors; more are kept as short codes. See docs/decisions/0016-index-by-size.md."""

_INDEX = "vectors.faiss"
_MANIFEST = "manifest.json"
_BUILDING = ".building-"
_WRITING_SECONDS = 3600.0
"""By far longer than writing a generation takes."""


class DamagedGeneration(StoreError):
    """A generation's files are missing or differ from what was published."""


def build_index(ids: ChunkIds, vectors: Vectors) -> faiss.IndexIDMap2:
    """An exact inner-product index over ``vectors`` that answers with ``ids``."""
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
    if len(ids):
        index.add_with_ids(np.ascontiguousarray(vectors), ids)
    return index


def train_codes(sample: Vectors) -> faiss.IndexIVFPQFastScan:
    """An empty index for vectors like those of ``sample``, each kept as 4 bits for every four dimensions.

    What a search in it gives are candidates: their scores are inexact. Product quantization (Jégou et al. 2011,
    doi:10.1109/TPAMI.2010.57), scanned in registers (André et al. 2015, doi:10.14778/2856318.2856324). All vectors are
    in one list: of FAISS's fast scans only that one takes ids and selectors.
    """
    dimension = sample.shape[1]
    measure = faiss.METRIC_INNER_PRODUCT
    index = faiss.IndexIVFPQFastScan(faiss.IndexFlatIP(dimension), dimension, 1, dimension // 4, 4, measure)
    index.train(np.ascontiguousarray(sample))
    return index


def write_generation(folder: Path, index: faiss.Index) -> tuple[str, str]:
    """Write ``index`` as a new generation under ``folder``; return its name and the SHA-256 of its index file."""
    name = f"g-{uuid.uuid4().hex[:12]}"
    building = folder / f"{_BUILDING}{name}"
    try:
        building.mkdir(parents=True)
        data = faiss.serialize_index(index)
        digest = hashlib.sha256(data).hexdigest()
        _write_synced(building / _INDEX, data)
        manifest = {
            "vectors": index.ntotal,
            "dimension": index.d,
            "files": {_INDEX: {"sha256": digest, "bytes": len(data)}},
        }
        _write_synced(building / _MANIFEST, json.dumps(manifest, indent=2).encode())
        building.rename(folder / name)
        sync(folder)
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        raise StoreError(
            "The index could not be written; the documents are stored and searchable",
            where=str(folder),
            remedy=f"({error.strerror}) Make room, then run `refdesk verify --repair`.",
        ) from error
    return name, digest


def load_generation(folder: Path, name: str, sha256: str) -> faiss.Index:
    """Load generation ``name`` after checking that its bytes have the hash ``sha256``; raises DamagedGeneration."""
    path = folder / name / _INDEX
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DamagedGeneration(
            "An index file is missing", where=str(path), remedy="Run `refdesk verify --repair`."
        ) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DamagedGeneration("An index file is damaged", where=str(path), remedy="Run `refdesk verify --repair`.")
    return faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))


def other_generations(folder: Path, current: str) -> list[str]:
    """What lies under ``folder`` beside ``current``: former generations, and what killed processes left behind.

    One that is being written at the moment is left out.
    """
    return [path.name for path in folder.iterdir() if path.name != current and not _being_written(path)]


def drop_generations(folder: Path, names: list[str]) -> None:
    """Delete generations ``names``. Running readers hold theirs in memory."""
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)


def _being_written(path: Path) -> bool:
    try:
        return path.name.startswith(_BUILDING) and path.stat().st_mtime > time.time() - _WRITING_SECONDS
    except FileNotFoundError:  # it has been finished, or given up, since the folder was listed
        return True


def _write_synced(path: Path, data: Buffer) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
