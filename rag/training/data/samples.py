"""What a generator learns from, and how the columns of a table are understood."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rag.generators.prompts import build_messages
from rag.training.data.tables import Cells, TableFile
from vectorstore.errors import UsageError

Message = Mapping[str, str]
"""A turn of a chat: ``role`` (system, user or assistant) and ``content``."""
DataForm = Literal["text", "pairs", "messages", "preferences", "labels"]

_PROMPT = ("prompt", "question", "instruction")
_ANSWER = ("answer", "completion", "response")
_CONTEXT = ("context", "passage")
ROLES = {"human": "user", "ai": "assistant", "system": "system"}
"""LangChain's names of those who speak, and everybody else's."""
_UNBOUNDED = 1 << 30


@dataclass(frozen=True, slots=True)
class Sample:
    """One thing to learn: a raw ``text``, or a chat whose assistant's turns are learned.

    ``rejected``, where set, is an answer that people liked less than the last one of ``messages``; ``label``, where
    set, is the class of ``text``. ``place`` is the file and the row, counted from 1.
    """

    place: str
    text: str = ""
    messages: tuple[Message, ...] = ()
    rejected: str = ""
    label: str = ""

    @property
    def prompt(self) -> tuple[Message, ...]:
        """The chat without its last answer."""
        return self.messages[:-1]

    @property
    def answer(self) -> str:
        """The last answer of the chat."""
        return self.messages[-1]["content"] if self.messages else ""

    @property
    def words(self) -> str:
        """Everything that is written in it."""
        return "\n".join(filter(None, [self.text, *(turn["content"] for turn in self.messages), self.rejected]))


def form_of(columns: Sequence[str]) -> DataForm | None:
    """What a table with these columns holds; None if it is nothing to train on."""
    named = set(columns)
    if {"prompt", "chosen", "rejected"} <= named:
        return "preferences"
    if "messages" in named:
        return "messages"
    if named & set(_PROMPT) and named & set(_ANSWER):
        return "pairs"
    if {"text", "label"} <= named:
        return "labels"
    return "text" if "text" in named else None


def read_samples(file: TableFile, form: DataForm) -> tuple[list[Sample], list[str]]:
    """The samples of a table, and for each row that is none of that form: where and why."""
    samples, problems = [], []
    for number, row in enumerate(file.rows, 1):
        place = f"{file.path.name}:{number}"
        try:
            samples.append(_READ[form](place, row))
        except _Unfit as problem:
            problems.append(f"{place}: {problem}")
    return samples, problems


def common_form(files: Sequence[TableFile]) -> DataForm:
    """The form that all files share. Raises UsageError where one has none, or another than the first."""
    first: DataForm | None = None
    for file in files:
        columns = list(file.rows[0]) if file.rows else []
        form = form_of(columns)
        if form is None:
            raise UsageError(
                f"There is nothing to train on in the columns {', '.join(columns) or '(none)'}",
                where=str(file.path),
                remedy="Name the columns text; or prompt and answer (and context); or messages; "
                "or prompt, chosen and rejected; or text and label.",
            )
        if first not in (None, form):
            raise UsageError(
                f"This holds {form}, the files before it {first}",
                where=str(file.path),
                remedy="Train on files of one form at a time.",
            )
        first = form
    assert first is not None
    return first


class _Unfit(Exception):
    """The row is not of its table's form."""


def _text(place: str, row: Cells) -> Sample:
    return Sample(place, text=_string(row, "text"))


def _labelled(place: str, row: Cells) -> Sample:
    label = row.get("label")
    if label is None or not str(label).strip():
        raise _Unfit("label is empty")
    return Sample(place, text=_string(row, "text"), label=str(label).strip())


def _pair(place: str, row: Cells) -> Sample:
    question, answer = _string(row, *_PROMPT), _string(row, *_ANSWER)
    context = next((row[name] for name in _CONTEXT if row.get(name)), None)
    asked: list[Message] = [{"role": "user", "content": question}]
    if isinstance(context, str):  # then in the very words in which the desk asks a generator
        worded = build_messages(question, [(1, str(row.get("title") or ""), context)], _UNBOUNDED, len)
        asked = [{"role": ROLES[message.type], "content": message.text} for message in worded]
    return Sample(place, messages=(*asked, {"role": "assistant", "content": answer}))


def _chat(place: str, row: Cells) -> Sample:
    turns = _turns(row.get("messages"))
    if not turns or turns[-1]["role"] != "assistant":
        raise _Unfit("messages do not end with the assistant's turn")
    if len(turns) == 1:
        raise _Unfit("messages hold nothing that the assistant answers")
    return Sample(place, messages=turns)


def _preference(place: str, row: Cells) -> Sample:
    prompt = row.get("prompt")
    asked = ({"role": "user", "content": prompt},) if isinstance(prompt, str) else _turns(prompt)
    if not any(turn["content"].strip() for turn in asked):
        raise _Unfit("prompt is empty")
    chosen, rejected = _answer(row, "chosen"), _answer(row, "rejected")
    if chosen == rejected:
        raise _Unfit("chosen and rejected are the same")
    return Sample(place, messages=(*asked, {"role": "assistant", "content": chosen}), rejected=rejected)


def _answer(row: Cells, column: str) -> str:
    """An answer as text, or as the last turn of a chat."""
    value = row.get(column)
    if isinstance(value, list):
        turns = _turns(value)
        value = turns[-1]["content"] if turns else ""
    return _string({column: value}, column)


def _turns(value: Any) -> tuple[Message, ...]:
    if isinstance(value, str) and value.lstrip().startswith("["):  # a cell of a CSV file
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            raise _Unfit("messages are no valid JSON") from None
    if not isinstance(value, list):
        raise _Unfit("messages are no list")
    turns: list[Message] = []
    for turn in value:
        role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, dict) else (None, None)
        if role not in ROLES.values() or not isinstance(content, str):
            raise _Unfit("a message has no role (system, user, assistant) or no content")
        turns.append({"role": str(role), "content": content})
    return tuple(turns)


def _string(row: Cells, *columns: str) -> str:
    """The first of the ``columns`` that the row has. Raises _Unfit where it is empty or no text."""
    column = next(name for name in columns if name in row)
    value = row[column]
    if value is None or (isinstance(value, str) and not value.strip()):
        raise _Unfit(f"{column} is empty")
    if not isinstance(value, str):
        raise _Unfit(f"{column} is no text")
    return value


_READ: Mapping[DataForm, Callable[[str, Cells], Sample]] = {
    "text": _text,
    "pairs": _pair,
    "messages": _chat,
    "preferences": _preference,
    "labels": _labelled,
}
