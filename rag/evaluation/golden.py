"""Does the desk still answer as it was told is right? The questions that were judged in the chat, asked again."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from ingest.sentences import sentence_spans
from rag.evaluation.answers import ANSWERED
from rag.evaluation.figures import latency, means
from rag.evaluation.golden_set import GoldenQuestion
from rag.evaluation.items import slices_of, slices_of_source
from rag.evaluation.squad import normalised
from rag.evaluation.types import Evaluation, Item
from rag.jobs.types import OnProgress
from rag.types import Answer, Citation, Done, Event, Exchange

SCORES = ("answered", "same_words", "abstained", "changed", "corrected")


Ask = Callable[[str, Sequence[Exchange]], Iterator[Event]]
"""Answers a question after the turns before it."""


def evaluate_golden(questions: Sequence[GoldenQuestion], ask: Ask, on_progress: OnProgress) -> Evaluation:
    """Ask every question again, in its conversation.

    Of answers judged right, ``answered`` is the share that is answered again and ``same_words`` the share of the cited
    passages that is cited again; of abstentions judged right, ``abstained`` is the share that is not answered now
    either. Of what was judged wrong, ``changed`` is the share that gets another answer now; of that with a known right
    answer, ``corrected`` is the share whose answer holds it now.
    """
    answers: list[Answer] = []
    items: list[Item] = []
    for question in questions:
        events = ask(question.text, question.before)
        answers.append(next(event.answer for event in events if isinstance(event, Done)))
        items.append(_item(question, answers[-1]))
        on_progress("Asking", len(items), len(questions))
    figures = means(items, SCORES) | {
        "latency": latency(answer.timings.total for answer in answers),
        "questions": len(items),
        "judged_right": sum(question.right for question in questions),
        "judged_wrong": sum(not question.right for question in questions),
        "kinds": dict(Counter(answer.kind for answer in answers)),
    }
    return Evaluation("golden", figures, tuple(items))


def _item(question: GoldenQuestion, answer: Answer) -> Item:
    judged, feedback = question.answer, question.feedback
    scores = _scores(question, answer)
    return Item(
        question.id,
        question.text,
        _gold(question),
        given=(answer.short_answer or answer.text) if answer.kind in ANSWERED else "",
        quality=min(scores.values()),
        scores=scores,
        slices={
            **slices_of(question.text),
            **slices_of_source(question.source),
            "judged": "right" if question.right else "wrong",
            "kind": judged.kind,
        },
        latency_ms=answer.timings.total,
        details={
            "kind": answer.kind,
            "answer": answer.text,
            "quotes": [citation.quote for citation in answer.citations],
            "judged_answer": judged.text,
            "judged_quotes": [citation.quote for citation in judged.citations],
            "note": feedback.note,
            "before": [exchange.question for exchange in question.before],
        },
    )


def _gold(question: GoldenQuestion) -> tuple[str, ...]:
    judged, right_answer = question.answer, question.feedback.right_answer
    if not question.right:
        return (right_answer or f"not: {judged.text or 'no answer'}",)
    return (judged.short_answer or judged.text,) if judged.kind in ANSWERED else ()


def _scores(question: GoldenQuestion, answer: Answer) -> dict[str, float]:
    judged, right_answer = question.answer, question.feedback.right_answer
    answered = answer.kind in ANSWERED
    if not question.right:
        changed = {"changed": float(normalised(answer.text) != normalised(judged.text))}
        return changed | ({"corrected": float(_holds(answer.text, right_answer))} if right_answer else {})
    if judged.kind not in ANSWERED:
        return {"abstained": float(not answered)}
    cited = _sentences(answer.citations)
    again = [_share_words(_sentences([citation]), cited) for citation in judged.citations]
    return {"answered": float(answered), "same_words": sum(again) / len(again)}


def _sentences(citations: Iterable[Citation]) -> list[str]:
    """Documents may be taken in anew, under other numbers and offsets: words are compared, and not places."""
    return [citation.quote[start:end] for citation in citations for start, end in sentence_spans(citation.quote)]


def _share_words(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether a sentence of one stands in a sentence of the other."""
    return any(_holds(one, other) or _holds(other, one) for one in old for other in new)


def _holds(text: str, words: str) -> bool:
    return f" {normalised(words)} " in f" {normalised(text)} "
