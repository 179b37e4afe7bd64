"""The energy of a sound's treble, relative to another sound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.dsp import STFT

TREBLE_HZ = 4000.0
FLOOR_DB = -60.0  # relative to the whole; softer treble counts as none


class Treble(NamedTuple):
    """Energy above 4 kHz relative to the target, in dB: 0 is equal, less is dull, more is harsh.

    Attributes:
        level_db: of the energy itself.
        balance_db: of its share of the whole, which does not depend on the level.
    """

    level_db: float
    balance_db: float


def compare_treble(output: Waveform, target: Waveform, sample_rate: int) -> Treble | None:
    """The treble of `output` relative to `target`, both `[T]`; None if the target has none."""
    high, whole = _powers(target, sample_rate)
    floor = 10 ** (FLOOR_DB / 10)
    if whole <= 0.0 or high <= floor * whole:
        return None
    high_output, whole_output = _powers(output, sample_rate)
    ratio = max(high_output, floor * high) / high
    if whole_output <= 0.0:
        return Treble(10 * np.log10(ratio), 0.0)
    share = max(high_output / whole_output, floor * high / whole) / (high / whole)
    return Treble(float(10 * np.log10(ratio)), float(10 * np.log10(share)))


def _powers(sound: Waveform, sample_rate: int) -> tuple[float, float]:
    """Above 4 kHz, and of the whole."""
    stft = STFT(2048, 512)
    samples = torch.from_numpy(np.ascontiguousarray(sound, dtype=np.float32))[None]
    power = stft(samples)[0].abs().double().square().sum(dim=1)
    first = int(TREBLE_HZ * stft.n_fft / sample_rate) + 1
    return float(power[first:].sum()), float(power.sum())
