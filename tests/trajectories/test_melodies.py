"""Melodies are notes of a scale, in a register and at a level, that begin and end."""

import numpy as np
import pytest

from vschaos.trajectories import KINDS, melody

RATE = 172.0  # frames per second
REGISTER, LEVEL = (55.0, 79.0), (-50.0, -10.0)
VIBRATO = 0.31  # semitones, at most


def _melody(kind: str, seed: int = 0, scale: float = 1.0, frames: int = 2000) -> np.ndarray:
    return melody(kind, REGISTER, LEVEL, frames, RATE, np.random.default_rng(seed), scale)


def _settled(pitch: np.ndarray) -> np.ndarray:
    """Pitches of the frames that have hardly moved for 60 ms."""
    back = round(0.06 * RATE)
    return pitch[back:][np.abs(pitch[back:] - pitch[:-back]) < 0.02]


@pytest.mark.parametrize("kind", KINDS)
def test_a_melody_stays_in_register_and_level(kind: str) -> None:
    for seed in range(4):
        pitch, loudness = _melody(kind, seed)
        assert REGISTER[0] - VIBRATO <= pitch.min() <= pitch.max() <= REGISTER[1] + VIBRATO
        assert loudness.max() <= LEVEL[1]
        sounding = loudness[loudness > -70.0]
        assert np.percentile(sounding, 10) > LEVEL[0] - 10.0  # a dip and a fading below the softest
        assert len(sounding) > 0.6 * len(loudness)


def test_a_melody_is_made_of_seven_notes_of_an_octave_or_fewer() -> None:
    for seed in range(6):
        pitch, _ = _melody("sin", seed)
        settled = _settled(pitch)
        assert len(settled) > 0.15 * len(pitch)
        off = np.abs(settled - settled.round())
        assert np.median(off) < 0.05
        assert len(set(settled[off < 0.05].round().astype(int) % 12)) <= 7


def test_no_leap_is_longer_than_an_octave_and_nothing_jumps() -> None:
    for seed in range(6):
        pitch, loudness = _melody("random", seed)
        # a leap of an octave with a time constant of 20 ms, in a frame of 5.8 ms; and vibrato
        assert np.abs(np.diff(pitch)).max() < 12.0 * (1 - np.exp(-1 / (0.02 * RATE))) + 0.1
        assert loudness[-1] < -60.0


def test_long_notes_have_vibrato() -> None:
    pitch, _ = _melody("sin", scale=0.0, frames=8000)
    assert 0.2 < np.ptp(pitch) < 2 * VIBRATO
    swing = np.abs(np.fft.rfft(pitch - pitch.mean()))
    assert 4.0 < np.argmax(swing) * RATE / len(pitch) < 7.0


def test_a_seed_repeats_a_melody_and_others_differ() -> None:
    np.testing.assert_array_equal(_melody("sin"), _melody("sin"))
    assert np.abs(_melody("sin") - _melody("sin", seed=1)).max() > 1.0


def test_short_and_narrow_melodies_exist() -> None:
    assert _melody("line", frames=1).shape == (2, 1)
    pitch, _ = melody("sin", (60.2, 60.6), LEVEL, 100, RATE, np.random.default_rng(0))
    assert pitch == pytest.approx(np.full(100, 60.4), abs=VIBRATO)


@pytest.mark.parametrize("kind", KINDS)
def test_each_shape_is_a_melody_not_one_note(kind: str) -> None:
    ranges = [np.ptp(_melody(kind, seed)[0]) for seed in range(6)]
    assert min(ranges) > 7.0  # a fifth, of a register of two octaves


def test_a_line_is_a_scale_in_one_direction() -> None:
    settled = _settled(_melody("line", frames=2500)[0]).round()
    steps = np.diff(settled)
    assert (steps >= 0).all() or (steps <= 0).all()
