"""The questions of a comparison: which of their facts a model is taught, and in which words."""

import random
from dataclasses import dataclass

from ingest.sentences import sentence_spans
from rag.evaluation.items import sampled
from rag.evaluation.squad import SquadFile, SquadQuestion
from rag.generators.prompts import REFUSAL
from vectorstore.errors import UsageError

_LONGEST_SENTENCE = 400
"""Characters beyond which a sentence is a list or a table, and the answer alone is taught."""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A question file, the questions that are ``asked``, and the paragraphs (by number) whose questions are taught."""

    file: SquadFile
    asked: tuple[SquadQuestion, ...]
    taught_paragraphs: frozenset[int]

    def is_taught(self, question: SquadQuestion) -> bool:
        return question.paragraph in self.taught_paragraphs

    @property
    def taught(self) -> tuple[SquadQuestion, ...]:
        return tuple(question for question in self.asked if self.is_taught(question))


def question_set(file: SquadFile, name: str, limit: int | None, unseen: float, seed: int) -> QuestionSet:
    """At most ``limit`` of the questions, always the same ones; about the share ``unseen`` of them is not taught.

    Whole paragraphs are taught or not: a fact that is asked for twice is on one side. Raises UsageError, naming the
    file by ``name``, where nothing would be left to teach.
    """
    asked = sampled(file.questions, limit)
    paragraphs = sorted({question.paragraph for question in asked})
    random.Random(f"{seed} unseen").shuffle(paragraphs)
    left = round(unseen * len(asked))
    apart: set[int] = set()
    for paragraph in paragraphs:
        size = sum(question.paragraph == paragraph for question in asked)
        if size <= left:
            apart.add(paragraph)
            left -= size
    found = QuestionSet(file, tuple(asked), frozenset(set(paragraphs) - apart))
    if not any(question.answers for question in found.taught):
        raise UsageError(
            "No question that has an answer is left to teach",
            where=name,
            remedy="Name a file with more of them, a larger --limit or a smaller --unseen.",
        )
    return found


def training_rows(questions: QuestionSet) -> list[dict[str, str]]:
    """What a generator is taught: each question alone, and over its own paragraph in the desk's prompt.

    The answer is the sentence of the paragraph that holds it, so that it can be checked like any other sentence; and
    the refusal where there is none.
    """
    rows = []
    for question in questions.taught:
        paragraph = questions.file.paragraphs[question.paragraph]
        answer = _sentence(questions.file, question)
        rows.append({"prompt": question.text, "answer": answer})
        cited = f"{answer} [1]" if question.answers else answer
        title = {"title": paragraph.title} if paragraph.title else {}
        rows.append({"prompt": question.text, "answer": cited, "context": paragraph.text, **title})
    return rows


def _sentence(file: SquadFile, question: SquadQuestion) -> str:
    if not question.answers:
        return REFUSAL
    answer = question.answers[0]
    text = file.paragraphs[question.paragraph].text
    if answer.start is not None:
        for start, end in sentence_spans(text):
            if start <= answer.start and answer.start + len(answer.text) <= end and end - start <= _LONGEST_SENTENCE:
                return text[start:end]
    return answer.text
