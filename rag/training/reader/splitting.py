"""What is kept apart to judge a reader by: whole articles, documents or passages, by the hash of what they are called.

So the same ones are kept apart whatever else is learned, and however often the data grow.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from rag.evaluation.squad import SquadFile, SquadParagraph, SquadQuestion
from rag.training.data.reading import ReadingFile

Item = TypeVar("Item")


def split(file: ReadingFile, share: float) -> tuple[ReadingFile, ReadingFile]:
    """The file without about the ``share`` that is kept apart, and that share; the two have no passage in common.

    Of question files whole articles are kept apart, or paragraphs where all are of one article; of sections whole
    documents.
    """
    questions, questions_apart = _split_questions(file.questions, share)
    grounded, grounded_apart = _split(file.grounded, [item.passages[0] for item in file.grounded], share)
    support, support_apart = _split(file.support, [item.passage for item in file.support], share)
    sections, sections_apart = _split(file.sections, [item.document for item in file.sections], share)
    return (
        replace(file, questions=questions, grounded=grounded, support=support, sections=sections),
        replace(
            file, questions=questions_apart, grounded=grounded_apart, support=support_apart, sections=sections_apart
        ),
    )


def _split(items: Sequence[Item], keys: Sequence[str], share: float) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    apart = _held_out(keys, share)
    sides: tuple[list[Item], list[Item]] = [], []
    for item, key in zip(items, keys, strict=True):
        sides[key in apart].append(item)
    return tuple(sides[0]), tuple(sides[1])


def _split_questions(file: SquadFile, share: float) -> tuple[SquadFile, SquadFile]:
    openings = {paragraph.article: paragraph.text for paragraph in reversed(file.paragraphs)}
    single = len(openings) == 1
    keys = [
        paragraph.text if single else paragraph.title or openings[paragraph.article] for paragraph in file.paragraphs
    ]
    apart = _held_out([keys[question.paragraph] for question in file.questions], share)
    return tuple(  # type: ignore[return-value] # of two
        _part(file, [number for number, key in enumerate(keys) if (key in apart) == side]) for side in (False, True)
    )


def _part(file: SquadFile, paragraphs: Sequence[int]) -> SquadFile:
    """The file with these paragraphs alone."""
    number = {old: new for new, old in enumerate(paragraphs)}
    return SquadFile(
        tuple(file.paragraphs[old] for old in paragraphs),
        tuple(
            replace(question, paragraph=number[question.paragraph])
            for question in file.questions
            if question.paragraph in number
        ),
    )


def _held_out(keys: Sequence[str], share: float) -> frozenset[str]:
    """Those of the keys, one an item, whose items together come nearest to the share."""
    counts = Counter(keys)
    missing = share * len(keys)
    apart = set()
    for key in sorted(counts, key=lambda key: hashlib.sha256(key.encode()).digest()):
        # A large group is kept apart only if that comes nearer to the share than leaving it does.
        if counts[key] <= 2 * missing:
            apart.add(key)
            missing -= counts[key]
    return frozenset(apart)


def as_squad(file: SquadFile) -> dict[str, Any]:
    """A question file in the form of SQuAD 2."""
    asked: dict[int, list[SquadQuestion]] = {}
    for question in file.questions:
        asked.setdefault(question.paragraph, []).append(question)
    articles: dict[int, dict[str, Any]] = {}
    for number, questions in sorted(asked.items()):
        paragraph: SquadParagraph = file.paragraphs[number]
        article = articles.setdefault(paragraph.article, {"title": paragraph.title, "paragraphs": []})
        article["paragraphs"].append(
            {"context": paragraph.text, "qas": [_as_squad(question) for question in questions]}
        )
    return {"version": "v2.0", "data": list(articles.values())}


def _as_squad(question: SquadQuestion) -> dict[str, Any]:
    # An answer that is not in the paragraph keeps its text, which counts in the evaluation.
    answers = [{"text": answer.text, "answer_start": answer.start or 0} for answer in question.answers]
    return {"id": question.id, "question": question.text, "answers": answers, "is_impossible": not answers}
