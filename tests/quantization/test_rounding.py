import pytest
import torch

from rag.generators.engines.packed import unpacked
from rag.quantization.rounding import cluster, prune, round_to_nearest

pytestmark = pytest.mark.torch


def error(weight: torch.Tensor, packed: dict[str, torch.Tensor]) -> float:
    return float((unpacked(**packed) - weight).pow(2).mean().sqrt())


@pytest.fixture
def weight() -> torch.Tensor:
    """Rows of different size, with a few large values, as real matrices have them."""
    torch.manual_seed(0)
    weight = torch.randn(48, 256) * torch.linspace(0.5, 4, 48)[:, None]
    weight[3, 7], weight[20, 200] = 30.0, -25.0
    return weight


def test_no_value_is_further_away_than_half_a_step(weight: torch.Tensor) -> None:
    for bits, group in ((8, 256), (8, 64), (4, 256), (4, 64)):
        packed = round_to_nearest(weight, bits, group)
        assert packed["packed"].shape == (48, 256 * bits // 8)
        steps = packed["scales"].repeat_interleave(group, dim=1)
        assert ((unpacked(**packed) - weight).abs() <= steps / 2 + 1e-6).all()


def test_values_on_the_grid_come_back_as_they_were() -> None:
    weight = torch.tensor([[7.0, -7.0, 3.0, 0.0], [0.0, 0.0, 0.0, 0.0]]) * 0.25
    assert torch.equal(unpacked(**round_to_nearest(weight, 4, 4)), weight)


def test_a_scale_for_each_group_keeps_a_large_value_from_spoiling_its_row(weight: torch.Tensor) -> None:
    assert error(weight, round_to_nearest(weight, 4, 64)) < 0.8 * error(weight, round_to_nearest(weight, 4, 256))


def test_centres_of_k_means_fit_better_than_evenly_spaced_values(weight: torch.Tensor) -> None:
    packed = cluster(weight, 4)
    assert (packed["table"].diff() > 0).all()
    assert error(weight, packed) < 0.95 * error(weight, round_to_nearest(weight, 4, 256))
    assert error(weight, cluster(weight, 8)) < 0.2 * error(weight, packed)


def test_pruning_zeroes_the_smallest_and_leaves_the_rest(weight: torch.Tensor) -> None:
    pruned = prune(weight, 0.3)
    zeroed = pruned == 0
    assert float(zeroed.float().mean()) == pytest.approx(0.3, abs=1e-3)
    assert float(weight[zeroed].abs().max()) < float(weight[~zeroed].abs().min())
    assert torch.equal(pruned[~zeroed], weight[~zeroed])
