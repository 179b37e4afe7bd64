"""What a harmonic instrument learns from: its feature of a batch, and differences of levels."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.models.pitched.controls import NUM_PLAYED

FEATURE = "harmonics"  # of a batch, `vschaos.data.features.Harmonics`
RANGE_DB = 60.0  # of partials and noise below the loudness, as far as differences count
LEAST_DB = -100.0  # re full scale, as above


class Heard(NamedTuple):
    """What the feature tells of a batch, frame by frame.

    Attributes:
        played: pitch, confidence and loudness, `[B, 3, N]`.
        levels: of the bands, `[B, L, N]`.
        partials: amplitudes, `[B, P, N]`.
        noise: magnitudes, `[B, M, N]`.
    """

    played: Tensor
    levels: Tensor
    partials: Tensor
    noise: Tensor


def heard_in(batch: Batch, num_levels: int, num_partials: int, num_noise_bands: int) -> Heard:
    """The feature of a batch, taken apart.

    Raises:
        ValueError: the batch has no such feature, or one of other sizes.
    """
    found = batch.features.get(FEATURE)
    sizes = [NUM_PLAYED, num_levels, num_partials, num_noise_bands]
    if found is None or found.shape[1] != sum(sizes):
        given = "none" if found is None else f"{found.shape[1]} channels"
        raise ValueError(
            f"data.features.{FEATURE} must be there, with the model's partials and bands "
            f"({sum(sizes)} channels), got {given}"
        )
    return Heard(*found.split(sizes, 1))


def level_difference(
    made: Tensor, meant: Tensor, floor: Tensor, is_there: Tensor, least: float = 0.1
) -> Tensor:
    """Mean difference of levels in units of 10 dB, `[B, C, N]` twice; each counts by how far the
    louder of the two is above the floor `[B, 1, N]`, in shares of 60 dB, and by `least` more."""
    unit = 10.0 / math.log(10.0) * 20.0 / 100.0  # 10 dB in nepers, inverted
    made_level, meant_level = (torch.log((x + floor) / floor) for x in (made, meant))
    most = RANGE_DB / 20.0 * math.log(10.0)
    weights = (torch.maximum(made_level.detach(), meant_level) / most + least) * is_there
    difference = (made_level - meant_level).abs() * unit
    return (weights * difference).sum() / weights.sum().clamp_min(1e-6)


def shape_difference(made: Tensor, meant: Tensor, counts: Tensor) -> Tensor:
    """Mean square difference of spectra `[B, P, N]` in units of 10 dB, without their level: over
    the partials within 60 dB of the strongest, of the frames that count, `[B, N]`.

    Large errors, where a note begins or another rings into it, count more than by
    `level_difference`.
    """
    strongest = meant.amax(1, keepdim=True)
    is_there = (meant > strongest * 10.0 ** (-RANGE_DB / 20.0)) & (strongest > 0.0)
    is_there = (is_there & counts.unsqueeze(1)).float()
    number = is_there.sum(1, keepdim=True).clamp_min(1.0)
    ratio = torch.log10(made.clamp_min(1e-9) / meant.clamp_min(1e-9)) * 2.0 * is_there
    shape = (ratio - ratio.sum(1, keepdim=True) / number) * is_there
    of_frames = shape.square().sum(1) / number[:, 0]
    return of_frames.sum() / counts.sum().clamp_min(1)


def mean_db(values: Tensor, loudness: Tensor, chosen: Tensor) -> Tensor:
    """Mean level of the chosen frames relative to their loudness, `[B, C, N] -> [C, 1]`, dB."""
    relative = 20.0 * torch.log10(values.clamp_min(1e-7)) - loudness.unsqueeze(1)
    of_frames = relative.transpose(1, 2)[chosen].clamp_min(-RANGE_DB)
    return of_frames.mean(0).unsqueeze(1)
