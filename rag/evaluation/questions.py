"""Does the desk answer one's own questions as they should be answered? Asked of the documents of a home."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from rag.evaluation.answers import ANSWERED
from rag.evaluation.figures import latency, means
from rag.evaluation.items import slices_of
from rag.evaluation.question_file import OwnQuestion
from rag.evaluation.types import Evaluation, Item
from rag.jobs.types import OnProgress
from rag.types import Answer, Done, Event, Exchange

SCORES = ("right", "rightly_silent", "sure_and_right")
UNSURE_BUT_RIGHT, UNSURE_FOR_SILENT = 0.8, 0.5
"""What an unsure answer is worth: one that is right, and one to a question that has no answer."""

Ask = Callable[[str, Sequence[Exchange]], Iterator[Event]]
"""Answers a question after the turns before it."""


def evaluate_questions(questions: Sequence[OwnQuestion], ask: Ask, on_progress: OnProgress) -> Evaluation:
    """Ask each question and look at its answer.

    ``right`` is the mean over the questions that have an answer, ``rightly_silent`` over the others, and
    ``sure_and_right`` is the share of the answers called sure that are right.
    """
    items: list[Item] = []
    names = _names(questions)
    for name, question in zip(names, questions, strict=True):
        events = ask(question.ask, [Exchange(earlier) for earlier in question.before])
        answer = next(event.answer for event in events if isinstance(event, Done))
        items.append(_item(name, question, answer))
        on_progress("Asking", len(items), len(questions))
    figures = means(items, SCORES) | {
        "latency": latency(item.latency_ms for item in items),
        "questions": len(items),
        "answerable": sum(not question.abstain for question in questions),
        "unanswerable": sum(question.abstain for question in questions),
        "kinds": dict(Counter(item.details["kind"] for item in items)),
    }
    return Evaluation("questions", figures, tuple(items))


def _names(questions: Sequence[OwnQuestion]) -> list[str]:
    """What each is known by when two evaluations are compared or a conversation is forgotten, no two alike."""
    names: list[str] = []
    for question in questions:
        name = question.judged or " ".join((*question.before, question.ask))
        names.append(name if name not in names else f"{name} ({len(names) + 1})")
    return names


def _item(key: str, question: OwnQuestion, answer: Answer) -> Item:
    answered, sure = answer.kind in ANSWERED, answer.certainty == "sure"
    titles = list(dict.fromkeys(citation.title for citation in answer.citations))
    why = _why(question, answer, titles)
    if question.abstain:
        quality = UNSURE_FOR_SILENT if answered and not sure else float(not answered)
        scores = {"rightly_silent": quality}
    else:
        quality = 0.0 if why else 1.0 if sure else UNSURE_BUT_RIGHT
        scores = {"right": quality}
    if answered and sure:
        scores["sure_and_right"] = float(not why)
    return Item(
        key,
        question.ask,
        tuple(" or ".join(ways) for ways in question.must),
        given=answer.text if answered else "",
        quality=quality,
        scores=scores,
        slices={**slices_of(question.ask), "answerable": "no" if question.abstain else "yes"},
        latency_ms=answer.timings.total,
        details={
            "ok": not why,
            "kind": answer.kind,
            "certainty": answer.certainty,
            "text": answer.text,
            "titles": titles,
            "why": list(why),
        },
    )


def _why(question: OwnQuestion, answer: Answer, titles: Sequence[str]) -> tuple[str, ...]:
    answered = answer.kind in ANSWERED
    if question.abstain:
        return ("answered where silence was right",) if answered else ()
    return question.faults(answer.text, titles) if answered else ("met with silence",)
