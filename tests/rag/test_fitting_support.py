"""The numbers that say when the reader's word counts in the check."""

from rag.calibration.fitting import fit_answer_support
from rag.calibration.signals import AnswerSupportSignals


def test_what_supported_sentences_have_in_common_is_enough() -> None:
    right = [AnswerSupportSignals(margin=4.0 + n / 10, supported=3.0 - n / 20) for n in range(20)]
    wrong = [AnswerSupportSignals(margin=-2.0 + n / 10, supported=-3.0 + n / 20) for n in range(20)]
    model = fit_answer_support([*right, *wrong], [True] * len(right) + [False] * len(wrong))
    assert all(model.probability(one) >= model.threshold for one in right)
    let_through = sum(model.probability(one) >= model.threshold for one in wrong)
    assert let_through <= 0.2 * len(right)
