"""Where notes begin in a sound."""

from __future__ import annotations

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.dsp import STFT

WINDOW_SECONDS = 0.023  # two periods of 87 Hz: in shorter windows low tones flicker
NUM_BANDS = 20
FRAMES_BEFORE = 2  # a frame is compared with the least of so many before it
AUDIBLE_DB = -30.0  # below a frame's loudest band; softer bands do not count
RANGE_DB = 60.0  # below the loudest band of all: what is softer is nothing
MOST_GROWTH_DB = 20.0  # that counts, of a band
LEAST_GROWTH_DB = 8.0
APART_SECONDS = 0.06


def find_onsets(sound: Waveform, sample_rate: int) -> list[float]:
    """Where notes begin in `[T]`, in seconds: about, and up to 20 ms late.

    It is where the audible ones of 20 bands, evenly spaced in log frequency, grow by 8 dB on the
    average within 12 ms. What swells, beats or trembles does not, nor do notes that are slurred.

    Example:
        >>> seconds = np.arange(8000) / 8000
        >>> sine = np.sin(2 * np.pi * 440 * seconds) * (seconds > 0.5)
        >>> [round(second, 1) for second in find_onsets(sine.astype(np.float32), 8000)]
        [0.5]
    """
    window = 2 ** round(np.log2(WINDOW_SECONDS * sample_rate))
    hop = max(window // 4, 1)
    growth = _growth(_levels_db(sound, window, hop))
    apart = max(round(APART_SECONDS * sample_rate / hop), 1)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(growth, apart), 2 * apart + 1)
    peaks = np.flatnonzero((growth >= around.max(axis=1)) & (growth >= LEAST_GROWTH_DB))
    # the step down where a sound is cut off is no onset
    last = len(sound) - window
    return [float(peak * hop / sample_rate) for peak in peaks if peak * hop <= last]


def _levels_db(sound: Waveform, window: int, hop: int) -> np.ndarray:
    """`[T]` -> levels of bands `[L, N]`."""
    samples = torch.from_numpy(np.ascontiguousarray(sound, dtype=np.float32))[None]
    power = STFT(window, hop)(samples)[0].abs().double().square().numpy()
    edges = np.unique(np.geomspace(1, len(power), NUM_BANDS + 1).round().astype(int))
    bands = np.add.reduceat(power, edges[:-1], axis=0)
    return 10.0 * np.log10(np.maximum(bands, 1e-14))


def _growth(levels: np.ndarray) -> np.ndarray:
    """`[L, N]` -> dB by which the audible bands of a frame grew on the average, `[N]`."""
    floor = levels.max(initial=-140.0) - RANGE_DB
    padded = np.pad(levels, ((0, 0), (FRAMES_BEFORE, 0)), constant_values=floor)
    before = np.lib.stride_tricks.sliding_window_view(padded[:, :-1], FRAMES_BEFORE, axis=1)
    grown = np.maximum(levels, floor) - np.maximum(before.min(axis=2), floor)
    counts = levels > np.maximum(levels.max(axis=0) + AUDIBLE_DB, floor)
    total = np.where(counts, grown.clip(0.0, MOST_GROWTH_DB), 0.0).sum(axis=0)
    growth: np.ndarray = total / np.maximum(counts.sum(axis=0), 1)
    return growth
