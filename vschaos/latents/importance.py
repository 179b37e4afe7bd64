"""Order and signs of latents, by the change of the sound along each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

POINTS = 512  # decoded latents per dimension,
MOST_FRAMES = 16384  # and at most in all
RANGE_DB = 80.0  # below the loudest bin, the floor of levels
FEWEST = 2  # points needed
IMPORTANT_SHARE = 0.9  # of the change by all latents, by the important ones


class LatentOrder(NamedTuple):
    """Order, signs and importance of the dimensions of a space.

    Attributes:
        order: numbers of the dimensions, the most important first, `[Z]`.
        signs: 1, or -1 where a dimension is inverted, in that order `[Z]`.
        importance: dB, in that order `[Z]`.
    """

    order: Tensor
    signs: Tensor
    importance: Tensor


def num_important(importance: Sequence[float]) -> int:
    """The smallest number of latents that cause 90 % of the change by all, in power.

    Args:
        importance: of a model's latents, dB, the largest first.

    >>> num_important([3.0, 2.0, 0.5, 0.1])
    2
    """
    powers = [change**2 for change in importance]
    sums = [sum(powers[: count + 1]) for count in range(len(powers))]
    return next(
        (n for n, power in enumerate(sums, 1) if power >= IMPORTANT_SHARE * sums[-1] > 0), 0
    )


def order_latents(points: Tensor, decode: Callable[[Tensor], Tensor]) -> LatentOrder | None:
    """Orders the dimensions of a space by the change of the sound along each.

    Importance is the change of the bins of a frame in dB (root mean square) when the dimension
    takes the value of another sound and the others stay: audible, and comparable between models. A
    divergence says less, since a decoder may ignore a latent. The positive direction makes frames
    brighter (a higher spectral centroid) or louder, whichever correlates more.

    Args:
        points: samples of training, `[Z, M]`, in no order.
        decode: `[1, Z, N]` -> magnitudes `[1, F, N]`.

    Returns:
        None for too few points.
    """
    dim = points.shape[0]
    count = max(FEWEST, min(POINTS, MOST_FRAMES // dim, points.shape[1]))
    if points.shape[1] < FEWEST:
        return None
    picked = torch.linspace(0, points.shape[1] - 1, count, device=points.device).round().long()
    points = points[:, picked]
    magnitudes = decode(points[None])[0]
    floor = magnitudes.max().clamp_min(1e-9) * 10 ** (-RANGE_DB / 20)
    importance, signs = points.new_zeros(dim), points.new_ones(dim)
    for row in range(dim):
        changed = points.clone()
        changed[row] = points[row].roll(count // 2)
        others = decode(changed[None])[0]
        levels = _decibels(others, floor) - _decibels(magnitudes, floor)
        importance[row] = levels.square().mean(dim=0).sqrt().mean()
        brighter = _brightness(others) - _brightness(magnitudes)
        moved = changed[row] - points[row]
        correlations = torch.stack(
            [_correlation(moved, brighter), _correlation(moved, levels.mean(dim=0))]
        )
        signs[row] = -1.0 if correlations[correlations.abs().argmax()] < 0.0 else 1.0
    order = torch.argsort(importance, descending=True, stable=True)
    return LatentOrder(order, signs[order], importance[order])


def _decibels(magnitudes: Tensor, floor: Tensor) -> Tensor:
    return 20.0 * torch.log10(torch.maximum(magnitudes, floor))


def _brightness(magnitudes: Tensor) -> Tensor:
    """The centroid of frames `[F, M]` on a scale of octaves, `[M]`."""
    power = magnitudes.square()
    bins = torch.arange(1, len(power) + 1, device=power.device).log2().unsqueeze(1)
    return (power * bins).sum(dim=0) / power.sum(dim=0).clamp_min(1e-12)


def _correlation(moved: Tensor, change: Tensor) -> Tensor:
    """Correlation from -1 to 1; 0 if one of them is constant."""
    return (moved @ change) / (moved.norm() * change.norm()).clamp_min(1e-9)
