"""Compares the channels of a file with their mix, in which some sounds cancel."""

from __future__ import annotations

import math

import numpy as np

CANCELS_DB = 9.0  # by which a mix is softer than that of uncorrelated channels
SILENT_DB = -120.0  # a mix is lost in rounding


class Origin:
    """Measures of a file before it is mixed and resampled.

    Attributes:
        sample_rate: Hz; the lowest, if a file holds several sounds. 0 before anything is read.
        num_channels: the highest, likewise.

    Example:
        >>> origin, x = Origin(), np.ones(8, np.float32)
        >>> origin.add(np.stack([x, -0.9 * x], axis=1), sample_rate=8000)
        >>> round(origin.mix_db, 1), cancels(origin.mix_db, origin.num_channels)
        (-25.6, True)
    """

    def __init__(self) -> None:
        self.sample_rate = 0
        self.num_channels = 0
        self._of_channels = 0.0
        self._of_mix = 0.0

    def add(self, block: np.ndarray, sample_rate: int) -> None:
        """Adds the next samples, `[T, C]`."""
        num_channels = block.shape[1]
        self.sample_rate = min(self.sample_rate or sample_rate, sample_rate)
        self.num_channels = max(self.num_channels, num_channels)
        self._of_channels += _energy(block) / num_channels
        self._of_mix += _energy(block.mean(axis=1) if num_channels > 1 else block)

    @property
    def mix_db(self) -> float:
        """RMS of the mix of all channels relative to theirs, dB; 0 in silence."""
        if self._of_channels <= 0.0:
            return 0.0
        return 10.0 * math.log10(max(self._of_mix / self._of_channels, 1e-20))


def cancels(mix_db: float, num_channels: int) -> bool:
    """Whether a mix is so much softer than its channels that they cancel. The mix of uncorrelated
    channels is softer by 3 dB for each doubling of their number."""
    return mix_db < -CANCELS_DB - 10.0 * math.log10(max(num_channels, 1))


def cancelling(mix_db: float) -> str:
    """The message about channels that cancel."""
    how = "silent" if mix_db < SILENT_DB else f"{-mix_db:.0f} dB softer than they are"
    return (
        f"its channels cancel each other (the mix is {how}): take one of them with "
        "data.dataset.channel=1"
    )


def _energy(samples: np.ndarray) -> float:
    return float(np.square(samples, dtype=np.float64).sum())
