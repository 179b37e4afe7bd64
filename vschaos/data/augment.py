"""What makes more of few sounds: changes of level and of speed, drawn anew for each batch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

SMOOTH_LENGTHS = np.array(
    [
        2**twos * 3**threes * 5**fives * 7**sevens
        for twos in range(1, 18)
        for threes in range(5)
        for fives in range(4)
        for sevens in range(3)
    ]
)


class Gain:
    """A level of its own for each excerpt.

    Args:
        range_db: drawn evenly from -range_db to +range_db.
    """

    def __init__(self, range_db: float) -> None:
        self.range_db = range_db

    def __call__(self, audio: Tensor, random: np.random.Generator) -> Tensor:
        """`[B, T] -> [B, T]`."""
        gain_db = random.uniform(-self.range_db, self.range_db, size=(len(audio), 1))
        return audio * torch.from_numpy(10 ** (gain_db / 20)).to(audio)


class Varispeed:
    """A speed for the whole batch, as of a tape: pitch and formants move together.

    The excerpts are read longer or shorter and resampled to their length in the frequency domain,
    which cuts what would alias; the edges, where that rings, lie where windows are near zero.

    Args:
        range_semitones: drawn evenly from -range to +range.
        probability: share of the batches that are changed, 0 to 1.
    """

    def __init__(self, range_semitones: float, probability: float) -> None:
        self.range_semitones = range_semitones
        self.probability = probability

    def draw_length(self, length: int, random: np.random.Generator) -> int:
        """Samples to read for excerpts of `length`: a product of small primes near the draw."""
        if random.random() >= self.probability:
            return length
        semitones = random.uniform(-self.range_semitones, self.range_semitones)
        return _smooth_length(length * 2 ** (semitones / 12))

    def __call__(self, audio: Tensor, length: int) -> Tensor:
        """`[B, T] -> [B, length]`."""
        if audio.shape[1] == length:
            return audio
        spectrum = torch.fft.rfft(audio)
        return torch.fft.irfft(spectrum, n=length) * (length / audio.shape[1])


def _smooth_length(length: float) -> int:
    """The even number nearest to `length` that a fast Fourier transform likes."""
    return int(SMOOTH_LENGTHS[np.argmin(np.abs(SMOOTH_LENGTHS - length))])
