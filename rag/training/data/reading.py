"""What a reader learns from: files of four forms, told apart by what they hold.

Questions on paragraphs (SQuAD 1 or 2), and lines of JSON: questions with the sentences or passages that answer them,
sentences that a passage supports or not, and sections of documents with the questions that they answer. Each may be
packed with xz. MedQuAD's XML, a folder of it, is read as sections.
"""

import hashlib
import json
import lzma
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from lxml import etree

from rag.evaluation.squad import SquadFile, load_squad
from vectorstore.errors import UsageError

Support = Literal["supported", "contradicted", "not_enough"]
SUPPORT: tuple[Support, ...] = ("supported", "contradicted", "not_enough")
"""What a passage says of a sentence, in the order of the reader's outputs."""


@dataclass(frozen=True, slots=True)
class GroundedQuestion:
    """A question and, of its ``passages``, those that answer it (counted from 0); none where it cannot be answered."""

    question: str
    heading: str
    passages: tuple[str, ...]
    supporting: frozenset[int]


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence and what a passage says of it."""

    sentence: str
    passage: str
    label: Support


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a document, with a question that it answers.

    ``kind`` says what sections of this kind tell of their subject; ``names`` are other names of the subject.
    """

    document: str
    subject: str
    names: tuple[str, ...]
    kind: str
    question: str
    text: str


ReadingForm = Literal["questions", "grounded", "support", "sections"]


_NO_QUESTIONS = SquadFile((), ())


@dataclass(frozen=True, slots=True)
class ReadingFile:
    """A file by its ``name``, without endings, in the form that it has: ``form`` says which one is not empty.

    ``problems`` say which lines are left out, and why.
    """

    path: Path
    name: str
    sha256: str
    form: ReadingForm
    questions: SquadFile = _NO_QUESTIONS
    grounded: tuple[GroundedQuestion, ...] = ()
    support: tuple[CheckedSentence, ...] = ()
    sections: tuple[Section, ...] = ()
    problems: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many questions, sentences or sections there are."""
        return len(self.questions.questions) + len(self.grounded) + len(self.support) + len(self.sections)


def read_reading_files(paths: Sequence[Path]) -> list[ReadingFile]:
    """Read every file; of a folder those of a known kind, in the order of their names.

    Raises UsageError where a file is missing or of no known form, or when two have one name.
    """
    files = [file for path in paths for file in _of(path)]
    names: set[str] = set()
    for file in files:
        if file.name in names:
            raise UsageError("Two files have the same name", where=str(file.path), remedy="Rename one of them.")
        names.add(file.name)
    return files


SUFFIXES = (".json", ".jsonl", ".xml", ".xz")


def _of(path: Path) -> list[ReadingFile]:
    if path.is_dir():
        inside = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        documents = [file for file in inside if file.suffix == ".xml"]
        found = [_read(file) for file in inside if file.name.removesuffix(".xz").endswith((".json", ".jsonl"))]
        if documents:
            found.append(_read_documents(documents))
        if not found:
            raise UsageError("This folder holds no data", where=str(path), remedy=_EXPECTED)
        return found
    if not path.is_file():
        raise UsageError("No such file", where=str(path), remedy=_EXPECTED)
    return [_read(path)]


def _read(path: Path) -> ReadingFile:
    plain = path.name.removesuffix(".xz")
    name, digest = Path(plain).stem, hashlib.sha256(path.read_bytes()).hexdigest()
    if plain.endswith(".json"):
        return _read_questions(path, name, digest)
    if plain.endswith(".jsonl"):
        return _read_lines(path, name, digest)
    raise UsageError("This kind of file cannot be learned from", where=str(path), remedy=_EXPECTED)


def _read_questions(path: Path, name: str, digest: str) -> ReadingFile:
    whole = load_squad(path)
    fit, problems = [], []
    for item in whole.questions:
        if item.answers and all(answer.start is None for answer in item.answers):
            # It teaches nothing, not even that there is no answer.
            problems.append(f"{path.name}, {item.id}: its answer does not stand in its paragraph")
        else:
            fit.append(item)
    questions = replace(whole, questions=tuple(fit))
    return ReadingFile(path, name, digest, "questions", questions=questions, problems=tuple(problems))


_EXPECTED = (
    "Name questions in the form of SQuAD (.json), or .jsonl files with question, passages, supporting and answerable; "
    "with sentence, passage and label; or with document, subject, kind, question and text; packed with .xz or not."
)


# --- Lines of JSON


class _Unfit(Exception):
    """The line is not of its file's form."""


def _read_lines(path: Path, name: str, digest: str) -> ReadingFile:
    rows: list[Any] = []
    problems: list[str] = []
    form: ReadingForm | None = None
    for number, row in _lines(path):
        form = form or _form_of(row)
        if form is None:
            break
        try:
            if missing := _COLUMNS[form] - row.keys():
                raise _Unfit(f"{min(missing)} is missing")
            rows.append(_ROWS[form](row))
        except _Unfit as problem:
            problems.append(f"{path.name}:{number}: {problem}")
    if form is None:
        raise UsageError("There is nothing to learn from in it", where=str(path), remedy=_EXPECTED)
    content: Any = {form: tuple(rows)}
    return ReadingFile(path, name, digest, form, problems=tuple(problems), **content)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        with path.open("rb") as packed, lzma.open(packed) if path.suffix == ".xz" else packed as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                row = json.loads(line.decode("utf-8-sig"))
                if not isinstance(row, dict):
                    raise TypeError("no JSON object")
                yield number, row
    except (OSError, EOFError, ValueError, TypeError, lzma.LZMAError) as error:
        raise UsageError(
            f"The file cannot be read ({error} after line {max(0, number - 1)})",
            where=str(path),
            remedy="Correct or remove it.",
        ) from error


def _form_of(row: Mapping[str, Any]) -> ReadingForm | None:
    return next((form for form, columns in _COLUMNS.items() if columns <= row.keys()), None)


def _grounded(row: Mapping[str, Any]) -> GroundedQuestion:
    passages = row["passages"]
    if not isinstance(passages, list) or not all(isinstance(text, str) for text in passages):
        raise _Unfit("passages are no list of texts")
    if not any(text.strip() for text in passages):
        raise _Unfit("passages is empty")
    if row.get("history"):
        raise _Unfit("it goes on from a conversation, without which it says too little")
    supporting = row["supporting"] if row["answerable"] else []
    if not isinstance(supporting, list) or not set(supporting) <= set(range(len(passages))):
        raise _Unfit("supporting names passages that are not there")
    if row["answerable"] and not supporting:
        raise _Unfit("it is answerable, but supporting names no passage")
    title = row.get("title")
    heading = title if isinstance(title, str) else ""
    return GroundedQuestion(_text(row, "question"), heading, tuple(passages), frozenset(supporting))


def _checked(row: Mapping[str, Any]) -> CheckedSentence:
    if row["label"] not in SUPPORT:
        raise _Unfit(f"label is none of {', '.join(SUPPORT)}")
    return CheckedSentence(_text(row, "sentence"), _text(row, "passage"), row["label"])


def _section(row: Mapping[str, Any]) -> Section:
    names = row.get("names") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _Unfit("names are no list of texts")
    document, subject, kind, question, text = (_text(row, column) for column in _SECTION)
    return Section(document, subject, tuple(names), kind, question, text)


def _text(row: Mapping[str, Any], column: str) -> str:
    value = row[column]
    if not isinstance(value, str):
        raise _Unfit(f"{column} is no text")
    if not value.strip():
        raise _Unfit(f"{column} is empty")
    return value.strip()


_SECTION = ("document", "subject", "kind", "question", "text")
_COLUMNS: Mapping[ReadingForm, frozenset[str]] = {
    "grounded": frozenset({"question", "passages", "supporting", "answerable"}),
    "support": frozenset({"passage", "sentence", "label"}),
    "sections": frozenset(_SECTION),
}
_ROWS: Mapping[ReadingForm, Callable[[Mapping[str, Any]], object]] = {
    "grounded": _grounded,
    "support": _checked,
    "sections": _section,
}


# --- Documents of questions and answers in XML


def _read_documents(files: Sequence[Path]) -> ReadingFile:
    """All that have the form of MedQuAD: a Focus, and a QAPair for each section. The file is called as their folder."""
    folder = Path(os.path.commonpath([file.parent for file in files]))
    digest = hashlib.sha256()
    sections: list[Section] = []
    problems: list[str] = []
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    for file in files:
        data = file.read_bytes()
        digest.update(hashlib.sha256(data).digest())
        try:
            found = _sections_of(etree.fromstring(data, parser), file.relative_to(folder).with_suffix("").as_posix())
        except etree.XMLSyntaxError as error:
            problems.append(f"{file.name}: {error.msg}")
            continue
        sections += found
        if not found:
            problems.append(f"{file.name}: it holds no questions with answers")
    return ReadingFile(
        folder, folder.name, digest.hexdigest(), "sections", sections=tuple(sections), problems=tuple(problems)
    )


def _sections_of(root: Any, document: str) -> list[Section]:
    subject = _line(root.findtext("Focus"))
    names = tuple(filter(None, (_line(name.text) for name in root.iter("Synonym"))))
    sections = []
    for pair in root.iter("QAPair"):
        asked = pair.find("Question")
        kind = "" if asked is None else asked.get("qtype", "")
        question, text = _question(pair.findtext("Question")), _line(pair.findtext("Answer"))
        if subject and kind and question and text:
            sections.append(Section(document, subject, names, kind, question, text))
    return sections


def _question(text: str | None) -> str:
    """Without what was put into brackets for another number of subjects, and with one question mark."""
    return re.sub(r"[\s?]+\?$", "?", re.sub(r"\s+\([a-z]+\)", "", _line(text)))


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
