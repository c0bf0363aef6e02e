"""What every method is measured on: a text to predict, and questions to answer."""

from dataclasses import dataclass
from pathlib import Path

from rag.evaluation.items import sampled
from rag.evaluation.runs import sha256_of
from rag.evaluation.squad import load_squad
from vectorstore.errors import UsageError

DEFAULT = Path(__file__).with_name("harbour.json")
"""Questions of our own, in the SQuAD form; their paragraphs are the default text."""


@dataclass(frozen=True, slots=True)
class TaskQuestion:
    """A question on ``passage``, which holds one of the ``answers``, or does not hold it when there are none."""

    question: str
    title: str
    passage: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tasks:
    """``text`` is read up to ``tokens`` tokens. ``named`` says where both come from, with their hashes."""

    text: str
    tokens: int
    questions: tuple[TaskQuestion, ...]
    named: dict[str, str]


def load_tasks(text: Path | None, questions: Path | None, limit: int | None, tokens: int) -> Tasks:
    """Read what the person chose, else our own. Raises UsageError where a file cannot be read or is empty."""
    data = load_squad(questions or DEFAULT)
    asked = tuple(
        TaskQuestion(
            one.text,
            data.paragraphs[one.paragraph].title,
            data.paragraphs[one.paragraph].text,
            tuple(answer.text for answer in one.answers),
        )
        for one in (sampled(data.questions, limit) if limit != 0 else [])
    )
    read = _read(text) if text else "\n\n".join(paragraph.text for paragraph in load_squad(DEFAULT).paragraphs)
    if not read.strip():
        raise UsageError("There is no text in it", where=str(text), remedy="Name a file that holds some.")
    named = {
        kind: f"{file.name} {sha256_of(file)[:12]}"
        for kind, file in (("text", text or DEFAULT), ("questions", questions or DEFAULT))
    }
    return Tasks(read, tokens, asked, named)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError("Cannot be read", where=str(file), remedy=f"{error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError("Not a text in UTF-8", where=str(file), remedy="Save it as UTF-8.") from error
