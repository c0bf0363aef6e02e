"""Files to train on that came through the browser: where they are kept. No answer uses them."""

from pathlib import Path, PurePosixPath

from ingest.sources.uploads import checked_name
from rag.files import explained, write_text
from vectorstore.errors import UsageError

FOLDER = "training-data"
SAMPLE = Path(__file__).with_name("sample.jsonl")
"""Questions to a bicycle shop, answered in the manner of the house: to try training with."""


def data_file(home: Path, name: str) -> Path:
    """Where the file that came as ``name`` is kept. Raises UsageError if it cannot be."""
    parts = PurePosixPath(name).parts
    if not parts:
        raise UsageError("The file has no name", remedy="Name it.")
    return home.resolve() / FOLDER / Path(*map(checked_name, parts))


def data_files(home: Path) -> list[Path]:
    """All that are kept, the newest first."""
    kept = [path for path in (home.resolve() / FOLDER).rglob("*") if path.is_file() and not path.name.startswith(".")]
    return sorted(kept, key=lambda path: path.stat().st_mtime, reverse=True)


def add_sample(home: Path) -> Path:
    """Keep the sample among them, and return where. Raises RefdeskError when it cannot be written."""
    file = data_file(home, "bicycle-shop.jsonl")
    write_text(file, SAMPLE.read_text(encoding="utf-8"))
    return file


def remove_data_file(home: Path, path: Path) -> None:
    """Delete one of them. Raises UsageError for any other file."""
    if path not in data_files(home):
        raise UsageError("This file is not kept here", where=str(path), remedy="Reload the page.")
    with explained(path.parent):
        path.unlink()
