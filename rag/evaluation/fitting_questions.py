"""Questions to fit with: of a file, judged in the chat, or made from the headings of the documents."""

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from rag.evaluation.fitting import FittingQuestion
from rag.evaluation.golden_set import GoldenQuestion
from rag.evaluation.squad import SquadQuestion, normalised
from vectorstore.store import KnowledgeView
from vectorstore.types import EVERYTHING, HEADING_SEPARATOR, Chunk

_SEED = 7


def questions_of_file(questions: Sequence[SquadQuestion], ids: Mapping[int, Sequence[str]]) -> list[FittingQuestion]:
    """Those of a SQuAD file whose paragraphs are stored; ``ids`` are those of each document, as a temporary collection
    gives them.
    """

    def is_of(paragraph: int, chunk: Chunk) -> bool:
        return str(paragraph) in ids[chunk.document]

    return [
        FittingQuestion(
            question.text, tuple(answer.text for answer in question.answers), partial(is_of, question.paragraph)
        )
        if question.answers
        else FittingQuestion(question.text, answerable=False)
        for question in questions
    ]


def judged_questions(golden: Sequence[GoldenQuestion]) -> list[FittingQuestion]:
    """Those that were judged and stand alone: what was rightly cited is right, and so is what holds the right answer
    that was told; what was rightly not answered cannot be.
    """
    return [question for one in golden if not one.before for question in _judged(one)]


def _judged(golden: GoldenQuestion) -> Iterator[FittingQuestion]:
    answer, told = golden.answer, golden.feedback.right_answer
    if golden.right and answer.citations:
        quotes = [citation.quote for citation in answer.citations]
        yield FittingQuestion(golden.text, (), lambda chunk: any(quote in chunk.text for quote in quotes))
    elif golden.right and answer.kind == "abstained":
        yield FittingQuestion(golden.text, answerable=False)
    elif told:
        yield FittingQuestion(golden.text, (told,), lambda chunk: normalised(told) in normalised(chunk.text))


def heading_questions(view: KnowledgeView, limit: int) -> list[FittingQuestion]:
    """Headings of the documents as questions that the text below them answers: at most ``limit``, always the same."""
    _, documents = view.documents(EVERYTHING)
    headings = {
        chunk.heading: chunk.document
        for document in documents
        for chunk in view.chunks(document.id, EVERYTHING)
        if chunk.opens and chunk.section
    }
    drawn = random.Random(_SEED).sample(sorted(headings), min(limit, len(headings)))
    return [FittingQuestion(_asked(heading), (), partial(_is_under, heading)) for heading in drawn]


def _is_under(heading: str, chunk: Chunk) -> bool:
    return chunk.heading == heading


def _asked(heading: str) -> str:
    """The innermost heading, with the subject if it is no question by itself."""
    subject, *_, last = heading.split(HEADING_SEPARATOR)
    return last if last.endswith("?") else f"{last} of {subject}"
