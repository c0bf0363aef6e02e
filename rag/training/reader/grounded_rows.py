"""Rows of questions with the passages that answer them, and of the same questions beside passages of others."""

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ingest.sentences import sentence_spans
from rag.training.data.reading import GroundedQuestion
from rag.training.reader.rows import Row, Source, words

_RARE = 3
_SENTENCES_A_PASSAGE = 1.6
"""Up to so many in the middle, the passages of a question are the sentences or lines of one text."""


class GroundedRows:
    """A row for each question, where its passages are sentences of one text, or else for each of its passages."""

    def __init__(self, questions: Sequence[GroundedQuestion]) -> None:
        self.rows = [row for item in questions for row in grounded_rows(item)]
        self._with_word: defaultdict[str, list[int]] = defaultdict(list)
        for number, row in enumerate(self.rows):
            for word in words(row.question):
                self._with_word[word].append(number)

    def near_miss(self, number: int, draw: random.Random) -> Row | None:
        """The question beside what another question was asked of that shares a rare word with it."""
        row = self.rows[number]
        shared = [(len(self._with_word[word]), word) for word in words(row.question) if len(self._with_word[word]) > 1]
        if not shared:
            return None
        other = self.rows[draw.choice(self._with_word[draw.choice(sorted(shared)[:_RARE])[1]])]
        if other.question == row.question or other.passage == row.passage:
            return None
        return replace(other, question=row.question, selected=frozenset(), relevant=False)


def grounded_sources(name: str, questions: Sequence[GroundedQuestion], near_misses: float) -> list[Source]:
    """The rows of the questions; ``near_misses`` come to each of them."""
    rows = GroundedRows(questions)
    count, weight = len(rows.rows), math.sqrt(len(rows.rows))
    sources = [
        Source(name, "", count, weight, lambda i, _: rows.rows[i]),
        Source(name, "near misses", count, near_misses * weight, rows.near_miss),
    ]
    return [source for source in sources if source.size and source.weight]


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
