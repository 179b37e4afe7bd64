"""Integrated loudness."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from vschaos.audio.files import Waveform

SILENCE_LUFS = -70.0  # absolute gate
RELATIVE_GATE_LU = -10.0
BLOCK_SECONDS, STEP_SECONDS = 0.4, 0.1
OFFSET_LU = -0.691
# analog prototypes of the two filters of the K weighting, which give those of the recommendation
# at 48 kHz and the same response at any other rate: Hz, quality, gain in dB
SHELF = (1681.9744509555319, 0.7071752369554196, 3.99984385397)
HIGH_PASS = (38.13547087613982, 0.5003270373253953)
SHELF_SLOPE = 0.499666774155


def loudness_lufs(sound: Waveform, sample_rate: int) -> float:
    """Integrated loudness of a mono sound `[T]` (ITU-R BS.1770-4, EBU R 128), in LUFS.

    A sound shorter than a block of 400 ms is one block; silence has the lowest value, -70 LUFS.

    Example:
        >>> tone = np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
        >>> round(loudness_lufs(tone, 48000), 2)
        -3.01
    """
    length = min(round(BLOCK_SECONDS * sample_rate), len(sound))
    if not length:
        return SILENCE_LUFS
    energy = np.append(0.0, np.cumsum(np.square(_k_weighted(sound, sample_rate))))
    starts = np.arange(0, len(sound) - length + 1, round(STEP_SECONDS * sample_rate))
    blocks = (energy[starts + length] - energy[starts]) / length
    audible = blocks[_lufs(blocks) > SILENCE_LUFS]
    if not len(audible):
        return SILENCE_LUFS
    gate = _lufs(audible.mean()) + RELATIVE_GATE_LU
    return max(float(_lufs(audible[_lufs(audible) > gate].mean())), SILENCE_LUFS)


def _lufs(power: np.ndarray) -> np.ndarray:
    return OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-20))


def _k_weighted(sound: Waveform, sample_rate: int) -> np.ndarray:
    """The sound through a high shelf, the acoustic effect of the head, and a high-pass."""
    centre_hz, quality, gain_db = SHELF
    bend, high = np.tan(np.pi * centre_hz / sample_rate), 10 ** (gain_db / 20)
    middle = high**SHELF_SLOPE * bend / quality
    shelf = [high + middle + bend**2, 2 * (bend**2 - high), high - middle + bend**2]
    sound = lfilter(shelf, _poles(bend, quality), sound.astype(np.float64))
    centre_hz, quality = HIGH_PASS
    poles = _poles(np.tan(np.pi * centre_hz / sample_rate), quality)
    # the recommendation normalises the denominator alone: the numerator is 1, -2, 1
    return lfilter([1.0, -2.0, 1.0], poles / poles[0], sound)


def _poles(bend: float, quality: float) -> np.ndarray:
    """Denominator of a filter of second order, by powers of 1 / z."""
    return np.array([1 + bend / quality + bend**2, 2 * (bend**2 - 1), 1 - bend / quality + bend**2])
