"""Corrections, kept in the home as examples for a schema: a JSON file each, so that nothing is ever half written."""

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vectorstore.errors import RefdeskError

FOLDER = "form-examples"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Example:
    """What a person said about one field of one document: ``value`` is None where the document does not hold it.

    ``text`` is the document's, in which the value begins at ``start``; ``fingerprint`` is what documents of the same
    sender share; ``label`` is the words that announce the value there, and ``place`` where it begins: the page from 0,
    and shares of its width and height.
    """

    document: str
    field: str
    value: str | None
    normalised: str | None
    questions: tuple[str, ...]
    text: str
    start: int
    fingerprint: tuple[str, ...]
    label: str = ""
    place: tuple[int, float, float] | None = None
    number: int = 0
    """Which of a repeated field's values it is."""

    @property
    def id(self) -> str:
        """Alike for the same field of the same document, whose later example replaces the earlier."""
        named = f"{self.field}\0{self.text}" + (f"\0{self.number}" if self.number else "")
        return hashlib.sha256(named.encode()).hexdigest()[:24]


class ExampleStore:
    """The examples of all schemas of a home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def put(self, schema: str, examples: Sequence[Example]) -> None:
        """What is known of one field of one document now, a value each. Raises RefdeskError where it is not kept."""
        for example in examples:
            self._write(schema, example)
        kept = {example.id for example in examples}
        for known in self.all(schema):
            if known.id not in kept and (known.field, known.text) == (examples[0].field, examples[0].text):
                (self._folder / _safe(schema) / f"{known.id}.json").unlink(missing_ok=True)

    def _write(self, schema: str, example: Example) -> None:
        path = self._folder / _safe(schema) / f"{example.id}.json"
        value = {"version": _VERSION, **dataclasses.asdict(example)}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_suffix(".half")
            with half.open("w", encoding="utf-8") as file:
                json.dump(value, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
        except OSError as error:
            remedy = "Free space or correct the permissions."
            raise RefdeskError(
                f"The correction cannot be kept ({error.strerror})", where=str(path), remedy=remedy
            ) from error

    def all(self, schema: str) -> list[Example]:
        """Those of a schema; a file that is damaged is left out."""
        found = []
        for path in sorted((self._folder / _safe(schema)).glob("*.json")):
            try:
                found.append(_example(json.loads(path.read_text(encoding="utf-8"))))
            except (OSError, ValueError, TypeError, KeyError):
                continue
        return found

    def clear(self, schema: str) -> int:
        count = len(self.all(schema))
        shutil.rmtree(self._folder / _safe(schema), ignore_errors=True)
        return count


def squad(schema: str, examples: Sequence[Example]) -> dict[str, Any]:
    """The examples in the form of SQuAD 2, a paragraph a document."""
    paragraphs: dict[str, dict[str, Any]] = {}
    for example in examples:
        paragraph = paragraphs.setdefault(example.text, {"context": example.text, "qas": []})
        answers = [] if example.value is None else [{"text": example.value, "answer_start": example.start}]
        paragraph["qas"] += [
            {"id": f"{example.id}-{number}", "question": question, "answers": answers, "is_impossible": not answers}
            for number, question in enumerate(example.questions)
        ]
    kept = [paragraph for paragraph in paragraphs.values() if paragraph["qas"]]
    return {"version": "v2.0", "data": [{"title": schema, "paragraphs": [paragraph]} for paragraph in kept]}


def _example(value: dict[str, Any]) -> Example:
    if value.pop("version") != _VERSION:
        raise ValueError
    for name in ("questions", "fingerprint"):
        value[name] = tuple(value[name])
    value["place"] = tuple(value["place"]) if value["place"] else None
    return Example(**value)


def _safe(schema: str) -> str:
    """A schema's name as a folder's; one from a file may have any."""
    return "".join(character if character.isalnum() or character in "-_" else "_" for character in schema)
