"""Facts of a question file changed, as a price or a name changes in documents that live."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.evaluation.squad import GoldAnswer, SquadFile, SquadQuestion
from rag.rag_vs_finetuning.questions import QuestionSet

_MOST_WORDS = 6
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class FactChange:
    """The answer ``old`` of ``question`` has become ``new``: the shortest of the right ones, so that all hold it."""

    question: SquadQuestion
    old: str
    new: str


def choose_changes(questions: QuestionSet, many: int, seed: int) -> tuple[FactChange, ...]:
    """At most ``many`` changes of facts that were asked for and taught, each in a paragraph of its own.

    A number becomes another number, a name another name of the file. Numbers and names first: what else an answer may
    be has no other that is sure to make sense.
    """
    draw = random.Random(f"{seed} changes")
    candidates = [(question, old) for question in questions.taught if (old := _shortest(question))]
    draw.shuffle(candidates)
    candidates.sort(key=lambda candidate: _kind(candidate[1]))
    others = sorted({answer.text for question in questions.file.questions for answer in question.answers})
    changes: dict[int, FactChange] = {}
    for question, old in candidates:
        if len(changes) == many:
            break
        new = _other(old, questions.file.paragraphs[question.paragraph].text, others, draw)
        if new and question.paragraph not in changes:
            changes[question.paragraph] = FactChange(question, old, new)
    return tuple(changes.values())


def changed_file(file: SquadFile, changes: Sequence[FactChange]) -> SquadFile:
    """The file with each change made throughout its paragraph, and in the answers to the questions on it.

    Questions whose answer is no longer in their paragraph are left out.
    """
    by_paragraph = {change.question.paragraph: change for change in changes}
    paragraphs = list(file.paragraphs)
    for number, change in by_paragraph.items():
        paragraphs[number] = replace(paragraphs[number], text=_replaced(paragraphs[number].text, change))
    asked = []
    for question in file.questions:
        answers = question.answers
        if question.paragraph in by_paragraph:
            change, text = by_paragraph[question.paragraph], paragraphs[question.paragraph].text
            answers = tuple(moved for answer in answers if (moved := _moved(answer, change, text)))
        if answers or not question.answers:
            asked.append(replace(question, answers=answers))
    return SquadFile(tuple(paragraphs), tuple(asked))


def _shortest(question: SquadQuestion) -> str | None:
    """The shortest right answer that is in the paragraph and in every other; None where it is too long to change."""
    held = [answer.text for answer in question.answers if answer.start is not None]
    shortest = min(held, key=len, default="")
    fits = 0 < len(shortest.split()) <= _MOST_WORDS and all(_words(shortest).search(text) for text in held)
    return shortest if fits else None


def _kind(answer: str) -> int:
    """0 with a number, 1 a name, 2 anything else."""
    return 0 if _NUMBER.search(answer) else 1 if answer[0].isupper() else 2


def _other(old: str, paragraph: str, others: Sequence[str], draw: random.Random) -> str | None:
    """Another answer of the same kind and length, which ``paragraph`` does not hold; None if there is none."""
    if _NUMBER.search(old):
        new = _NUMBER.sub(lambda number: _other_number(number.group(), draw), old)
        return new if new not in paragraph else None
    words = len(old.split())
    alike = [
        other
        for other in others
        if _kind(other) == _kind(old) and len(other.split()) == words and other.lower() not in paragraph.lower()
    ]
    return draw.choice(alike) if alike else None


def _other_number(number: str, draw: random.Random) -> str:
    """Near it, and of as many digits where that can be."""
    more = int(number) + draw.randint(1, 9)
    other = more if len(str(more)) == len(number) else max(0, int(number) - draw.randint(1, 9))
    return str(other).zfill(len(number) if number.startswith("0") else 1)


def _replaced(text: str, change: FactChange) -> str:
    return _words(change.old).sub(lambda _: change.new, text)


def _words(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")


def _moved(answer: GoldAnswer, change: FactChange, paragraph: str) -> GoldAnswer | None:
    text, before = _replaced(answer.text, change), answer.start or 0
    places = [match.start() for match in re.finditer(re.escape(text), paragraph)]
    return GoldAnswer(text, min(places, key=lambda place: abs(place - before))) if places else None
