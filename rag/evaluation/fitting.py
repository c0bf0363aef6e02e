"""Fits the numbers that an answer hangs on to a person's own questions, and says what that changes."""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from rag.answering.answerability import answerability_signals, certainty_signals
from rag.answering.selection import SentenceCandidate, candidates_of, ranked
from rag.calibration.fitting import (
    Candidates,
    fit_answerability,
    fit_certainty,
    fit_reranking,
    fit_sentence_selection,
)
from rag.calibration.numbers import Calibration, Models
from rag.calibration.scoring import weighted_sum
from rag.calibration.signals import AnswerabilitySignals, CertaintySignals
from rag.evaluation.squad import normalised
from rag.evaluation.types import Figures
from rag.jobs.types import OnProgress
from rag.query.unnamed import unnamed_in
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
FITTED = ("reranking", "sentence_selection", "answerability", "certainty")


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
    """A question as it was read with the numbers of before; ``right`` tells of each passage whether it is, and
    ``unnamed`` whether the question names what no document does, so that its answer is never sure.
    """

    question: FittingQuestion
    variant: QueryVariant
    passages: tuple[ScoredPassage, ...]
    right: tuple[bool, ...]
    unnamed: bool


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
    if all(case.held for one in read for case in _cases(one)):
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
    new = dict.fromkeys((name for name in FITTED if getattr(fitted, name) is not getattr(before, name)), models)
    return Fit(replace(fitted, fitted_to={**before.fitted_to, **new}), models, figures)


SHARES = ("first_passage_right", "sentence_right", "answerability_right", "sure_and_right", "right_and_sure")
"""The last two are of what is called sure the share that is right, and of what is right the share that is called sure.
"""


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
                unnamed = bool(unnamed_in(question.text, view, retriever, EVERYTHING))
                read.append(ReadQuestion(question, variant, passages, right, unnamed))
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
    cases = [case for group in ordered for one in group for case in _cases(one)]
    signals = [_without(case.signals, "answerability", left_out) for case in cases]
    calibration = replace(calibration, answerability=fit_answerability(signals, [case.held for case in cases]))
    quoted = [quote for group in ordered for one in group for quote in _quoted(one, calibration)]
    right = [one.right for one in quoted]
    if len(set(right)) == 1:  # they tell nothing
        return calibration
    told = [_without(one.signals, "certainty", left_out) for one in quoted]
    return replace(calibration, certainty=fit_certainty(told, right))


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


@dataclass(frozen=True, slots=True)
class _Quoted:
    """What would be quoted: its signals, and whether it is of a right passage."""

    signals: CertaintySignals
    right: bool


@dataclass(frozen=True, slots=True)
class _Case:
    """What was found for a question, and whether it answers."""

    signals: AnswerabilitySignals
    held: bool


def _cases(one: ReadQuestion) -> Iterator[_Case]:
    """The question, and the same without the documents that answer it, which makes it one that nobody asked."""
    if any(one.right) or not one.question.answerable:
        yield _Case(answerability_signals(one.passages, [one.variant]), any(one.right))
    answering = {p.chunk.document for p, yes in zip(one.passages, one.right, strict=True) if yes}
    others = [p for p in one.passages if p.chunk.document not in answering]
    if answering and others:
        yield _Case(answerability_signals(others, [one.variant]), False)


def _quoted(one: ReadQuestion, calibration: Calibration) -> Iterator[_Quoted]:
    """What would be quoted, if anything, where it may be sure."""
    candidates = ranked(one.passages, calibration.sentence_selection)
    if candidates and not one.unnamed:
        best = candidates[0].passage
        signals = certainty_signals(answerability_signals(one.passages, [one.variant]), best, one.passages)
        yield _Quoted(signals, one.question.is_right(best.chunk))


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
    cases = [case for one in ordered for case in _cases(one)]
    decided = [(calibration.answerability.probability(case.signals) >= 0.5) == case.held for case in cases]
    quoted = [quote for one in ordered for quote in _quoted(one, calibration)]
    sure = [calibration.certainty.probability(one.signals) >= calibration.certainty.threshold for one in quoted]
    right = [one.right for one in quoted]
    told = (
        first,
        sentences,
        decided,
        [yes for yes, called in zip(right, sure, strict=True) if called],
        [called for yes, called in zip(right, sure, strict=True) if yes],
    )
    return tuple(float(np.mean(shares)) if shares else 0.0 for shares in told)
