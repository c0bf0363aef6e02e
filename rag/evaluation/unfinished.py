"""The questions that an evaluation has asked so far, so that one that was killed can go on."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from rag.evaluation.runs import parsed_item, runs_folder
from rag.evaluation.types import Item


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """``items`` are those of the runs before; ``keep`` writes each further one down before the next is asked."""

    items: tuple[Item, ...] = ()
    file: BinaryIO | None = None

    def keep(self, item: Item) -> None:
        if self.file:
            line = json.dumps(dataclasses.asdict(item), ensure_ascii=False) + "\n"
            self.file.write(line.encode(errors="replace"))
            self.file.flush()


@contextmanager
def unfinished(home: Path, setup: Mapping[str, Any], *, resume: bool) -> Iterator[Asked]:
    """What an evaluation with the same ``setup`` (data, settings, models) has asked; nothing unless ``resume``.

    It is kept in a file beside the evaluations until this one has come to its end.
    """
    key = hashlib.sha256(json.dumps(setup, sort_keys=True).encode()).hexdigest()[:16]
    path = runs_folder(home) / f"unfinished-{key}.jsonl"
    path.touch()
    with path.open("r+b") as file:
        lines = file.read() if resume else b""
        whole = lines[: lines.rfind(b"\n") + 1]  # the last line may have been cut off
        file.seek(len(whole))
        file.truncate()
        yield Asked(tuple(parsed_item(json.loads(line)) for line in whole.splitlines()), file)
    path.unlink()
