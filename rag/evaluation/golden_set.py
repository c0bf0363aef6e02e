"""Questions whose answers were judged in the chat: a set that grows with use, and its form as a SQuAD file."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rag.conversations.store import ConversationStore
from rag.conversations.types import Feedback
from rag.types import Answer, Exchange
from vectorstore.embedded import open_store
from vectorstore.types import EVERYTHING, Document

GOLDEN_FILE = "golden.json"
"""The set's file, beside the evaluations; one that is written elsewhere belongs to whoever asked for it."""

PassageWith = Callable[[int, str], str | None]
"""The stored passage of a document that holds some words, None where none does."""


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question, the conversation ``before`` it, and the answer that the ``feedback`` judges.

    ``source`` is the document that the answer cites first, or that was shown as nearest; None where it is gone.
    """

    id: str
    text: str
    before: tuple[Exchange, ...]
    answer: Answer
    feedback: Feedback
    source: Document | None

    @property
    def right(self) -> bool:
        return self.feedback.rating == "up"


def golden_questions(home: Path) -> list[GoldenQuestion]:
    """All judged questions of the conversations under ``home``, oldest conversation first."""
    with closing(ConversationStore(home)) as store:
        conversations = store.judged()
    found = []
    with closing(open_store(home)) as knowledge, knowledge.view() as view:
        for conversation in conversations:
            before: tuple[Exchange, ...] = ()
            for turn in conversation.turns:
                if turn.answer and turn.feedback:
                    shown = turn.answer.citations or turn.answer.related
                    source = view.document(shown[0].document, EVERYTHING) if shown else None
                    found.append(
                        GoldenQuestion(str(turn.id), turn.question, before, turn.answer, turn.feedback, source)
                    )
                before = (*before, Exchange(turn.question, turn.answer))
    return found


def export_golden(home: Path, questions: Sequence[GoldenQuestion], file: Path) -> None:
    """Write the set, with the passages as the knowledge base under ``home`` holds them now."""
    with closing(open_store(home)) as knowledge, knowledge.view() as view:
        squad = as_squad(questions, partial(view.passage_with, scope=EVERYTHING))
    file.write_text(as_text(squad), encoding="utf-8")


def as_text(golden_set: Mapping[str, Any]) -> str:
    """The content of the set's file."""
    return json.dumps(golden_set, indent=1, ensure_ascii=False) + "\n"


def as_squad(questions: Sequence[GoldenQuestion], passage_with: PassageWith) -> dict[str, Any]:
    """The set in the form of SQuAD 2.0, with the answers that were judged wrong in a list of their own.

    Paragraphs are the cited passages. A question that was rightly not answered is impossible on the nearest one; a
    wrongly answered one is among the questions if its right answer stands in a passage that was shown. ``before``
    holds the earlier questions of a follow-up.
    """
    articles: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for question in questions:
        gold = _gold(question, passage_with)
        if gold is None:
            continue
        asked = {
            "id": question.id,
            "question": question.text,
            "is_impossible": gold.text is None,
            "answers": [] if gold.text is None else [{"text": gold.text, "answer_start": gold.start}],
        }
        before = [exchange.question for exchange in question.before]
        paragraphs = articles.setdefault(gold.title, {})
        paragraphs.setdefault(gold.passage, []).append(asked | ({"before": before} if before else {}))
    return {
        "version": "v2.0",
        "data": [
            {"title": title, "paragraphs": [{"context": passage, "qas": asked} for passage, asked in held.items()]}
            for title, held in articles.items()
        ],
        "judged_wrong": [_judged_wrong(question) for question in questions if not question.right],
    }


@dataclass(frozen=True, slots=True)
class _Gold:
    """``passage[start:]`` begins with ``text``; a ``text`` of None says that the passage does not hold the answer."""

    title: str
    passage: str
    text: str | None = None
    start: int = 0


def _gold(question: GoldenQuestion, passage_with: PassageWith) -> _Gold | None:
    answer = question.answer
    shown = [
        (citation, passage_with(citation.document, citation.quote) or citation.quote)
        for citation in answer.citations or answer.related
    ]
    if not question.right:
        sought = question.feedback.right_answer
        places = ((citation.title, passage, _place(sought, passage)) for citation, passage in shown if sought)
        return next((_Gold(t, passage, passage[slice(*at)], at[0]) for t, passage, at in places if at), None)
    if not answer.citations:
        return next((_Gold(near.title, passage) for near, passage in shown), None)
    short = answer.short_answer or ""
    citation, passage = next((pair for pair in shown if short and short in pair[0].quote), shown[0])
    text = short if short and short in citation.quote else citation.quote
    return _Gold(citation.title, passage, text, passage.index(citation.quote) + citation.quote.index(text))


def _place(words: str, passage: str) -> tuple[int, int] | None:
    """Where ``words`` stand in ``passage`` as whole words, whatever their case."""
    found = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", passage, re.IGNORECASE)
    return found.span() if found else None


def _judged_wrong(question: GoldenQuestion) -> dict[str, Any]:
    answer, feedback = question.answer, question.feedback
    return {
        "id": question.id,
        "question": question.text,
        "kind": answer.kind,
        "answer": answer.text,
        "right_answer": feedback.right_answer,
        "note": feedback.note,
    }
