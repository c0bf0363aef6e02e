import pytest

from rag.evaluation.ranking import ndcg, reciprocal_rank


@pytest.mark.parametrize(
    ("gains", "not_found", "expected"),
    [
        ([3, 2, 3, 0, 1, 2], [3, 2], 0.7561640298168337),
        ([0, 0, 1], [], 0.5),
        ([1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3], [1], 0.3851682443570442),
        ([2, 0, 1], [0, 0], 0.9502344167898356),
        ([-1, 1], [2], 0.23981246656813146),
        ([0, 0], [1], 0.0),
    ],
)
def test_ndcg_equals_that_of_trec_eval(gains: list[float], not_found: list[float], expected: float) -> None:
    """The numbers are those of ndcg_cut_10 in pytrec_eval-terrier 0.5.11."""
    assert ndcg(gains, [*gains, *not_found], 10) == pytest.approx(expected)


def test_reciprocal_rank() -> None:
    assert reciprocal_rank([0.0, 0.0, 1.0], 10) == pytest.approx(1 / 3)
    assert reciprocal_rank([0.0] * 10 + [1.0], 10) == 0.0
    assert reciprocal_rank([-1.0], 10) == 0.0
