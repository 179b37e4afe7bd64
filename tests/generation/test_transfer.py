"""The sound of others through a pitched instrument: fitted to its training, and transposed."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vschaos.generation import played_frames
from vschaos.generation.transfer import NEUTRAL
from vschaos.instrument.fit import TrainedRange
from vschaos.instrument.pitched_stream import PITCHED_ATTRIBUTES

TRAINED = TrainedRange(loudness_db=-20.0, spread_db=6.0, pitch=72.0)
FRAMES = 2000


def _run() -> Any:
    pitched = SimpleNamespace(trained_range=lambda: TRAINED)
    model = SimpleNamespace(hop_length=256)
    return SimpleNamespace(pitched=pitched, model=model, sample_rate=44100, frame_rate=172.0)


def _player() -> np.ndarray:
    """Two octaves below the training, 25 dB softer, with twice its dynamics, and a timbre."""
    random = np.random.default_rng(0)
    steps = np.repeat(random.standard_normal((2, FRAMES // 50)), 50, axis=1)
    rows = [48.0 + steps[0], np.ones(FRAMES), -45.0 + 8.0 * steps[1], steps[0]]
    return np.array(rows, np.float32)


def test_a_player_is_moved_to_the_training_from_the_first_frame_on() -> None:
    played, moved = _player(), played_frames(_run(), _player(), fit=1.0)
    assert moved[2, 200:].mean() == pytest.approx(-20.0, abs=3.0)
    assert moved[2, :200].mean() == pytest.approx(-20.0, abs=6.0)  # the beginning is no exception
    np.testing.assert_allclose(moved[0], played[0] + 24.0, atol=1e-4)
    np.testing.assert_array_equal(moved[[1, 3]], played[[1, 3]])


def test_transposition_moves_the_pitch_alone() -> None:
    played, moved = _player(), played_frames(_run(), _player(), transpose=-7.5)
    np.testing.assert_allclose(moved[0], played[0] - 7.5, atol=1e-4)
    np.testing.assert_allclose(moved[1:], played[1:], atol=1e-4)


def test_silence_stays_silent() -> None:
    played = _player()
    played[2, 700:900] = -80.0
    assert (played_frames(_run(), played, fit=1.0)[2, 700:900] == -80.0).all()


def test_the_settings_that_change_nothing_are_those_of_a_new_stream() -> None:
    assert NEUTRAL._asdict() == {one.name: one.default for one in PITCHED_ATTRIBUTES}
