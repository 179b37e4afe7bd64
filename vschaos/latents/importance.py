"""Which latent is the first, and which way is up: by what they change in the sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

POINTS = 512  # latents that are decoded for each dimension,
MOST_FRAMES = 16384  # but no more than so many in all
RANGE_DB = 80.0  # below the loudest bin, where levels are all the same
FEWEST = 2  # points that tell anything
IMPORTANT_SHARE = 0.9  # of what all latents change, that the important ones bring


class LatentOrder(NamedTuple):
    """How a player sees the dimensions of a space.

    Attributes:
        order: numbers of the dimensions, the most important first, `[Z]`.
        signs: 1, or -1 where a dimension is seen upside down, in that order `[Z]`.
        importance: dB, in that order `[Z]`.
    """

    order: Tensor
    signs: Tensor
    importance: Tensor


def num_important(importance: Sequence[float]) -> int:
    """The smallest number of latents that together bring 90 % of what all of them change; powers
    add up.

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
    """Orders the dimensions of a space by what they change in the sound.

    The importance of a dimension is by how many dB the bins of a frame change (root mean square)
    where it takes the value that another sound has, and the others stay: what a player hears, and
    the same measure in all models. What an encoder says in a dimension tells less, since a decoder
    may hardly listen. Up is where such a change makes frames brighter (the centroid of their
    spectrum is higher) or louder, whichever of the two goes with it more.

    Args:
        points: drawn from the space in training, `[Z, M]`, in no order.
        decode: `[1, Z, N]` -> magnitudes `[1, F, N]`.

    Returns:
        None if there are too few points.
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
        related = torch.stack([_related(moved, brighter), _related(moved, levels.mean(dim=0))])
        signs[row] = -1.0 if related[related.abs().argmax()] < 0.0 else 1.0
    order = torch.argsort(importance, descending=True, stable=True)
    return LatentOrder(order, signs[order], importance[order])


def _decibels(magnitudes: Tensor, floor: Tensor) -> Tensor:
    return 20.0 * torch.log10(torch.maximum(magnitudes, floor))


def _brightness(magnitudes: Tensor) -> Tensor:
    """The centroid of frames `[F, M]` on a scale of octaves, `[M]`."""
    power = magnitudes.square()
    bins = torch.arange(1, len(power) + 1, device=power.device).log2().unsqueeze(1)
    return (power * bins).sum(dim=0) / power.sum(dim=0).clamp_min(1e-12)


def _related(moved: Tensor, change: Tensor) -> Tensor:
    """From -1, against each other, to 1, together; 0 where one of them never changes."""
    return (moved @ change) / (moved.norm() * change.norm()).clamp_min(1e-9)
