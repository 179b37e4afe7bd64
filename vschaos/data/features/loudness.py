"""Loudness: the A-weighted short-time level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vschaos.data.features.windowed import WindowedFeature

LOWEST_DB, HIGHEST_DB = -80.0, 0.0
# poles of the A-weighting in Hz, and its level at 1 kHz in dB (IEC 61672-1, Annex E)
POLES_HZ = (20.598997, 107.65265, 737.86223, 12194.217)
LEVEL_AT_1_KHZ_DB = -2.0


@dataclass(frozen=True)
class Loudness(WindowedFeature):
    """A-weighted level (IEC 61672-1) of a Hann window, in dB(A) re full scale, -80..0.

    0 dB is a mean square of 1, so a sine of amplitude 1 at 1 kHz has -3.01 dB. Quieter frames are
    set to -80 dB, louder ones to 0 dB.

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
        weights = a_weighting(frequencies_hz)
        weights[1 : (self.window + 1) // 2] *= 2  # these bins stand for negative frequencies too
        spectrum = np.fft.rfft(windows * taper)
        power = (spectrum.real**2 + spectrum.imag**2) @ weights
        power /= self.window * np.square(taper).sum()
        level_db = 10 * np.log10(np.maximum(power, 10 ** (LOWEST_DB / 10)))
        return np.clip(level_db, LOWEST_DB, HIGHEST_DB)[None]


def a_weighting(frequencies_hz: np.ndarray) -> np.ndarray:
    """Gains of the A-weighting for powers, `[F] -> [F]`: 1 at 1 kHz (IEC 61672-1, Annex E).

    Example:
        >>> np.round(10 * np.log10(a_weighting(np.array([100.0, 1000.0, 10000.0]))), 1).tolist()
        [-19.1, 0.0, -2.5]
    """
    f1, f2, f3, f4 = (pole**2 for pole in POLES_HZ)
    squared = np.square(frequencies_hz)
    gain = f4 * squared**2 / ((squared + f1) * (squared + f4))
    gain /= np.sqrt((squared + f2) * (squared + f3))
    return np.square(gain) * 10 ** (-LEVEL_AT_1_KHZ_DB / 10)
