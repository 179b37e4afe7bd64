"""Changes of speed, as of a tape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from vschaos.data.augment.chance import checked
from vschaos.data.augment.transposition import checked_kinds

PRIMES = (2, 3, 5, 7, 11, 13)
LONGEST = 1 << 20  # samples
NEAR_SEMITONES = 0.15  # too little to be perceived as another note


def _smooth_lengths() -> np.ndarray:
    """Even products of small primes, in order."""
    lengths = {2}
    for prime in PRIMES:
        for length in list(lengths):
            while (length := length * prime) <= LONGEST:
                lengths.add(length)
    return np.array(sorted(lengths))


SMOOTH_LENGTHS = _smooth_lengths()
ODD_PARTS = SMOOTH_LENGTHS // (SMOOTH_LENGTHS & -SMOOTH_LENGTHS)


class HigherOrLower:
    """Draws an interval for a speed group of excerpts, and from it a length to read.

    Args:
        range_semitones: drawn evenly from -range to +range.
        probability: share of the speed groups that are changed, 0 to 1.
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
    """A speed for a speed group of excerpts, as of a tape: pitch and formants move together.

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
    return torch.fft.irfft(torch.fft.rfft(audio, norm="forward"), n=length, norm="forward")


def _smooth_length(length: float) -> int:
    """An even number near `length` of which a fast Fourier transform is fastest, about: that with
    the least odd part, since factors of two cost nothing beside the others."""
    near = length * 2 ** (np.array([-NEAR_SEMITONES, NEAR_SEMITONES]) / 12)
    first, end = np.searchsorted(SMOOTH_LENGTHS, near)
    if first == end:  # none is so near
        first, end = max(first - 1, 0), min(end + 1, len(SMOOTH_LENGTHS))
        return int(min(SMOOTH_LENGTHS[first:end], key=lambda smooth: abs(smooth - length)))
    return int(SMOOTH_LENGTHS[first + np.argmin(ODD_PARTS[first:end])])
