"""Changes of pitch without those of time, and of time without those of pitch."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from vschaos.data.augment.chance import checked
from vschaos.data.augment.speed import HigherOrLower

GRAINS = 4  # of an excerpt at least; each is faded into the next
UNDECIDED = 1e-9  # far below what is audible


class TimeStretch:
    """A duration for a speed group: its excerpts hold more or less of a sound, at its own pitch.

    Args:
        max_factor: durations lie between 1 / max_factor and max_factor; 1 or more.
        probability: share of the speed groups that are changed, 0 to 1.
    """

    def __init__(self, max_factor: float, probability: float) -> None:
        if max_factor < 1.0:
            raise ValueError(f"data.time_stretch.max_factor must be at least 1, got {max_factor}")
        self.max_factor = max_factor
        self.probability = checked(probability, "data.time_stretch")

    def draw_length(self, length: int, random: np.random.Generator) -> int:
        """Samples to read for what shall last `length`."""
        if random.random() >= self.probability:
            return length
        octaves = math.log2(self.max_factor)
        return round(length * 2 ** random.uniform(-octaves, octaves))


class PitchShift(HigherOrLower):
    """A pitch for a speed group of excerpts, formants with it; the pace stays.

    It is a stretch of time to the length that is drawn, taken back by a tape speed.
    """

    setting = "data.pitch_shift"


def stretched(audio: Tensor, length: int) -> Tensor:
    """`[B, T] -> [B, length]`: as high as before, longer or shorter.

    Waveform similarity overlap-add (Verhelst & Roelands 1993): grains are taken from where they
    follow best on the one before. What has fewer than some 90 periods a second, at excerpts of 46
    ms (`GRAINS` of them hold a period each), is joined less well.
    """
    given = audio.shape[1]
    if given == length:
        return audio
    hop = min(given, length) // GRAINS
    count = math.ceil(length / hop)
    fade = torch.hann_window(2 * hop)[:hop].to(audio)
    # what follows the last grain is sought beyond the end, and not played
    audio = torch.nn.functional.pad(audio, (0, 2 * hop))
    grains, rows = audio.unfold(1, 2 * hop, 1), torch.arange(len(audio))
    grain, parts = audio[:, : 2 * hop], [audio[:, :hop]]
    for number in range(1, count):
        nominal = round(number * hop * given / length) - hop // 2
        first = min(max(nominal, 0), given - hop)
        follows = grain[:, hop:]
        lag = _best_lag(audio[:, first : first + 2 * hop], follows)
        grain = grains[rows, first + lag]
        parts.append(follows + fade * (grain[:, :hop] - follows))
    return torch.cat(parts, dim=1)[:, :length]


def _best_lag(region: Tensor, wanted: Tensor) -> Tensor:
    """Where in `[B, 2 H]` a stretch begins that is nearest to `[B, H]`, 0 to H, `[B]`."""
    hop = wanted.shape[1]
    spectrum = torch.fft.rfft(region) * torch.fft.rfft(wanted, n=2 * hop).conj()
    likeness = torch.fft.irfft(spectrum, n=2 * hop)[:, : hop + 1]
    energy = torch.nn.functional.pad(region.square().cumsum(dim=1), (1, 0))
    difference = energy[:, hop:] - energy[:, : hop + 1] - 2.0 * likeness
    from_middle = (torch.arange(hop + 1) - hop // 2).abs()
    return (difference + UNDECIDED * from_middle).argmin(dim=1)  # in silence, where it should be
