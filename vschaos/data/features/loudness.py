"""Loudness: the A-weighted short-time level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vschaos.data.features.windowed import WindowedFeature
from vschaos.dsp.loudness import HIGHEST_DB, LOWEST_DB, a_weighting


@dataclass(frozen=True)
class Loudness(WindowedFeature):
    """A-weighted level (IEC 61672-1) of a Hann window, in dB(A) re full scale, -80..0.

    0 dB is a mean square of 1, so a sine of amplitude 1 at 1 kHz has -3.01 dB. Quieter frames are
    set to -80 dB, louder ones to 0 dB. The spectrum of the window is weighted, so below some 100 Hz
    the curve is blurred by its main lobe; `LiveLoudness` filters the sound instead.

    Args:
        sample_rate, hop_length: see `Feature`.
        window, look_ahead: see `WindowedFeature`.

    Example:
        >>> seconds = np.arange(44100) / 44100
        >>> level = Loudness(44100, 256)(0.1 * np.sin(2 * np.pi * 1000 * seconds))
        >>> level.shape, round(float(level[0, 86]), 1)
        ((1, 173), -23.0)
    """

    name = "loudness"
    version = 1
    channels = ("loudness",)
    outside = (LOWEST_DB,)

    def describe(self, windows: np.ndarray) -> np.ndarray:
        """`[N, window] -> [1, N]`."""
        taper = np.hanning(self.window + 2)[1:-1]
        frequencies_hz = np.fft.rfftfreq(self.window, 1 / self.sample_rate)
        weights = a_weighting(torch.from_numpy(frequencies_hz)).numpy()
        weights[1 : (self.window + 1) // 2] *= 2  # these bins stand for negative frequencies too
        spectrum = np.fft.rfft(windows * taper)
        power = (spectrum.real**2 + spectrum.imag**2) @ weights
        power /= self.window * np.square(taper).sum()
        level_db = 10 * np.log10(np.maximum(power, 10 ** (LOWEST_DB / 10)))
        return np.clip(level_db, LOWEST_DB, HIGHEST_DB)[None]
