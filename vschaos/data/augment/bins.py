"""Changes of frequency that keep distances in Hz, and no harmony."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from vschaos.data.augment.chance import checked, chosen
from vschaos.data.augment.transposition import checked_kinds


class BinShift:
    """All partials of an excerpt higher or lower by as many bins of its own spectrum, as a ring
    modulator with one sideband does it: for a window as long, its magnitudes move by these bins.

    What falls below the first bin or above the last is gone.

    Args:
        range_bins: a whole number is drawn from -range_bins to +range_bins, but for 0.
        probability: share of the excerpts that are changed, 0 to 1.
        labels: those that are unknown afterwards, as `Varispeed` has them: no note is left.
    """

    def __init__(
        self, range_bins: int, probability: float, labels: Mapping[str, str] | None = None
    ) -> None:
        if range_bins < 1:
            raise ValueError(f"data.bin_shift.range_bins must be at least 1, got {range_bins}")
        self.range_bins = range_bins
        self.probability = checked(probability, "data.bin_shift")
        self.labels = checked_kinds(labels, "data.bin_shift")

    def __call__(self, audio: Tensor, random: np.random.Generator) -> tuple[Tensor, Tensor]:
        """`[B, T] -> [B, T]`, and the numbers of the rows that were changed."""
        rows = chosen(self.probability, len(audio), random)
        if not len(rows):
            return audio, rows
        bins = torch.from_numpy(random.integers(1, self.range_bins + 1, size=(len(rows), 1)))
        bins = bins * torch.from_numpy(random.choice([-1, 1], size=(len(rows), 1)))
        spectrum = torch.fft.rfft(audio[rows])
        source = torch.arange(spectrum.shape[1]) - bins
        # the outermost bins have no sideband of their own that could be moved
        is_there = (source >= 1) & (source < spectrum.shape[1] - 1)
        moved = spectrum.gather(1, source * is_there) * is_there
        return audio.index_copy(0, rows, torch.fft.irfft(moved, n=audio.shape[1])), rows
