"""Fits the numbers that an answer hangs on to a person's own questions, and says what that changes."""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from rag.answering.answerability import answerability_signals
from rag.answering.selection import SentenceCandidate, candidates_of, ranked
from rag.calibration.fitting import Candidates, fit_answerability, fit_reranking, fit_sentence_selection
from rag.calibration.numbers import Calibration, Models
from rag.calibration.scoring import weighted_sum
from rag.calibration.signals import AnswerabilitySignals
from rag.evaluation.squad import normalised
from rag.evaluation.types import Figures
from rag.jobs.types import OnProgress
from rag.reader.types import Reader
from rag.retrieval.reranking import rerank
from rag.retrieval.types import PassageStore, Retriever, ScoredPassage
from rag.retrieval.variants import QueryVariant
from vectorstore.errors import UsageError
from vectorstore.store import PassageView
from vectorstore.types import EVERYTHING, Chunk

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Signals = TypeVar("Signals", bound="DataclassInstance")

FEWEST = 20
"""Questions whose passage is found: fewer tell nothing."""
_PASSAGES = 20
FITTED = ("reranking", "sentence_selection", "answerability")


@dataclass(frozen=True, slots=True)
class FittingQuestion:
    """A question, its ``answers`` where they are known, and whether a passage is right; none is where the documents do
    not hold the answer.
    """

    text: str
    answers: tuple[str, ...] = ()
    is_right: Callable[[Chunk], bool] = field(default=lambda _: False)
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """A question as it was read with the numbers of before; ``right`` tells of each passage whether it is."""

    question: FittingQuestion
    variant: QueryVariant
    passages: tuple[ScoredPassage, ...]
    right: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """The new numbers, the models they were fitted to, and ``figures``: shares of questions before and after, each
    half of them judged by numbers that were fitted on the other.
    """

    calibration: Calibration
    models: Models
    figures: Figures


def fit(
    questions: Sequence[FittingQuestion],
    store: PassageStore,
    retriever_on: Callable[[PassageView], Retriever],
    reader: Reader,
    before: Calibration,
    on_progress: OnProgress,
) -> Fit:
    """Fit what orders passages and sentences and tells answerable from not. What checks written sentences stays.

    A question's own document left out makes one that cannot be answered. Raises UsageError where the right passage is
    found for fewer than ``FEWEST`` questions.
    """
    read = read_questions(questions, store, retriever_on, reader, before, on_progress)
    usable = sum(any(one.right) for one in read)
    if usable < FEWEST:
        raise UsageError(
            f"The right passage is found for {usable} of {len(questions)} questions; at least {FEWEST} are needed",
            where="evaluate fit",
            remedy="Judge more answers in the chat, or name a file of questions in the SQuAD form.",
        )
    if not any(not held for one in read for _, held, _ in _cases(one, before)):
        raise UsageError(
            "All that is found for the questions is of the documents that answer them",
            where="evaluate fit",
            remedy="Add documents about other things: without them nothing tells what is not answered.",
        )
    on_progress("Fitting", 0, 0)
    read.sort(key=lambda one: not any(one.right))  # each half gets its share of them
    with store.view() as view:
        models = Models(view.embedder.fingerprint, reader.fingerprint)
    fitted = fit_numbers([read], before)
    halves = read[::2], read[1::2]
    after = [shares(half, fit_numbers([other], before)) for half, other in (halves, halves[::-1])]
    figures = {
        "questions": len(read),
        "passage_found": usable,
        **{
            f"{name}_{when}": round(value, 4)
            for when, rows in (("before", [shares(half, before) for half in halves]), ("after", after))
            for name, value in zip(SHARES, np.mean(rows, axis=0).tolist(), strict=True)
        },
    }
    return Fit(replace(fitted, fitted_to={**before.fitted_to, **dict.fromkeys(FITTED, models)}), models, figures)


SHARES = ("first_passage_right", "sentence_right", "answerability_right")


def read_questions(
    questions: Sequence[FittingQuestion],
    store: PassageStore,
    retriever_on: Callable[[PassageView], Retriever],
    reader: Reader,
    before: Calibration,
    on_progress: OnProgress,
) -> list[ReadQuestion]:
    """Search and read for each question; those for which nothing is found are left out."""
    read = []
    with store.view() as view:
        retriever, embedder = retriever_on(view), view.embedder
        for number, question in enumerate(questions, start=1):
            variant = QueryVariant(question.text).weighed(view, EVERYTHING)
            found = retriever.retrieve(question.text, EVERYTHING, _PASSAGES)
            if found:
                passages = tuple(rerank([variant], found, reader, embedder, before.reranking))
                right = tuple(question.is_right(passage.chunk) for passage in passages)
                read.append(ReadQuestion(question, variant, passages, right))
            on_progress("Reading", number, len(questions))
    return read


def fit_numbers(
    groups: Sequence[Sequence[ReadQuestion]], before: Calibration, left_out: Set[str] = frozenset()
) -> Calibration:
    """One fit after the other: the sentences' signals hold the passages' scores, and the order decides what is best.

    Each group counts the same for the order. The signals that are ``left_out``, "reranking.cosine" for one, weigh
    nothing.
    """
    rows = [[_candidates(one.passages, one.right, "reranking", left_out) for one in group] for group in groups]
    calibration = replace(before, reranking=fit_reranking(rows))
    ordered = [[_ordered(one, calibration) for one in group] for group in groups]
    sentences = [
        [
            _candidates(candidates, [_holds(one, c) for c in candidates], "sentence_selection", left_out)
            for one in group
            if (candidates := candidates_of(one.passages))
        ]
        for group in ordered
    ]
    calibration = replace(calibration, sentence_selection=fit_sentence_selection(sentences))
    cases = [case for group in ordered for one in group for case in _cases(one, calibration)]
    signals = [_without(signals, "answerability", left_out) for signals, *_ in cases]
    held, right = [held for _, held, _ in cases], [right for *_, right in cases]
    return replace(calibration, answerability=fit_answerability(signals, held, right))


def _candidates(
    items: Sequence[ScoredPassage] | Sequence[SentenceCandidate],
    right: Sequence[bool],
    fitted: str,
    left_out: Set[str],
) -> Candidates:
    signals = [astuple(_without(item.signals, fitted, left_out)) for item in items]
    return Candidates(np.array(signals), np.array(right))


def _without(signals: Signals, fitted: str, left_out: Set[str]) -> Signals:
    names = [name.partition(".")[2] for name in left_out if name.startswith(f"{fitted}.")]
    return replace(signals, **dict.fromkeys(names, 0.0))


def _ordered(one: ReadQuestion, calibration: Calibration) -> ReadQuestion:
    """The passages in the order that the numbers give them."""
    scored = [replace(p, score=weighted_sum(calibration.reranking, p.signals)) for p in one.passages]
    pairs = sorted(zip(scored, one.right, strict=True), key=lambda pair: -pair[0].score)
    return replace(one, passages=tuple(p for p, _ in pairs), right=tuple(right for _, right in pairs))


def _holds(one: ReadQuestion, candidate: SentenceCandidate) -> bool:
    """Whether a sentence answers: it is of a right passage and, where the answer is known, holds it."""
    if not one.question.is_right(candidate.passage.chunk):
        return False
    said = f" {normalised(candidate.text)} "
    return not one.question.answers or any(f" {normalised(answer)} " in said for answer in one.question.answers)


def _cases(one: ReadQuestion, calibration: Calibration) -> Iterator[tuple[AnswerabilitySignals, bool, bool | None]]:
    """What was found, whether it answers, and whether the passage of the best sentence does, which is quoted with what
    is around it; and the same without the documents that answer, which makes it a question that nobody asked.
    """
    if any(one.right) or not one.question.answerable:
        best = ranked(one.passages, calibration.sentence_selection)[:1]
        right = any(one.question.is_right(candidate.passage.chunk) for candidate in best)
        yield answerability_signals(one.passages, [one.variant]), any(one.right), right
    answering = {p.chunk.document for p, yes in zip(one.passages, one.right, strict=True) if yes}
    others = [p for p in one.passages if p.chunk.document not in answering]
    if answering and others:
        yield answerability_signals(others, [one.variant]), False, None


def shares(read: Sequence[ReadQuestion], calibration: Calibration) -> tuple[float, ...]:
    """Those of ``SHARES``."""
    ordered = [_ordered(one, calibration) for one in read]
    answerable = [one for one in ordered if any(one.right)]
    first = [one.right[0] for one in answerable]
    sentences = [
        _holds(one, candidates[0])
        for one in answerable
        if (candidates := ranked(one.passages, calibration.sentence_selection))
    ]
    decided = [
        (calibration.answerability.probability(signals) >= 0.5) == held
        for one in ordered
        for signals, held, _ in _cases(one, calibration)
    ]
    return tuple(float(np.mean(shares)) if shares else 0.0 for shares in (first, sentences, decided))
