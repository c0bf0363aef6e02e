"""The files that a reader learns from, what is kept apart of them, and how many steps they make."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.training.data.reading import ReadingFile, read_reading_files
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.document_rows import DOCUMENTS, DocumentRows
from rag.training.reader.documents import NO_DOCUMENTS, ReadDocuments
from rag.training.reader.mixture import WEIGHTS, read_weights, sources_of
from rag.training.reader.rows import Source
from rag.training.reader.splitting import split
from vectorstore.errors import UsageError

_NEEDED = (
    "Training needs questions with an answer that stands in their paragraph, or lines of another form, outside the "
    "held-out part."
)


@dataclass(frozen=True, slots=True)
class ReaderData:
    """``files`` in two parts of the same order, ``learned`` and ``apart``, with their ``factors``; and the rows.

    ``unused`` says of which files this reader can learn nothing; ``asked_of_documents`` counts the questions that the
    ``documents`` ask of themselves.
    """

    files: tuple[ReadingFile, ...]
    learned: tuple[ReadingFile, ...]
    apart: tuple[ReadingFile, ...]
    factors: tuple[float, ...]
    sources: tuple[Source, ...]
    unused: tuple[str, ...] = ()
    documents: ReadDocuments = NO_DOCUMENTS
    asked_of_documents: int = 0

    @property
    def rows(self) -> int:
        """What is learned, without near misses."""
        parts = zip(self.learned, self.factors, strict=True)
        return sum(len(file) for file, factor in parts if factor)

    def batches_an_epoch(self, training: ReaderTraining) -> int:
        return math.ceil(self.rows / training.batch)

    def steps(self, training: ReaderTraining) -> int:
        planned = training.epochs * self.batches_an_epoch(training)
        return min(planned, training.max_steps or planned)

    def recorded(self) -> dict[str, str]:
        """What tells these data from others: hash and factor of each file, and the hash of the documents."""
        parts = zip(self.files, self.factors, strict=True)
        found = {file.name: f"{file.sha256} x{factor:g}" for file, factor in parts}
        return found | ({DOCUMENTS: self.documents.sha256} if self.asked_of_documents else {})

    def shown(self) -> dict[str, dict[str, Any]]:
        """For a report: of each file what it holds, how much is learned and kept apart, and its share of the rows."""
        whole = sum(source.weight for source in self.sources)
        found = {}
        for file, learned, apart in zip(self.files, self.learned, self.apart, strict=True):
            own = sum(source.weight for source in self.sources if source.file == file.name)
            found[file.name] = {
                "form": file.form,
                "sha256": file.sha256,
                "training": len(learned),
                "held_out": len(apart),
                "left_out": len(file.problems),
                "share_of_rows": own / whole,
            }
        if self.asked_of_documents:
            own = sum(source.weight for source in self.sources if source.file == DOCUMENTS)
            found[DOCUMENTS] = {
                "form": "documents",
                "sha256": self.documents.sha256,
                "training": self.asked_of_documents,
                "held_out": 0,
                "left_out": self.documents.unread,
                "share_of_rows": own / whole,
            }
        return found


def load_reader_data(
    paths: Sequence[Path], training: ReaderTraining, *, words_alone: bool, documents: ReadDocuments = NO_DOCUMENTS
) -> ReaderData:
    """Read the files and put the share ``training.held_out`` of each apart. A reader that learns ``words_alone`` has no
    use for any but question files.

    Raises UsageError when a file cannot be used, when ``documents`` have neither headings nor entries to ask of, or
    when there is nothing to learn from.
    """
    files = read_reading_files(paths)
    weights = read_weights(paths)
    if unknown := weights.keys() - {file.name for file in files}:
        raise UsageError("There is no such file", where=f"{WEIGHTS}: {min(unknown)}", remedy="Correct its name.")
    unused = [file.name for file in files if words_alone and file.form != "questions"]
    files = [file for file in files if file.name not in unused]
    parts = [split(file, training.held_out) for file in files]
    learned, apart = tuple(part[0] for part in parts), tuple(part[1] for part in parts)
    asking = _asking(documents) if documents.documents and training.from_documents and not words_alone else None
    sources = tuple(sources_of(learned, weights, training, asking))
    if not sources:
        raise UsageError(
            "There is nothing to learn from",
            where=", ".join(map(str, paths)),
            remedy="Training needs questions with an answer that stands in their paragraph, outside the held-out part."
            if words_alone
            else _NEEDED,
        )
    factors = tuple(weights.get(file.name, 1.0) for file in files)
    if words_alone and documents.documents:
        unused.append(DOCUMENTS)
    said = tuple(f"{name}: this model marks words alone, and learns from questions only" for name in unused)
    count = len(asking.items) if asking else 0
    return ReaderData(tuple(files), learned, apart, factors, sources, said, documents, count)


def _asking(documents: ReadDocuments) -> DocumentRows:
    rows = DocumentRows(documents.documents)
    if not rows.items:
        raise UsageError(
            "The documents ask nothing",
            where=f"{len(documents.documents):,} documents",
            remedy="Name English documents with headings of some words, or with lists of terms.",
        )
    return rows
