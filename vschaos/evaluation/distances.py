"""Distances of sounds whatever their level: the definitions by which matched sounds are judged.

All take sounds `[B, T]` and a target `[T]` of one length, and bring each to one level first: how
loud a sound is, is the matter of a fader, and phases are that of nobody. 0 for the same sound.
"""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor

from vschaos.dsp.band_levels import BandMeter
from vschaos.losses import MultiResolutionDistance
from vschaos.models.matching.distances import HOP, SILENT, WINDOW, at_one_level, magnitudes

NUM_BANDS, NUM_COEFFICIENTS = 40, 13  # the first coefficient, the level, apart
FLOOR_DB, RANGE_DB = -80.0, 60.0  # below the loudest band, and below the loudest frame


def multi_resolution_distances(output: Tensor, target: Tensor) -> Tensor:
    """`MultiResolutionDistance` of each sound, `[B, T]`, `[T]` -> `[B]`; with gradients.

    Example:
        >>> sound = torch.sin(torch.arange(4000) / 10)
        >>> multi_resolution_distances(torch.stack([0.3 * sound, sound]), sound).round(decimals=3)
        tensor([0., 0.])
    """
    outputs, targets = at_one_level(output), at_one_level(target[None]).expand_as(output)
    return MultiResolutionDistance().of_each(outputs, targets)


def mfcc_distances(output: Tensor, target: Tensor, sample_rate: int) -> Tensor:
    """Distance of spectral envelopes by 13 mel-frequency cepstral coefficients, in dB: `[B, T]`,
    `[T]` -> `[B]`.

    The coefficients (Davis & Mermelstein 1980) are the lowest of an orthonormal cosine transform of
    40 mel bands from 40 Hz to 16 kHz in dB, the mean level apart. What is measured is the root mean
    square over the bands of the difference between the envelopes that they draw, as a mean over the
    frames within 60 dB of the target's loudest. Where a partial lies matters little to it, how
    bright and how hollow a sound is matters all.

    Args:
        sample_rate: Hz.
    """
    wanted = at_one_level(target[None])
    difference = cepstra(output, sample_rate) - cepstra(wanted, sample_rate)
    energy = magnitudes(wanted).square().sum(1)[0]
    counts = energy >= energy.max() * 10 ** (RANGE_DB / -10)
    return (difference[:, 1:, counts].square().sum(1) / NUM_BANDS).sqrt().mean(1)


def cepstra(sounds: Tensor, sample_rate: int) -> Tensor:
    """The first 14 coefficients of a cosine transform of mel bands in dB, of sounds at one level:
    `[B, T]` -> `[B, 14, N]`, `N = max(ceil(T / 512) - 3, 1)`. Bands end 80 dB below the loudest."""
    bands, cosines = _tables(sample_rate)
    powers = torch.einsum("bfn,fl->bln", magnitudes(at_one_level(sounds)).square(), bands)
    floor = powers.amax((1, 2), keepdim=True) * 10 ** (FLOOR_DB / 10)
    levels = 10.0 * torch.log10(torch.maximum(powers, floor).clamp_min(1e-20))
    return torch.einsum("bln,lk->bkn", levels, cosines)


def is_silent(sounds: Tensor) -> Tensor:
    """Which of the sounds `[B, T]` have no level at all, bool `[B]`."""
    return _rms(sounds) < SILENT


def level_difference_db(output: Tensor, target: Tensor) -> Tensor:
    """By how much sounds `[B, T]` are louder than a target `[T]`, by their root mean squares, dB
    `[B]`."""
    levels = _rms(torch.cat([output, target[None]])).clamp_min(SILENT)
    return 20.0 * torch.log10(levels[:-1] / levels[-1])


def _rms(sounds: Tensor) -> Tensor:
    return sounds.square().mean(1).sqrt()


@functools.lru_cache(maxsize=4)
def _tables(sample_rate: int) -> tuple[Tensor, Tensor]:
    """Mel bands `[F, L]`, and the cosines of the coefficients `[L, 14]`."""
    bands = BandMeter(sample_rate, HOP, WINDOW, NUM_BANDS).bands
    places = (torch.arange(NUM_BANDS) + 0.5) / NUM_BANDS
    orders = torch.arange(NUM_COEFFICIENTS + 1)
    cosines = torch.cos(math.pi * places[:, None] * orders) * math.sqrt(2.0 / NUM_BANDS)
    cosines[:, 0] *= math.sqrt(0.5)
    return bands, cosines
