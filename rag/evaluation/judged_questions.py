"""Question files of a home, and questions made of answers that were judged in the chat."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import regex

from ingest.sources.uploads import checked_name
from rag.evaluation.answers import ANSWERED
from rag.evaluation.golden_set import GoldenQuestion
from rag.evaluation.question_file import load_own_questions
from rag.evaluation.runs import runs_folder
from rag.files import write_json, write_text
from vectorstore.errors import UsageError

FOLDER = "questions"
JUDGED_FILE = "judged.json"
SUFFIXES = (".json", ".yaml", ".yml")


def question_files(home: Path) -> list[Path]:
    """Those that came through the browser, by name."""
    return sorted(path for path in (runs_folder(home) / FOLDER).glob("*") if path.suffix in SUFFIXES)


def keep_question_file(home: Path, name: str, content: bytes) -> Path:
    """Keep a file, in place of one of the same name. Raises UsageError where it holds no questions."""
    path = runs_folder(home) / FOLDER / checked_name(name)
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError("Not a JSON or YAML file", where=name, remedy=f"Its name ends with {' or '.join(SUFFIXES)}.")
    aside = path.with_name(f".{path.name}")
    try:
        write_text(aside, content.decode("utf-8-sig", errors="replace"))
        load_own_questions(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def add_judged(file: Path, judged: Sequence[GoldenQuestion]) -> tuple[int, int]:
    """Add what was judged to a JSON file of questions, a new one where there is none.

    Returns how many questions are new in it, and how many judgements do not say what would be right. Of several on one
    question the last counts. Raises UsageError for a file of another form.
    """
    if file.suffix.lower() != ".json":
        raise UsageError("Only a JSON file grows", where=str(file), remedy="Name one that ends with .json.")
    content: dict[str, Any] = {"questions": []}
    if file.exists():
        load_own_questions(file)  # says what is wrong with it
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    known = {_asked(question) for question in content["questions"]}
    fresh, unclear = [], 0
    for made in map(_question, reversed(judged)):
        if made is None:
            unclear += 1
        elif _asked(made) not in known:
            known.add(_asked(made))
            fresh.append(made)
    if fresh:
        write_json(file, {**content, "questions": [*content["questions"], *reversed(fresh)]})
    return len(fresh), unclear


def _asked(question: dict[str, Any]) -> tuple[str, ...]:
    return (*question.get("before", ()), question["ask"])


def _question(judged: GoldenQuestion) -> dict[str, Any] | None:
    """The answer's words where it was right, and the right ones that were given where it was wrong."""
    answer, feedback = judged.answer, judged.feedback
    asked = {
        "ask": judged.text,
        **({"before": [exchange.question for exchange in judged.before]} if judged.before else {}),
        **({"note": feedback.note} if feedback.note else {}),
        "judged": judged.id,
    }
    if not judged.right:
        return asked | {"must": [_words(feedback.right_answer)]} if feedback.right_answer else None
    if answer.kind not in ANSWERED:
        return asked | {"abstain": True}
    said = answer.short_answer if answer.short_answer and answer.short_answer in answer.text else ""
    titles = dict.fromkeys(citation.title for citation in answer.citations)
    return asked | {
        "must": [_words(said or answer.sentences[0].text)],
        "doc": "|".join(f"^{regex.escape(title, literal_spaces=True)}$" for title in titles),
    }


def _words(text: str) -> str:
    """An expression that finds these words, whatever their case."""
    escaped = regex.escape(" ".join(text.split()), literal_spaces=True)
    return rf"(?i)(?<!\w){escaped}(?!\w)"
