"""Rows of CSV, JSONL and Parquet files: what a person brings to train on."""

import csv
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from vectorstore.errors import UsageError

Cells = Mapping[str, Any]
"""A row: column to value."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file and its rows, in their order."""

    path: Path
    sha256: str
    rows: tuple[Cells, ...]


def read_tables(paths: Sequence[Path]) -> list[TableFile]:
    """Read every file; of a folder those of a known kind, in the order of their names.

    Raises UsageError where a file is missing, of another kind, or cannot be read as what its name says.
    """
    files = [file for path in paths for file in _files(path)]
    return [TableFile(file, hashlib.sha256(file.read_bytes()).hexdigest(), _read(file)) for file in files]


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in _READERS and file.is_file())
        if not inside:
            raise UsageError("This folder holds no data", where=str(path), remedy=f"Put in {_KINDS} files.")
        return inside
    if not path.is_file():
        raise UsageError("No such file", where=str(path), remedy=f"Name {_KINDS} files, or a folder of them.")
    if path.suffix.lower() not in _READERS:
        raise UsageError("This kind of file cannot be trained on", where=str(path), remedy=f"Use {_KINDS}.")
    return [path]


def _read(path: Path) -> tuple[Cells, ...]:
    try:
        return tuple(_READERS[path.suffix.lower()](path))
    except (ValueError, csv.Error, pyarrow.ArrowException) as error:  # wrong UTF-8 is a ValueError too
        raise UsageError(
            f"The file cannot be read ({' '.join(str(error).split())})", where=str(path), remedy="Correct or remove it."
        ) from error


def _read_csv(path: Path) -> list[Cells]:
    csv.field_size_limit(2**31 - 1)  # a cell may be a whole document
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise ValueError(f"row {number} has another number of cells than the first")
    return list(rows)


def _read_jsonl(path: Path) -> list[Cells]:
    rows: list[Cells] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"line {number}: {error.msg}") from error
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is no JSON object")  # noqa: TRY004 - the file is wrong, not the code
        rows.append(row)
    return rows


def _read_parquet(path: Path) -> list[Cells]:
    rows: list[Cells] = pyarrow.parquet.read_table(path).to_pylist()
    return rows


_READERS: dict[str, Callable[[Path], list[Cells]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
SUFFIXES = tuple(_READERS)
_KINDS = "CSV, JSONL or Parquet"
