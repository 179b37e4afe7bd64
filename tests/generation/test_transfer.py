"""The sound of others through a pitched instrument: fitted to its training, and transposed."""

import math
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.monitoring.puppet import Sine
from vschaos.generation import played_frames, transfer
from vschaos.generation.transfer import NEUTRAL
from vschaos.instrument.fit import TrainedRange
from vschaos.instrument.pitched_stream import PITCHED_ATTRIBUTES
from vschaos.models.base import Model
from vschaos.models.ddsp import DDSP
from vschaos.runs import Run

TRAINED = TrainedRange(loudness_db=-20.0, spread_db=6.0, pitch=72.0)
FRAMES = 2000
SECONDS = 0.7


def _opened(model: Model) -> Run:
    split: dict[str, Any] = {"train": [], "held_out": []}
    return Run(Path("run"), Path("run/last.ckpt"), {"name": "a"}, {}, split, model)


@cache
def _instrument() -> Run:
    """An untrained one, whose register lies an octave above the tone's."""
    torch.manual_seed(0)
    model = DDSP({}, num_partials=20).eval()
    model.register.copy_(torch.tensor([60.0, 78.0]))
    model.level.copy_(torch.tensor([-40.0, -10.0]))
    return _opened(model)


def _tone() -> np.ndarray:
    """A saw of four partials at the note 57, which ends within a hop."""
    cycles = 220.0 * np.arange(round(SECONDS * 44100)) / 44100
    partials = [np.sin(2 * math.pi * k * cycles) / k for k in range(1, 5)]
    return (0.02 * sum(partials)).astype(np.float32)


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


def _settled(run: Run, sound: np.ndarray) -> np.ndarray:
    """Medians of pitch, confidence and loudness, of what is not its beginning or end."""
    found: np.ndarray = np.median(run.encode(sound)[:3, 30:-30], axis=1)
    return found


def test_a_run_plays_the_sound_of_others() -> None:
    run, tone = _instrument(), _tone()
    as_it_is = run.transfer(tone, fit=0.0)
    assert len(tone) % 256 > 0
    assert len(as_it_is) == len(tone)
    np.testing.assert_allclose(as_it_is, run.reconstruct(tone), atol=1e-6)
    fitted, moved = run.transfer(tone), run.transfer(tone, fit=0.0, transpose=-3.5)
    heard = [_settled(run, sound) for sound in (tone, fitted, moved)]
    assert heard[1][0] - heard[0][0] == pytest.approx(12.0, abs=0.05)  # to the nearest octave
    assert heard[2][0] - heard[0][0] == pytest.approx(-3.5, abs=0.05)
    assert heard[1][2] == pytest.approx(-25.0, abs=2.0)  # the middle of the training's levels
    assert heard[2][2] == pytest.approx(heard[0][2], abs=0.5)


def test_the_parts_that_a_sound_comes_in_do_not_matter() -> None:
    run, tone = _instrument(), _tone()
    frames, blocks = transfer(run, [tone[:5000], tone[5000:5001], tone[5001:]], transpose=2.0)
    np.testing.assert_allclose(np.concatenate([*blocks]), run.transfer(tone, transpose=2.0))
    assert frames.shape == (run.pitched.latent_dim, -(-len(tone) // 256))


def test_silence_and_broken_samples_are_played_as_silence() -> None:
    run, nothing = _instrument(), np.zeros(3000, np.float32)
    for sound in (nothing, nothing + np.nan, nothing[:1]):
        played = run.transfer(sound)
        assert played.shape == sound.shape
        assert np.abs(played).max() < 1e-4  # -80 dB


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run: run.transfer(np.zeros(0)), r"of a sample or more, got shape \[0\]"),
        (lambda run: run.transfer(np.zeros((2, 99))), r"one channel.* got shape \[2, 99\]"),
        (lambda run: run.transfer(np.zeros(99), fit=1.5), "fit must be from 0 .* got 1.5"),
        (lambda run: run.transfer(np.zeros(99), fit=np.nan), "fit must be from 0 .* got nan"),
        (lambda run: run.transfer(np.zeros(99), transpose=np.inf), "of semitones, got inf"),
        (lambda run: run.transfer(np.zeros(99), {"vowel": 1}), "on no label, got 'vowel'"),
    ],
)
def test_what_cannot_be_played_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(_instrument())


def test_a_model_without_pitch_and_loudness_is_refused() -> None:
    with pytest.raises(ValueError, match="is not played by pitch and loudness"):
        _opened(Sine()).transfer(np.zeros(99))
