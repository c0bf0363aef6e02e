"""Data looked at before a reader is trained on them. None of what trains is imported: it takes seconds."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.jobs.types import OnProgress
from rag.reader.trained import base_of
from rag.training.data.reading import ReadingFile
from rag.training.data.samples import Sample
from rag.training.data.validation import check_samples
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.data import ReaderData, load_reader_data
from rag.training.reader.documents import NO_DOCUMENTS, ReadDocuments
from vectorstore.models import ResolvedModel

_PROBLEMS_SHOWN = 20
_LOOKED_AT = 3_000
"""Rows at most whose text is looked at, drawn from all."""
_FEW = 50


def check_reader_data(
    data: Sequence[Path],
    model: ResolvedModel,
    training: ReaderTraining,
    on_phase: OnProgress = lambda *_: None,
    documents: ReadDocuments = NO_DOCUMENTS,
) -> dict[str, Any]:
    """What training on the data would begin with: see ``rag.training.data.validation``, whose figures are of at most
    3,000 rows. Beside that how many lines are ``left_out``, with the first ``problems``; of each file its form, and
    what is learned and kept apart of it; and the ``steps`` of at most so many ``epochs``.

    Raises UsageError where ``finetune_reader`` would.
    """
    on_phase("Reading the data", 0, 0)
    words_alone = not base_of(model).is_packed
    found = load_reader_data(data, training, words_alone=words_alone, documents=documents)
    on_phase("Looking at the rows", 0, 0)
    learned, apart = (_drawn(side, training.seed) for side in (found.learned, found.apart))
    checked = check_samples(learned, apart, [len(sample.text.split()) for sample in learned])
    problems = [problem for file in found.files for problem in file.problems]
    return checked | {
        "samples": found.rows,
        "held_out": sum(map(len, found.apart)),
        "words": checked["tokens"],
        "warnings": [*doubts_of(found), *checked["warnings"]],
        "left_out": len(problems),
        "problems": problems[:_PROBLEMS_SHOWN],
        "form": "reading",
        "files": found.shown(),
        "epochs": training.epochs,
        "steps": found.steps(training),
    }


def doubts_of(found: ReaderData) -> list[str]:
    """What a reader would learn wrongly, or not at all."""
    doubts = list(found.unused)
    if found.documents.unread:
        doubts.append(f"Documents that cannot be read: {found.documents.unread:,}")
    if found.rows < _FEW:
        doubts.append(f"Only {found.rows} rows to learn from: a reader learns little from fewer than some hundred")
    for file in found.learned:
        labels = Counter(item.label for item in file.support)
        if len(labels) == 1:
            doubts.append(f"{file.name}: every sentence is {next(iter(labels))}; it would learn to say so of all")
        said = defaultdict(set)
        for item in file.support:
            said[item.passage, item.sentence].add(item.label)
        if twice := sum(len(of) > 1 for of in said.values()):
            doubts.append(f"{file.name}: sentences with two labels beside the same passage: {twice:,}")
        asked = Counter(
            (question.text, file.questions.paragraphs[question.paragraph].text) for question in file.questions.questions
        )
        if doubled := asked.total() - len(asked):
            doubts.append(f"{file.name}: questions asked twice of the same paragraph: {doubled:,}")
    return doubts


def _drawn(files: Sequence[ReadingFile], seed: int) -> list[Sample]:
    """What is written in the files, drawn where it is much."""
    every = [sample for file in files for sample in _samples(file)]
    return random.Random(seed).sample(every, min(_LOOKED_AT, len(every)))


def _samples(file: ReadingFile) -> Iterator[Sample]:
    texts: Iterable[tuple[str, str]] = (
        *((item.text, file.questions.paragraphs[item.paragraph].text) for item in file.questions.questions),
        *((item.question, "\n".join(item.passages)) for item in file.grounded),
        *((item.sentence, item.passage) for item in file.support),
        *((item.question, item.text) for item in file.sections),
    )
    for number, (asked, passage) in enumerate(texts, 1):
        yield Sample(f"{file.name}:{number}", text=f"{asked}\n{passage}")
