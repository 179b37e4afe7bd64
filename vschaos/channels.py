"""Channels of a file against their mix: what cancels in it is lost."""

from __future__ import annotations

import math

import numpy as np

CANCELS_DB = 9.0  # that a mix is softer than if its channels had nothing in common


class MixLevel:
    """Compares the mix of a file's channels with the channels, block by block.

    Example:
        >>> level, x = MixLevel(), np.ones(8, np.float32)
        >>> level.add(np.stack([x, -0.9 * x], axis=1))
        >>> round(level.decibels, 1), level.cancels
        (-25.6, True)
    """

    def __init__(self) -> None:
        self.num_channels = 1
        self._of_channels = 0.0
        self._of_mix = 0.0

    def add(self, block: np.ndarray) -> None:
        """Takes the next samples, `[T, C]`."""
        self.num_channels = max(self.num_channels, block.shape[1])
        if block.shape[1] == 1:
            power = float(np.square(block).sum(dtype=np.float64))
            self._of_channels += power
            self._of_mix += power
            return
        self._of_channels += float(np.square(block).sum(dtype=np.float64)) / block.shape[1]
        self._of_mix += float(np.square(block.mean(axis=1)).sum(dtype=np.float64))

    @property
    def decibels(self) -> float:
        """RMS of the mix, against that of the channels; 0 for one channel, and in silence."""
        if self._of_channels <= 0.0 or not math.isfinite(self._of_channels):
            return 0.0
        return 10.0 * math.log10(max(self._of_mix / self._of_channels, 1e-20))

    @property
    def cancels(self) -> bool:
        return cancels(self.decibels, self.num_channels)


def cancels(decibels: float, num_channels: int) -> bool:
    """Whether a mix that is so much softer than its channels has lost what they hold. Channels with
    nothing in common give one softer by 3 dB for each doubling of their number."""
    return decibels < -CANCELS_DB - 10.0 * math.log10(num_channels)


def cancelling(decibels: float) -> str:
    """Says so."""
    how = "silent" if decibels < -120.0 else f"{-decibels:.0f} dB softer than they are"
    return (
        f"its channels cancel each other (the mix is {how}): take one of them, "
        "data.dataset.channel=1"
    )
