"""A measure of pitch by autocorrelation, without a network."""

from collections.abc import Callable

import numpy as np
import pytest

LOWEST_HZ, HIGHEST_HZ = 50.0, 1300.0
NEARLY_AS_GOOD = 0.93  # several periods correlate as well as one: the first good one counts


@pytest.fixture(scope="session")
def fundamental_hz() -> Callable[[np.ndarray, int], float]:
    """Hz of a steady sound `[T]`, by its normalised autocorrelation."""

    def measure(sound: np.ndarray, sample_rate: int) -> float:
        size = 1 << (2 * len(sound) - 1).bit_length()
        power = np.abs(np.fft.rfft(sound, size)) ** 2
        likeness = np.fft.irfft(power, size)[: len(sound) // 2]
        squares = np.cumsum(np.concatenate([[0.0], sound.astype(np.float64) ** 2]))
        lags = np.arange(len(likeness))
        energy = squares[len(sound) - lags] + squares[-1] - squares[lags]
        likeness = 2.0 * likeness / np.maximum(energy, 1e-12)
        low, high = int(sample_rate / HIGHEST_HZ), int(sample_rate / LOWEST_HZ)
        inner = likeness[low:high]
        peaks = 1 + np.flatnonzero((inner[1:-1] > inner[:-2]) & (inner[1:-1] >= inner[2:]))
        first = peaks[inner[peaks] >= NEARLY_AS_GOOD * inner[peaks].max()][0] + low
        before, at, after = likeness[first - 1 : first + 2]
        vertex = 0.5 * (before - after) / (before - 2.0 * at + after)
        return sample_rate / (first + vertex)

    return measure
