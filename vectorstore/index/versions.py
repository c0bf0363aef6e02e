"""Index versions on disk, immutable: hashed, written beside the old one, renamed into place.

FAISS loads a bit-flipped file without complaint and reports success on a truncated write, so the bytes are hashed
before they are trusted and written, synced and renamed by us. The hash that counts is the one in SQLite; the manifest
in the folder repeats it for people.
"""

import hashlib
import json
import os
import shutil
import time
import uuid
from pathlib import Path

from typing_extensions import Buffer

from vectorstore.disk import sync
from vectorstore.errors import StoreError
from vectorstore.index.types import IndexVersion

INDEX_FILE = "vectors.faiss"
_MANIFEST = "manifest.json"
_BUILDING = ".building-"
_WRITING_SECONDS = 3600.0
"""By far longer than writing a version takes."""


class DamagedIndex(StoreError):
    """A version's files are missing or differ from what was published."""


def write_version(folder: Path, data: memoryview, *, vectors: int, dimension: int, high_water: int) -> IndexVersion:
    """Write the ``data`` of an index as a new version under ``folder``. Raises StoreError."""
    name = f"v-{uuid.uuid4().hex[:12]}"
    building = folder / f"{_BUILDING}{name}"
    try:
        building.mkdir(parents=True)
        digest = hashlib.sha256(data).hexdigest()
        _write_synced(building / INDEX_FILE, data)
        manifest = {
            "vectors": vectors,
            "dimension": dimension,
            "files": {INDEX_FILE: {"sha256": digest, "bytes": len(data)}},
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
    return IndexVersion(name, digest, high_water)


def read_version(folder: Path, version: IndexVersion) -> bytes:
    """The data of a version, after checking that it has the version's hash. Raises DamagedIndex."""
    path = folder / version.name / INDEX_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DamagedIndex(
            "An index file is missing", where=str(path), remedy="Run `refdesk verify --repair`."
        ) from error
    if hashlib.sha256(data).hexdigest() != version.sha256:
        raise DamagedIndex("An index file is damaged", where=str(path), remedy="Run `refdesk verify --repair`.")
    return data


def drop_versions(folder: Path, *, but: str) -> None:
    """Delete what lies under ``folder`` beside version ``but``: former versions, and what killed processes left behind.

    One that is being written at the moment is left alone. Running readers hold theirs in memory.
    """
    for path in folder.iterdir() if folder.exists() else ():
        if path.name != but and not _being_written(path):
            shutil.rmtree(path, ignore_errors=True)


def drop_version(folder: Path, name: str) -> None:
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
