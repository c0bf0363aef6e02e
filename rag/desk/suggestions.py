"""Questions to begin with: taken from the documents' own headings, offered only if the desk answers them well."""

from collections.abc import Iterator
from typing import Any

from apsw import Connection

from rag.answering.flow import AnswerFlow
from vectorstore.sqlite.knowledge import KnowledgeBase
from vectorstore.types import HEADING_SEPARATOR

_OFFERED = 4
_TRIED = 8
_MIN_CHARACTERS, _MAX_CHARACTERS = 12, 90


def suggest(knowledge: KnowledgeBase, flow: AnswerFlow) -> tuple[str, ...]:
    """Up to four questions, each from another document, that ``flow`` answers from the passage they head.

    ``flow`` should have no writer: whether it can quote an answer is what matters.
    """
    offered: list[str] = []
    with knowledge.database.read() as connection:
        candidates = list(_candidates(connection))
    for question, document in candidates:
        answer = flow.invoke(question)
        if answer.kind == "extractive" and answer.citations[0].document == document:
            offered.append(question)
            if len(offered) == _OFFERED:
                break
    return tuple(offered)


def _candidates(connection: Connection) -> Iterator[tuple[str, int]]:
    """Headings that are questions, spread over the documents; where there are none, questions made of titles."""
    rows = connection.execute(
        "SELECT documents.id, documents.title, chunks.heading, min(chunks.id) "
        "FROM documents JOIN chunks USING (content_id) "
        "WHERE chunks.heading LIKE '%?' GROUP BY documents.id ORDER BY documents.id"
    ).fetchall()
    questions = sorted(
        ((heading.rsplit(HEADING_SEPARATOR, 1)[-1], document) for document, _, heading, _ in _spread(rows)), key=_length
    )
    if not questions:
        rows = connection.execute("SELECT id, title FROM documents WHERE title <> '' ORDER BY id").fetchall()
        questions = [(f"What is {title}?", document) for document, title in _spread(rows)]
    for question, document in questions:
        question = question.replace(" ?", "?")
        if _MIN_CHARACTERS <= len(question) <= _MAX_CHARACTERS:
            yield question, document


def _length(question: tuple[str, int]) -> int:
    return len(question[0])


def _spread(rows: list[Any]) -> list[Any]:
    return rows[:: max(1, len(rows) // _TRIED)][:_TRIED]
