"""Rows of CSV, JSONL and Parquet files: what a person brings to train on."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from ingest.readers.base import Refused
from ingest.readers.encoding import decode
from ingest.readers.spreadsheet import delimiter_of
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
        remedy = _ONE_A_LINE if path.suffix.lower() == ".json" else f"Use {_KINDS}."
        raise UsageError("This kind of file cannot be trained on", where=str(path), remedy=remedy)
    return [path]


def _read(path: Path) -> tuple[Cells, ...]:
    try:
        return tuple(_READERS[path.suffix.lower()](path))
    except Refused as refusal:
        raise UsageError(f"The file cannot be read ({refusal.detail})", where=str(path), remedy=_MEND) from refusal
    except (ValueError, csv.Error, pyarrow.ArrowException) as error:
        said = " ".join(str(error).split())
        raise UsageError(f"The file cannot be read ({said})", where=str(path), remedy=_MEND) from error


def _text_of(path: Path) -> str:
    """In whichever encoding it was saved. Raises Refused for what is no text."""
    return decode(path.read_bytes())[0].removeprefix("\ufeff")


def _read_csv(path: Path) -> list[Cells]:
    """As Excel saves it in any country. What an unquoted delimiter parts of the last column is put together again."""
    csv.field_size_limit(2**31 - 1)  # a cell may be a whole document
    text = _text_of(path)
    delimiter = delimiter_of(text)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter))
    for number, row in enumerate(rows, 2):
        *first, last = row if None not in row else list(row)[:-1]
        if None in row and first:
            row[last] = delimiter.join([row[last], *row.pop(None)])
        if None in row or None in row.values():
            raise ValueError(f"row {number} has another number of cells than the first")
    return list(rows)


def _read_jsonl(path: Path) -> list[Cells]:
    rows: list[Cells] = []
    text = _text_of(path)
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            if not rows and _is_json(text):
                raise UsageError(_OVER_LINES, where=str(path), remedy=_ONE_A_LINE) from error
            raise ValueError(f"line {number}: {error.msg}") from error
        if not isinstance(row, dict):
            if isinstance(row, list) and row and all(isinstance(one, dict) for one in row):
                raise UsageError("The file is one list, in one line", where=str(path), remedy=_ONE_A_LINE)
            raise ValueError(f"line {number} is no JSON object")  # noqa: TRY004 - the file is wrong, not the code
        rows.append(row)
    return rows


def _is_json(text: str) -> bool:
    """Whether it is JSON as programs print it for people: a value, or several, over many lines."""
    place, decoder = 0, json.JSONDecoder()
    text = text.strip()
    try:
        while place < len(text):
            _, end = decoder.raw_decode(text, place)
            place = end + len(text[end:]) - len(text[end:].lstrip())
    except json.JSONDecodeError:
        return False
    return True


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
_MEND = "Correct or remove it."
_OVER_LINES = "The file is JSON that was written over many lines, and here each sample has a line of its own (JSONL)"
_ONE_A_LINE = (
    "Put each object in one line, without the brackets and commas around them; `jq -c '.[]' FILE` does it for a list."
)
