"""Sentences that generators wrote from real passages, labelled by hand.

The file holds the sentences, their labels, and where their passages stand in the data; the passages themselves are
read from the data when it is there.
"""

import functools
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from benchmarks.data import unpack_medquad
from benchmarks.sentences.cases import Case
from rag.evaluation.squad import SquadFile, load_squad
from vectorstore.errors import UsageError
from vectorstore.types import HEADING_SEPARATOR, Chunk

SENTENCES = Path(__file__).parents[1] / "generated_sentences.json"

HELD_OUT = "held out"
TRIED = "tried on while the check was written"

_INDENT = re.compile(r"[ \t]*\n[ \t]*")


@dataclass(frozen=True, slots=True)
class _Record:
    """A paragraph of a SQuAD file or an answer of MedQuAD, and what it stands under."""

    title: str
    heading: str
    text: str


def labelled_answers(data: Path, work: Path, sentences: Path = SENTENCES) -> list[list[Case]]:
    """The sentences of each answer in turn, with the passages that the generator was shown.

    A case's kind is its generator; its group says whether the check was tried on it while it was written. Raises
    UsageError when the data are others than those that the labels were made on.
    """
    written = json.loads(sentences.read_text(encoding="utf-8"))
    for name, expected in written["files"].items():
        if hashlib.sha256((data / name).read_bytes()).hexdigest() != expected:
            raise UsageError(
                "These are not the data that the sentences were written from",
                where=str(data / name),
                remedy=f"{sentences.name} has the SHA-256 of the right file.",
            )
    reading = _Reading(data, unpack_medquad(data, work / "medquad"))
    return [_cases(answer, reading) for answer in written["answers"]]


def _cases(answer: Mapping[str, Any], reading: "_Reading") -> list[Case]:
    chunks = tuple(_chunk(n, pieces, reading) for n, pieces in enumerate(answer["passages"]))
    question = reading.question(*answer["question"])
    return [
        Case(
            HELD_OUT if sentence.get("held_out") else TRIED,
            answer["generator"],
            sentence["supported"],
            sentence["text"],
            chunks,
            question,
        )
        for sentence in answer["sentences"]
    ]


def _chunk(number: int, pieces: Sequence[tuple[str, str, int, int]], reading: "_Reading") -> Chunk:
    records = [reading.record(file, key) for file, key, _, _ in pieces]
    slices = [record.text[start:end] for record, (_, _, start, end) in zip(records, pieces, strict=True)]
    text = "\n\n".join(_INDENT.sub("\n", piece).strip() for piece in slices)
    file = pieces[0][0]
    return Chunk(number, number, records[0].title, file, None, 0, len(text), records[0].heading, text)


class _Reading:
    """The data files, each read once."""

    def __init__(self, data: Path, medquad: Path) -> None:
        self._data = data
        self._medquad = medquad
        self._squad = functools.cache(self._load_squad)
        self._document = functools.cache(self._load_document)

    def question(self, file: str, key: str) -> str:
        """The text of the question that the file knows as ``key``."""
        if file.endswith(".xml"):
            return self._document(file)[key].heading.partition(HEADING_SEPARATOR)[2]
        return next(question.text for question in self._squad(file).questions if question.id == key)

    def record(self, file: str, key: str) -> _Record:
        """The answer to the question that the file knows as ``key``, or the paragraph of that number."""
        if file.endswith(".xml"):
            return self._document(file)[key]
        paragraph = self._squad(file).paragraphs[int(key)]
        return _Record(paragraph.title, "", paragraph.text)

    def _load_squad(self, file: str) -> SquadFile:
        return load_squad(self._data / file)

    def _load_document(self, file: str) -> dict[str, _Record]:
        root = etree.parse(self._medquad / file).getroot()
        focus = (root.findtext("Focus") or "").strip()
        records = {}
        for pair in root.iterfind("QAPairs/QAPair"):
            for question in pair.iterfind("Question"):
                heading = f"{focus} > {' '.join((question.text or '').split())}"
                records[str(question.get("qid"))] = _Record(focus, heading, pair.findtext("Answer") or "")
        return records
