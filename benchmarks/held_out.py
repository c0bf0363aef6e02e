"""Question files in two parts, split as they were for the training of the embedded MiniLM reader."""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.evaluation.squad import SquadFile, SquadQuestion, load_squad
from vectorstore.errors import UsageError


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A SQuAD file in two parts, which share no article (no paragraph, where the file is a single article).

    Its questions are shown ``times`` times an epoch.
    """

    name: str
    sha256: str
    file: SquadFile
    training: tuple[SquadQuestion, ...]
    held_out: tuple[SquadQuestion, ...]
    times: int = 1

    def context(self, question: SquadQuestion) -> str:
        """The paragraph that the question is about."""
        return self.file.paragraphs[question.paragraph].text


def load_question_sets(paths: Sequence[Path], held_out: float, seed: int) -> list[QuestionSet]:
    """Read the files and put the share ``held_out`` of each one's questions apart.

    A file that is named several times is shown as many times an epoch.

    Raises UsageError when a file cannot be used, or when no question can be learned from.
    """
    names: set[str] = set()
    sets = []
    for path, times in Counter(path.absolute() for path in paths).items():
        if path.stem in names:
            raise UsageError("Two files have the same name", where=str(path), remedy="Rename one of them.")
        names.add(path.stem)
        file = load_squad(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sets.append(QuestionSet(path.stem, digest, file, *_split(file, held_out, f"{seed} {path.stem}"), times))
    if not any(answer.start is not None for part in sets for question in part.training for answer in question.answers):
        raise UsageError(
            "There is no question to learn from",
            where=", ".join(map(str, paths)),
            remedy="Training needs questions with an answer that stands in their paragraph, outside the held-out part.",
        )
    return sets


def _split(file: SquadFile, share: float, seed: str) -> tuple[tuple[SquadQuestion, ...], tuple[SquadQuestion, ...]]:
    single = len({paragraph.article for paragraph in file.paragraphs}) == 1
    groups: defaultdict[int, int] = defaultdict(int)
    for question in file.questions:
        groups[question.paragraph if single else file.paragraphs[question.paragraph].article] += 1
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    apart: set[int] = set()
    missing = share * len(file.questions)
    for group in order:
        # A large article is held out only if that comes nearer to the share than leaving it does.
        if groups[group] <= 2 * missing:
            apart.add(group)
            missing -= groups[group]
    kept: tuple[list[SquadQuestion], list[SquadQuestion]] = [], []
    for question in file.questions:
        group = question.paragraph if single else file.paragraphs[question.paragraph].article
        kept[group in apart].append(question)
    return tuple(kept[0]), tuple(kept[1])


def as_squad(part: QuestionSet, questions: Sequence[SquadQuestion]) -> dict[str, Any]:
    """The questions with their paragraphs, in the form of SQuAD 2."""
    of_paragraph: defaultdict[int, list[SquadQuestion]] = defaultdict(list)
    for question in questions:
        of_paragraph[question.paragraph].append(question)
    articles: dict[int, dict[str, Any]] = {}
    for number, asked in of_paragraph.items():
        paragraph = part.file.paragraphs[number]
        article = articles.setdefault(paragraph.article, {"title": paragraph.title, "paragraphs": []})
        article["paragraphs"].append({"context": paragraph.text, "qas": [_as_squad(question) for question in asked]})
    return {"version": "v2.0", "data": list(articles.values())}


def _as_squad(question: SquadQuestion) -> dict[str, Any]:
    # An answer that is not in the paragraph keeps its text, which counts in the evaluation.
    answers = [{"text": answer.text, "answer_start": answer.start or 0} for answer in question.answers]
    return {"id": question.id, "question": question.text, "answers": answers, "is_impossible": not answers}
