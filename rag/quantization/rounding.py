"""Weights as places in small tables (round to nearest, k-means clusters), and weights set to zero.

Sources: Dettmers et al., arXiv:2208.07339 (absolute-maximum scaling); Han, Mao and Dally, "Deep Compression", ICLR 2016
(codebooks from k-means, magnitude pruning).
"""

import torch
from torch import Tensor

_ROUNDS = 20
# Centres are found on at most so many weights of a matrix; a million tell them as well as sixty.
_SAMPLE = 1_000_000


def round_to_nearest(weight: Tensor, bits: int, group: int) -> dict[str, Tensor]:
    """The nearest of evenly spaced values, symmetric around zero, each ``group`` of a row with a scale of its own.

    ``weight`` is (outputs, inputs); the result holds the buffers of `rag.generators.engines.packed.PackedLinear`.
    """
    half = 2 ** (bits - 1)
    table = torch.arange(2**bits, dtype=torch.float32) - half
    scaled, scales = _scaled(weight, group)
    places = (scaled * (half - 1)).round_().add_(half)
    return {"packed": _packed(places.to(torch.uint8), bits), "scales": scales / (half - 1), "table": table}


def cluster(weight: Tensor, bits: int) -> dict[str, Tensor]:
    """The nearest of ``2 ** bits`` centres, found by k-means for the whole matrix; each row has a scale of its own."""
    scaled, scales = _scaled(weight, weight.shape[1])
    values = scaled.flatten()
    table = _centres(values[:: max(1, len(values) // _SAMPLE)], 2**bits)
    places = torch.bucketize(scaled, _borders(table))
    return {"packed": _packed(places.to(torch.uint8), bits), "scales": scales, "table": table}


def prune(weight: Tensor, share: float) -> Tensor:
    """``weight`` with the ``share`` of its values that are nearest to zero set to zero."""
    size = weight.abs().float()
    # torch.quantile takes 16 million values at most
    threshold = size.flatten().kthvalue(max(1, round(share * size.numel()))).values
    return torch.where(size <= threshold, 0, weight)


def _scaled(weight: Tensor, group: int) -> tuple[Tensor, Tensor]:
    """``weight`` with each group's values within -1 to 1, and what to multiply them with, (outputs, groups) float32."""
    outputs, inputs = weight.shape
    grouped = weight.float().view(outputs, inputs // group, group)
    scales = grouped.abs().amax(dim=2).clamp_(min=torch.finfo(torch.float32).tiny)
    return (grouped / scales[..., None]).view(outputs, inputs), scales


def _centres(values: Tensor, count: int) -> Tensor:
    """Lloyd's algorithm on numbers, from evenly spaced centres (they keep the few large weights); the centres rise."""
    ordered, _ = values.sort()
    centres = torch.linspace(float(ordered[0]), float(ordered[-1]), count)
    sums = torch.cat([torch.zeros(1, dtype=torch.float64), ordered.double().cumsum(0)])
    for _ in range(_ROUNDS):
        # In order, a cluster is a stretch: its sum is a difference of two running sums.
        ends = torch.searchsorted(ordered, _borders(centres))
        bounds = torch.cat([torch.zeros(1, dtype=ends.dtype), ends, torch.tensor([len(ordered)])])
        sizes = bounds.diff()
        means = sums[bounds].diff() / sizes.clamp(min=1)
        centres = torch.where(sizes > 0, means.float(), centres)
    return centres


def _borders(centres: Tensor) -> Tensor:
    return (centres[1:] + centres[:-1]) / 2


def _packed(places: Tensor, bits: int) -> Tensor:
    return places if bits == 8 else (places[:, 0::2] << 4) | places[:, 1::2]
