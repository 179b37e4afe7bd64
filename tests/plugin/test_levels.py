"""Loudness and distance of rendered sounds."""

import numpy as np
import pytest

from vschaos.plugin.levels import QUIETEST_DB, loudness_db, spectral_distance_db

SECONDS = np.arange(8000) / 8000


def sine(frequency_hz: float, amplitude: float = 1.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency_hz * SECONDS)[None]


def test_loudness_is_a_weighted() -> None:
    assert loudness_db(sine(1000), 8000) == pytest.approx(-3.01, abs=0.05)
    # IEC 61672-1, table 3: -19.1 dB at 100 Hz
    assert loudness_db(sine(100), 8000) == pytest.approx(-3.01 - 19.1, abs=0.2)
    assert loudness_db(sine(1000, 0.1), 8000) == pytest.approx(-23.01, abs=0.05)


def test_a_short_sound_is_as_loud_as_a_long_one_and_silence_has_a_level() -> None:
    short = sine(1000) * (SECONDS < 0.1)
    assert loudness_db(short, 8000) == pytest.approx(-3.01, abs=0.2)
    assert loudness_db(0 * short, 8000) == QUIETEST_DB
    assert loudness_db(np.zeros((2, 1)), 8000) == QUIETEST_DB


def test_distance_sees_level_and_not_phase() -> None:
    noise = np.random.default_rng(0).standard_normal((1, 16384))
    assert spectral_distance_db(noise, noise) == pytest.approx(0, abs=1e-4)
    assert spectral_distance_db(0.5 * noise, noise) == pytest.approx(6.02, abs=0.01)
    assert spectral_distance_db(-noise, noise) == pytest.approx(0, abs=1e-4)
    assert spectral_distance_db(noise, 0 * noise) > 100
    assert spectral_distance_db(0 * noise, 0 * noise) == 0
    assert spectral_distance_db(0.5 * noise[:, :9], noise[:, :9]) == pytest.approx(6.02, abs=0.01)
