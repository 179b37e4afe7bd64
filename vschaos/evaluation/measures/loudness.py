"""Integrated loudness."""

from __future__ import annotations

import numpy as np

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
    if not len(sound):
        return SILENCE_LUFS
    blocks = _block_powers(_weighted(sound, sample_rate), sample_rate)
    audible = blocks[_lufs(blocks) > SILENCE_LUFS]
    if not len(audible):
        return SILENCE_LUFS
    gate = float(_lufs(audible.mean())) + RELATIVE_GATE_LU
    return max(float(_lufs(audible[_lufs(audible) > gate].mean())), SILENCE_LUFS)


def _lufs(power: np.ndarray) -> np.ndarray:
    return OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-20))


def _block_powers(sound: np.ndarray, sample_rate: int) -> np.ndarray:
    length = min(round(BLOCK_SECONDS * sample_rate), len(sound))
    step = round(STEP_SECONDS * sample_rate)
    energy = np.concatenate([[0.0], np.cumsum(np.square(sound))])
    starts = np.arange(0, len(sound) - length + 1, step)
    return (energy[starts + length] - energy[starts]) / length


def _weighted(sound: Waveform, sample_rate: int) -> np.ndarray:
    """The sound through the K weighting, without its phase response."""
    size = len(sound) + sample_rate // 10  # so that the decay does not wrap around
    spectrum = np.fft.rfft(sound, size)
    turn = np.exp(-2j * np.pi * np.arange(len(spectrum)) / size)
    response = _shelf(turn, sample_rate) * _high_pass(turn, sample_rate)
    return np.fft.irfft(spectrum * response, size)[: len(sound)]


def _shelf(turn: np.ndarray, sample_rate: int) -> np.ndarray:
    """The high shelf, the acoustic effect of the head, at `turn` = 1 / z."""
    centre_hz, quality, gain_db = SHELF
    bend = np.tan(np.pi * centre_hz / sample_rate)
    high = 10 ** (gain_db / 20)
    middle = high**SHELF_SLOPE
    above = (
        (high + middle * bend / quality + bend**2)
        + 2 * (bend**2 - high) * turn
        + (high - middle * bend / quality + bend**2) * turn**2
    )
    return above / _poles(bend, quality, turn)


def _high_pass(turn: np.ndarray, sample_rate: int) -> np.ndarray:
    centre_hz, quality = HIGH_PASS
    bend = np.tan(np.pi * centre_hz / sample_rate)
    # the recommendation normalises the denominator alone: the numerator is 1, -2, 1
    first = 1 + bend / quality + bend**2
    return first * (1 - 2 * turn + turn**2) / _poles(bend, quality, turn)


def _poles(bend: float, quality: float, turn: np.ndarray) -> np.ndarray:
    return (
        (1 + bend / quality + bend**2)
        + 2 * (bend**2 - 1) * turn
        + (1 - bend / quality + bend**2) * turn**2
    )
