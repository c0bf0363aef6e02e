"""How well does the reader read? Each question on its own paragraph, without any search."""

import time
from collections.abc import Sequence

from rag.evaluation.figures import means
from rag.evaluation.items import excerpt, slices_of
from rag.evaluation.squad import SquadFile, SquadQuestion, exact_match, f1
from rag.evaluation.types import Evaluation, Item
from rag.jobs.types import OnProgress
from rag.reader.types import AnswerSpan, PairReader, PassageReading, PassageText

SCORES = ("em", "f1", "has_answer_em", "has_answer_f1", "no_answer_accuracy")
_BATCH = 256


def evaluate_qa(
    data: SquadFile, questions: Sequence[SquadQuestion], reader: PairReader, on_progress: OnProgress
) -> Evaluation:
    """Read ``questions`` of ``data``; the figures are those of SQuAD 2.0."""
    texts = [PassageText(paragraph.title, paragraph.text, ()) for paragraph in data.paragraphs]
    pairs = [(question.text, texts[question.paragraph]) for question in questions]
    reader.read_pairs(pairs[:1])  # the first call pays for what is loaded lazily
    found: list[PassageReading] = []
    started = time.perf_counter()
    for first in range(0, len(pairs), _BATCH):
        found += reader.read_pairs(pairs[first : first + _BATCH])
        on_progress("Reading", len(found), len(pairs))
    seconds = time.perf_counter() - started
    items = [
        _item(data, question, reading.spans, reader.no_answer_margin)
        for question, reading in zip(questions, found, strict=True)
    ]
    figures = means(items, SCORES) | {
        "questions_per_second": len(items) / seconds,
        "questions": len(items),
        "answerable": sum(bool(item.gold) for item in items),
        "unanswerable": sum(not item.gold for item in items),
        "seconds": seconds,
        "no_answer_margin": reader.no_answer_margin,
    }
    return Evaluation("qa", figures, tuple(items))


def _item(data: SquadFile, question: SquadQuestion, spans: tuple[AnswerSpan, ...], no_answer_margin: float) -> Item:
    paragraph = data.paragraphs[question.paragraph]
    best = spans[0] if spans else None
    marked = paragraph.text[best.start : best.end] if best else ""
    given = marked if best and best.margin > no_answer_margin else ""
    gold = tuple(answer.text for answer in question.answers)
    right, overlap = exact_match(given, gold), f1(given, gold)
    apart = {"has_answer_em": right, "has_answer_f1": overlap} if gold else {"no_answer_accuracy": right}
    return Item(
        question.id,
        question.text,
        gold,
        given,
        quality=overlap,
        scores={"em": right, "f1": overlap, **apart},
        slices={**slices_of(question.text), "answerable": "yes" if gold else "no", "article": paragraph.title},
        details={
            "margin": round(best.margin, 3) if best else None,
            "quality_if_answered": f1(marked, gold) if gold else 0.0,
            "paragraph": question.paragraph,
            "passage": excerpt(paragraph.text, _place(question, best)),
        },
    )


def _place(question: SquadQuestion, best: AnswerSpan | None) -> int:
    """Where to look in the paragraph: at the right answer, or at what is given in its place."""
    given = best.start if best else 0
    return next((answer.start for answer in question.answers if answer.start is not None), given)
