"""Fits the numbers of ``rag.calibration.numbers``: what orders passages and sentences, and what gives probabilities."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression

from rag.calibration.scoring import AnswerSupportModel, CertaintyModel, LogisticModel
from rag.calibration.signals import (
    AnswerabilitySignals,
    AnswerSupportSignals,
    CertaintySignals,
    PassageSignals,
    SentenceSignals,
    SupportSignals,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Signals = TypeVar("Signals", bound="DataclassInstance")
Table = NDArray[np.float64]

_RIDGE = 0.01
SURELY_RIGHT = 0.9
"""Of what is called sure."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Those of one question: ``signals`` of shape ``(candidates, signals)``, and which of them are ``right``."""

    signals: Table
    right: NDArray[np.bool_]


def fit_reranking(groups: Sequence[Sequence[Candidates]]) -> PassageSignals:
    """Weights of the signals of passages; see ``fit_order``."""
    return PassageSignals(*fit_order(groups).tolist())


def fit_sentence_selection(groups: Sequence[Sequence[Candidates]]) -> SentenceSignals:
    """Weights of the signals of sentences; see ``fit_order``."""
    return SentenceSignals(*fit_order(groups).tolist())


def fit_answerability(
    signals: Sequence[AnswerabilitySignals], held: Sequence[bool]
) -> LogisticModel[AnswerabilitySignals]:
    """From questions whose answer the documents hold, or do not: both count the same, whatever their number."""
    return _fit_logistic(AnswerabilitySignals, signals, held, 1.0)


def fit_certainty(signals: Sequence[CertaintySignals], right: Sequence[bool]) -> CertaintyModel:
    """From questions, and whether what would be answered to them is right."""
    model = _fit_logistic(CertaintySignals, signals, right, 1.0)
    threshold = sure_from([model.probability(one) for one in signals], right)
    return CertaintyModel(model.intercept, model.weights, threshold)


def sure_from(probabilities: Sequence[float], right: Sequence[bool], share: float = SURELY_RIGHT) -> float:
    """The lowest probability from which on such a ``share`` of the answers is right, give or take half a standard
    error; above them all where none is.
    """
    order = np.argsort(-np.array(probabilities), kind="stable")
    answers = np.arange(1, len(right) + 1)
    shares = np.cumsum(np.array(right, float)[order]) / answers
    error = np.sqrt(shares * (1.0 - shares) / answers)
    good = np.flatnonzero(shares + error / 2 >= share)
    return float(np.array(probabilities)[order][good[-1]]) if len(good) else 1.0


def fit_support(signals: Sequence[SupportSignals], supported: Sequence[bool]) -> LogisticModel[SupportSignals]:
    """From sentences that break no rule, and whether they are supported: both count the same."""
    return _fit_logistic(SupportSignals, signals, supported, 10.0)


def fit_answer_support(
    signals: Sequence[AnswerSupportSignals], supported: Sequence[bool], share: float = SURELY_RIGHT
) -> AnswerSupportModel:
    """From sentences that repeat a question with an answer that was found, and whether they are supported."""
    model = _fit_logistic(AnswerSupportSignals, signals, supported, 1.0)
    threshold = sure_from([model.probability(one) for one in signals], supported, share)
    return AnswerSupportModel(model.intercept, model.weights, threshold)


def fit_order(groups: Sequence[Sequence[Candidates]]) -> Table:
    """Weights, one a signal, under which a right candidate is the likeliest.

    Listwise softmax loss (Cao et al., "Learning to Rank", ICML 2007), every group of questions counting the same.
    Questions without a right candidate say nothing.
    """
    learned = [(one, 1.0 / len(group)) for group in groups for one in group if one.right.any()]
    signals = learned[0][0].signals.shape[1]
    shape = (len(learned), max(len(one.right) for one, _ in learned))
    rows, right, there = np.zeros((*shape, signals)), np.zeros(shape, bool), np.zeros(shape, bool)
    for number, (one, _) in enumerate(learned):
        candidates = len(one.right)
        rows[number, :candidates], right[number, :candidates] = one.signals, one.right
        there[number, :candidates] = True
    share = np.array([share for _, share in learned]) / len(groups)
    spread = rows[there].std(axis=0)
    spread[spread == 0.0] = 1.0

    def loss(weights: Table) -> float:
        scores = (rows / spread) @ weights
        everything = logsumexp(np.where(there, scores, -np.inf), axis=1)
        lost = everything - logsumexp(np.where(right, scores, -np.inf), axis=1)
        return float(share @ lost + _RIDGE * weights @ weights)

    weights: Table = minimize(loss, np.zeros(signals), method="L-BFGS-B").x / spread
    return weights


def _fit_logistic(
    of: type[Signals], signals: Sequence[Signals], labels: Sequence[bool], regularisation: float
) -> LogisticModel[Signals]:
    model = LogisticRegression(class_weight="balanced", C=regularisation)
    model.fit(np.array([astuple(one) for one in signals]), labels)
    return LogisticModel(float(model.intercept_[0]), of(*map(float, model.coef_[0])))
