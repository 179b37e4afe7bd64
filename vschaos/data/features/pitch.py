"""Pitch: the fundamental of a window by YIN, and how periodic the window is.

A. de Cheveigné and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music",
J. Acoust. Soc. Am. 111 (4), 2002. Equation numbers are those of the paper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vschaos.data.features.windowed import WindowedFeature

THRESHOLD = 0.1  # of d' above the least one: the paper's, step 4
DIP_WIDTH = 1.25  # noise ripples a broad dip: its lowest point is within four semitones
NO_DIP = 1 - 1e-6  # of d': no deeper than rounding makes it
ROUNDING = 1e-9  # of the largest d: its mean is no more where a sound begins late in the window
SILENT = 1e-10  # mean of d below, of full scale squared: nothing but rounding and dither


@dataclass(frozen=True)
class Pitch(WindowedFeature):
    """Fundamental as a fractional MIDI note (69 = 440 Hz), and its confidence 0..1.

    `f0` is the best candidate of the window, however little periodic, and `confidence` is `1 - d'`
    at it; where there is none, as in silence, both are 0. With `look_ahead` 0, f0 is that of about
    half a window before the frame.

    A deviation from the paper: all dips of d' are refined before they are compared, by a parabola
    through the difference function d (through d' it would be biased, for d' is d over a rising
    mean); and the threshold counts from the lowest dip, so that noise does not favour long lags.

    Args:
        sample_rate, hop_length: see `Feature`.
        window, look_ahead: see `WindowedFeature`; the window must hold two of the longest periods.
        lowest_hz, highest_hz: range of the fundamental.

    Example:
        >>> seconds = np.arange(44100) / 44100
        >>> note, confidence = Pitch(44100, 256)(np.sin(2 * np.pi * 220 * seconds))[:, 80]
        >>> round(float(note), 3), round(float(confidence), 3)
        (57.0, 1.0)
    """

    lowest_hz: float = 45.0
    highest_hz: float = 2000.0

    name = "pitch"
    version = 1
    channels = ("f0", "confidence")
    outside = (0.0, 0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.lowest_hz < self.highest_hz <= self.sample_rate / 4:
            raise ValueError(
                f"lowest_hz and highest_hz of pitch must be in ascending order, above 0 and up to "
                f"{self.sample_rate / 4:g} (a quarter of the sample rate), "
                f"got {self.lowest_hz} and {self.highest_hz}"
            )
        if self._longest_lag >= self.window // 2:
            raise ValueError(
                f"window of pitch must be at least {2 * self._longest_lag + 2} samples for "
                f"lowest_hz {self.lowest_hz:g} at {self.sample_rate} Hz, got {self.window}"
            )

    @property
    def arguments(self) -> dict[str, float | int]:
        bounds = {"lowest_hz": float(self.lowest_hz), "highest_hz": float(self.highest_hz)}
        return {**super().arguments, **bounds}

    @property
    def _longest_lag(self) -> int:
        """The lag after that of the lowest fundamental, which the parabola needs."""
        return math.ceil(self.sample_rate / self.lowest_hz) + 1

    def describe(self, windows: np.ndarray) -> np.ndarray:
        """`[N, window] -> [2, N]`."""
        difference = difference_function(windows, self._longest_lag)
        lags, aperiodicity = refine_dips(difference)
        shortest = max(math.floor(self.sample_rate / self.highest_hz), 1)
        aperiodicity[:, : shortest - 1] = np.inf
        chosen = choose_dip(aperiodicity)
        rows = np.arange(len(windows))
        lag, least = lags[rows, chosen], aperiodicity[rows, chosen]
        power = difference[:, 1:].mean(axis=1) / (self.window // 2)
        has_pitch = (least < NO_DIP) & (power > SILENT)
        note = 69 + 12 * np.log2(self.sample_rate / lag / 440)
        return np.where(has_pitch, [note, 1 - least], 0.0)


def difference_function(windows: np.ndarray, longest_lag: int) -> np.ndarray:
    """Squared difference of half a window and itself `lag` samples later (equation 6).

    `[N, window] -> [N, 1 + longest_lag]`, lags from 0 on. By equation 7 it is the sum of two
    energies less twice a correlation, which is a product of Fourier transforms.
    """
    size = windows.shape[1]
    half = size // 2
    samples = windows - windows.mean(axis=1, keepdims=True)  # d is the same, rounding is less
    spectrum = np.fft.rfft(samples) * np.fft.rfft(samples[:, :half], size).conj()
    # circular, but lags up to half a window do not wrap around
    correlation = np.fft.irfft(spectrum, size)[:, : longest_lag + 1]
    energy = np.cumsum(np.square(samples), axis=1)
    later = energy[:, half - 1 : half + longest_lag].copy()
    later[:, 1:] -= energy[:, :longest_lag]
    difference: np.ndarray = np.maximum(later[:, :1] + later - 2 * correlation, 0)
    difference[:, 0] = 0
    return difference


def refine_dips(difference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fractional lags of the dips and d' there (equation 8): `[N, 1 + L] -> [N, L - 1]`, twice.

    Column k stands for lag k + 1; where there is no dip, d' is infinite.
    """
    before, here, after = difference[:, :-2], difference[:, 1:-1], difference[:, 2:]
    whole = np.arange(1, here.shape[1] + 1)
    is_dip = (before > here) & (here <= after)
    curvature = np.where(is_dip, before - 2 * here + after, 1.0)
    slope = before - after
    lags = whole + np.where(is_dip, slope / (2 * curvature), 0.0)
    least = np.maximum(here - np.square(slope) / (8 * curvature), 0.0)
    mean = np.cumsum(here, axis=1) / whole
    is_dip &= mean > ROUNDING * difference.max(axis=1, keepdims=True)
    return lags, np.where(is_dip, least / np.where(is_dip, mean, 1.0), np.inf)


def choose_dip(aperiodicity: np.ndarray) -> np.ndarray:
    """The column of the fundamental: `[N, L] -> [N]`.

    It is the lowest dip near the first one that is about as low as the lowest of all: lags of
    several periods are as low, but come later.
    """
    least = aperiodicity.min(axis=1, keepdims=True)
    first = (aperiodicity <= least + THRESHOLD).argmax(axis=1)[:, None]
    columns = np.arange(aperiodicity.shape[1])
    is_near = (columns >= first) & (columns + 1 <= DIP_WIDTH * (first + 1))
    return np.where(is_near, aperiodicity, np.inf).argmin(axis=1)
