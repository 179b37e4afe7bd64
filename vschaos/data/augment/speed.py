"""Changes of speed, as of a tape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from vschaos.data.augment.chance import checked
from vschaos.data.augment.transposition import checked_kinds

SMOOTH_LENGTHS = np.array(
    [
        2**twos * 3**threes * 5**fives * 7**sevens * 11**elevens * 13**thirteens * 17**seventeens
        for twos in range(1, 18)
        for threes in range(5)
        for fives in range(4)
        for sevens in range(3)
        for elevens in range(3)
        for thirteens in range(2)
        for seventeens in range(2)
    ]
)


class HigherOrLower:
    """What draws an interval for a whole batch, and by it a length to read.

    Args:
        range_semitones: drawn evenly from -range to +range.
        probability: share of the batches that are changed, 0 to 1.
        labels: what labels that follow the pitch count, by task: `pitch_class` or `octave`. It goes
            by whole semitones if a model learns one of them.
    """

    setting: str  # where it stands in the settings

    def __init__(
        self,
        range_semitones: float,
        probability: float,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self.range_semitones = range_semitones
        self.probability = checked(probability, self.setting)
        self.labels = checked_kinds(labels, self.setting)

    def draw_length(
        self, length: int, random: np.random.Generator, whole_semitones: bool = False
    ) -> int:
        """Samples that are higher or lower, played in `length`: a product of small primes near the
        draw."""
        if random.random() >= self.probability:
            return length
        semitones = random.uniform(-self.range_semitones, self.range_semitones)
        if whole_semitones:
            semitones = round(semitones)
        return _smooth_length(length * 2 ** (semitones / 12))


class Varispeed(HigherOrLower):
    """A speed for the whole batch, as of a tape: pitch and formants move together.

    The excerpts are read longer or shorter and resampled to their length in the frequency domain,
    which cuts what would alias; the edges, where that rings, lie where windows are near zero.
    """

    setting = "data.varispeed"

    def __call__(self, audio: Tensor, length: int) -> Tensor:
        """`[B, T] -> [B, length]`."""
        return resampled(audio, length)


def resampled(audio: Tensor, length: int) -> Tensor:
    """`[B, T] -> [B, length]`, in the frequency domain."""
    if audio.shape[1] == length:
        return audio
    spectrum = torch.fft.rfft(audio)
    return torch.fft.irfft(spectrum, n=length) * (length / audio.shape[1])


def _smooth_length(length: float) -> int:
    """The even number nearest to `length` that a fast Fourier transform likes."""
    return int(SMOOTH_LENGTHS[np.argmin(np.abs(SMOOTH_LENGTHS - length))])
