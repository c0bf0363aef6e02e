"""Rows of questions with the passages that answer them."""

import math
from collections.abc import Sequence

from ingest.sentences import sentence_spans
from rag.training.data.reading import GroundedQuestion
from rag.training.reader.rows import Row, Source

_SENTENCES_A_PASSAGE = 1.6
"""Up to so many in the middle, the passages of a question are the sentences or lines of one text."""


def grounded_sources(name: str, questions: Sequence[GroundedQuestion]) -> list[Source]:
    """A row for each question, where its passages are sentences of one text, or else for each of its passages."""
    rows = [row for item in questions for row in grounded_rows(item)]
    return [Source(name, "", len(rows), math.sqrt(len(rows)), lambda i, _: rows[i])] if rows else []


def grounded_rows(item: GroundedQuestion) -> list[Row]:
    """Of passages that are not sentences of one text, only those that answer: others may answer unmarked."""
    found = [len(sentence_spans(text)) for text in item.passages if text.strip()]
    if sum(found) > _SENTENCES_A_PASSAGE * len(found):
        shown = [text for number, text in enumerate(item.passages) if number in item.supporting or not item.supporting]
        return [Row(item.question, text, item.heading, relevant=bool(item.supporting)) for text in shown]
    # Sentences end in a mark; lines of a list, headings among them, mostly do not.
    ended = sum(text.rstrip().endswith(tuple(".!?。！？\"'”’)")) for text in item.passages)
    glue = " " if ended > 0.8 * len(found) else "\n"
    places, at = [], 0
    for text in item.passages:
        places.append((at, at + len(text)))
        at += len(text) + 1
    return [
        Row(
            item.question,
            glue.join(item.passages),
            item.heading,
            sentences=tuple(places),
            selected=item.supporting,
            relevant=bool(item.supporting),
        )
    ]
