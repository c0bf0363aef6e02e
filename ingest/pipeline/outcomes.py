"""What becomes of the files of an ingestion."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.readers.base import Reason

Status = Literal["indexed", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. ``chunks`` counts those of its ``parts`` too, which are the addresses of the documents
    that were found within it; ``notes`` say what of it, or of them, was not read.
    """

    path: str
    status: Status
    chunks: int = 0
    document: int | None = None
    reason: Reason | None = None
    detail: str = ""
    notes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """After some files, or a part of a long one: how many files are done, of how many, the chunks embedded so far, what
    became of these files, and what ``share`` of the long one at ``path`` is done.
    """

    files_done: int
    files_total: int
    chunks: int
    outcomes: tuple[Outcome, ...] = ()
    path: str = ""
    share: float = 0.0


def summary(outcomes: Sequence[Outcome]) -> dict[str, int]:
    counts = Counter(outcome.status for outcome in outcomes)
    return {"indexed": counts["indexed"], "unchanged": counts["unchanged"], "refused": counts["refused"]}
