"""What is left of the highs of a sound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.dsp import STFT

TREBLE_HZ = 4000.0
FLOOR_DB = -60.0  # of what there is in all: highs that are softer are none


class Treble(NamedTuple):
    """What became of the energy above 4 kHz, in dB; 0 is all of it, less is dull, more is harsh.

    Attributes:
        kept_db: of the energy itself.
        balance_db: of its share of the whole, which a change of level leaves alone.
    """

    kept_db: float
    balance_db: float


def treble_kept(output: Waveform, target: Waveform, sample_rate: int) -> Treble | None:
    """What `output` kept of the highs of `target`, both `[T]`; None if that has none."""
    high, whole = _powers(target, sample_rate)
    floor = 10 ** (FLOOR_DB / 10)
    if whole <= 0.0 or high <= floor * whole:
        return None
    high_made, whole_made = _powers(output, sample_rate)
    kept = max(high_made, floor * high) / high
    if whole_made <= 0.0:
        return Treble(10 * np.log10(kept), 0.0)
    share = max(high_made / whole_made, floor * high / whole) / (high / whole)
    return Treble(float(10 * np.log10(kept)), float(10 * np.log10(share)))


def _powers(sound: Waveform, sample_rate: int) -> tuple[float, float]:
    """Above 4 kHz, and in all."""
    stft = STFT(2048, 512)
    samples = torch.from_numpy(np.ascontiguousarray(sound, dtype=np.float32))[None]
    power = stft(samples)[0].abs().double().square().sum(dim=1)
    first = int(TREBLE_HZ * stft.n_fft / sample_rate) + 1
    return float(power[first:].sum()), float(power.sum())
