"""Loudness is the A-weighted level of the standard."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from vschaos.data.features.loudness import Loudness

RATE = 44100
FULL_SCALE_SINE_DB = -3.01


def _level(sound: np.ndarray, **settings: int) -> float:
    """Of the middle of a sound."""
    levels = Loudness(RATE, 256, **settings)(sound)
    return float(levels[0, levels.shape[1] // 2])


@pytest.mark.parametrize(("frequency", "weight"), [(100, -19.1), (1000, 0.0), (10000, -2.5)])
def test_a_tone_has_its_weighted_level(
    tone: Callable[..., np.ndarray], frequency: float, weight: float
) -> None:
    level = _level(tone(frequency, RATE, 0.5, amplitude=0.5))
    # the window's main lobe, 86 Hz wide, lies on a slope of the curve at 100 Hz: .1 dB more
    assert level == pytest.approx(FULL_SCALE_SINE_DB - 6.02 + weight, abs=0.2)


@pytest.mark.parametrize("window", [512, 2048, 1001])
def test_twice_the_amplitude_is_6_db_more(window: int) -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, RATE // 4).astype(np.float32)
    quiet = Loudness(RATE, 256, window)(noise)
    loud = Loudness(RATE, 256, window)(2 * noise)
    assert loud - quiet == pytest.approx(20 * np.log10(2), abs=1e-4)  # of float32


def test_the_window_does_not_change_the_level(tone: Callable[..., np.ndarray]) -> None:
    sound = tone(2000, RATE, 0.5)
    levels = [_level(sound, window=window) for window in (511, 512, 1024, 4096)]
    assert levels == pytest.approx([levels[0]] * 4, abs=0.05)


def test_levels_are_bounded() -> None:
    assert (Loudness(RATE, 256)(np.zeros(1000, np.float32)) == -80).all()
    assert (Loudness(RATE, 256)(np.full(1000, 1e-6, np.float32)) == -80).all()
    square = np.sign(np.sin(2 * np.pi * 3000 * (np.arange(9000) + 0.5) / RATE))
    assert _level(4 * square.astype(np.float32)) == 0


def test_one_sample_has_one_frame() -> None:
    assert Loudness(RATE, 256)(np.ones(1, np.float32)).shape == (1, 1)
